using System.Diagnostics;

namespace DistEmbed.Benchmarks;

/// <summary>Adds up time by purpose.</summary>
internal sealed class TimeAccount
{
    private readonly Dictionary<string, double> _seconds = [];

    public IReadOnlyDictionary<string, double> Seconds => _seconds;

    public long Add(string purpose, long since)
    {
        long now = Stopwatch.GetTimestamp();
        _seconds[purpose] = _seconds.GetValueOrDefault(purpose) + Stopwatch.GetElapsedTime(since, now).TotalSeconds;
        return now;
    }

    public void Clear() => _seconds.Clear();
}
