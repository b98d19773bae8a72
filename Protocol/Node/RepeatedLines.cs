namespace DistEmbed.Protocol.Node;

/// <summary>Decides which lines of a log are news: the same line is not, for a while.</summary>
/// <param name="quiet">How long a line is not repeated.</param>
public sealed class RepeatedLines(TimeSpan quiet)
{
    private const int Most = 256;
    private readonly Dictionary<string, DateTime> _last = new(StringComparer.Ordinal);

    /// <summary>Whether the line is to be written now.</summary>
    public bool Allows(string line, DateTime now)
    {
        if (_last.TryGetValue(line, out DateTime last) && now - last < quiet)
            return false;
        // Lines that differ each time must not fill the memory.
        if (_last.Count >= Most)
            _last.Clear();
        _last[line] = now;
        return true;
    }
}
