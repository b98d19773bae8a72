namespace DistEmbed.Coordinator.Run;

/// <summary>Loss and speed of the last steps. Knows no clock.</summary>
public sealed class RecentSteps
{
    private const int Kept = 20;

    private readonly Queue<SettledStep> _steps = new();
    private readonly RateWindow _examples = new();
    private readonly RateWindow _words = new();
    private (long Examples, long Words) _totals;

    /// <summary>Mean loss of the last steps; null before the first.</summary>
    public double? Loss => _steps.Count == 0 ? null : _steps.Sum(s => s.LossSum) / Math.Max(1, _steps.Sum(s => s.LossCount));

    /// <summary>Notes a settled step.</summary>
    public void Add(SettledStep step, TimeSpan now)
    {
        _steps.Enqueue(step);
        if (_steps.Count > Kept)
            _steps.Dequeue();
        _totals = (_totals.Examples + step.Examples, _totals.Words + step.Words);
        _examples.Add(now, _totals.Examples);
        _words.Add(now, _totals.Words);
    }

    /// <summary>Examples a second, over the last seconds.</summary>
    public double ExamplesPerSecond(TimeSpan now) => _examples.Rate(now);

    /// <summary>Words a second, over the last seconds.</summary>
    public double WordsPerSecond(TimeSpan now) => _words.Rate(now);
}
