using System.Diagnostics;
using static System.FormattableString;

namespace DistEmbed.Benchmarks;

/// <summary>Time by purpose, step by step; medians, since a step that the system interrupted says nothing about the others.</summary>
internal sealed class TimeAccount
{
    private readonly List<(string Purpose, List<double> Steps)> _seconds = [];
    private int _step;

    /// <summary>Books the time since <paramref name="since"/>, and returns the time.</summary>
    public long Add(string purpose, long since)
    {
        long now = Stopwatch.GetTimestamp();
        List<double>? steps = _seconds.Find(s => s.Purpose == purpose).Steps;
        if (steps is null)
            _seconds.Add((purpose, steps = []));
        while (steps.Count <= _step)
            steps.Add(0);
        steps[_step] += Stopwatch.GetElapsedTime(since, now).TotalSeconds;
        return now;
    }

    /// <summary>What is booked from now on belongs to the next step.</summary>
    public void EndStep() => _step++;

    /// <summary>Median seconds a step.</summary>
    public double Of(string purpose) => new Samples(_seconds.Find(s => s.Purpose == purpose).Steps).Median;

    public override string ToString() =>
        string.Join(", ", _seconds.Select(s => Invariant($"{s.Purpose} {new Samples(s.Steps).Median * 1e3:0.00}")));
}
