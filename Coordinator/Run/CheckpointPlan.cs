using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Coordinator.Run;

/// <summary>When a checkpoint is due. Knows no clock: times come from the caller.</summary>
public sealed class CheckpointPlan(CheckpointSpec spec)
{
    private TimeSpan _lastTime;

    /// <summary>The step of the last checkpoint; 0: none.</summary>
    public int LastStep { get; private set; }

    /// <summary>The next step after <paramref name="step"/> at whose end one is due by count; null: none.</summary>
    public int? NextAfter(int step) => spec.EverySteps is { } every ? (step / every + 1) * every : null;

    /// <summary>Whether one is due by time.</summary>
    public bool IsTimeUp(TimeSpan now) => spec.EveryMinutes is { } minutes && now - _lastTime >= TimeSpan.FromMinutes(minutes);

    /// <summary>Whether one is due at the end of <paramref name="step"/>.</summary>
    public bool IsDue(int step, TimeSpan now) => step > LastStep && ((spec.EverySteps is { } every && step % every == 0) || IsTimeUp(now));

    /// <summary>Notes one at the end of a step.</summary>
    public void Taken(int step, TimeSpan now) => (LastStep, _lastTime) = (step, now);
}
