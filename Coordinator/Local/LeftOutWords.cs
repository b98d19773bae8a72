using System.Globalization;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Vectors;

namespace DistEmbed.Coordinator.Local;

/// <summary>Words that a vector file cannot hold, by the reason: how many, and the first of them.</summary>
/// <param name="format">The file's format.</param>
public sealed class LeftOutWords(VectorFormat format)
{
    private const int Named = 10;

    private readonly SortedDictionary<string, Reason> _reasons = new(StringComparer.Ordinal);

    /// <summary>Words left out so far.</summary>
    public long Count { get; private set; }

    /// <summary>Whether the file can hold a word with its vector; counts it where not.</summary>
    public bool Takes(string word, ReadOnlySpan<float> vector)
    {
        string? unfit = VectorWriter.WhyNot(format, word) ?? (IsFinite(vector) ? null : "a number that is not finite");
        if (unfit is null)
            return true;
        Count++;
        if (!_reasons.TryGetValue(unfit, out Reason? reason))
            _reasons[unfit] = reason = new Reason();
        reason.Count++;
        if (reason.Words.Count < Named)
            reason.Words.Add($"'{word}'");
        return false;
    }

    /// <summary>A line for each reason.</summary>
    public IEnumerable<string> Notes() => _reasons.Select(reason => string.Create(
        CultureInfo.InvariantCulture,
        $"{reason.Value.Count:N0} words are left out, since the format cannot hold {reason.Key}: {reason.Value}"));

    private static bool IsFinite(ReadOnlySpan<float> vector)
    {
        foreach (float value in vector)
        {
            if (!float.IsFinite(value))
                return false;
        }

        return true;
    }

    private sealed class Reason
    {
        public long Count { get; set; }

        public List<string> Words { get; } = [];

        public override string ToString() => PrintableText.List(Words, Count);
    }
}
