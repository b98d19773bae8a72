namespace DistEmbed.Coordinator.Run;

/// <summary>How fast a counter grew over the last seconds. Knows no clock.</summary>
public sealed class RateWindow
{
    private static readonly TimeSpan s_window = TimeSpan.FromSeconds(5), s_apart = TimeSpan.FromMilliseconds(100);

    private readonly LinkedList<(TimeSpan At, long Total)> _samples = new();
    private long _total;

    /// <summary>Notes where the counter stands.</summary>
    public void Add(TimeSpan now, long total)
    {
        _total = total;
        if (_samples.Last is { } last && now - last.Value.At < s_apart)
            return;
        _samples.AddLast((now, total));
        // The last one that is older stays: the window begins with what it says.
        while (_samples.First!.Next is { } second && now - second.Value.At >= s_window)
            _samples.RemoveFirst();
    }

    /// <summary>Growth a second, up to now; 0 before there are two readings.</summary>
    public double Rate(TimeSpan now)
    {
        if (_samples.First is not { } first)
            return 0;
        while (first.Next is { } second && now - second.Value.At >= s_window)
            first = second;
        double seconds = (now - first.Value.At).TotalSeconds;
        return seconds > 0 ? (_total - first.Value.Total) / seconds : 0;
    }
}
