namespace DistEmbed.Protocol.Jobs;

/// <summary>
/// What a group of tables does at each step of a run: frozen or tuned, and with which learning rate. A function of the job alone, so every shard, worker and
/// resumed run agrees. Steps count from 1; step 0 is the state before training.
/// </summary>
public sealed class GroupTimeline
{
    /// <summary>The first tuned step of a group that is frozen for the whole run.</summary>
    public const int Never = int.MaxValue;

    private readonly double _learningRate;
    private readonly ScheduleSpec _schedule;

    /// <summary>Creates the timeline of <paramref name="group"/>.</summary>
    /// <param name="group">Name of the group.</param>
    /// <param name="optimizer">Its optimizer: learning rate and schedule.</param>
    /// <param name="totalSteps">Steps of the whole run.</param>
    /// <param name="firstTunedStep">1: tuned from the start; <see cref="Never"/>: frozen for the whole run.</param>
    /// <param name="warmupSteps">Steps over which the learning rate rises linearly after the thaw: the first tuned step has 1/warmupSteps of it; 0: none.</param>
    public GroupTimeline(string group, OptimizerSpec optimizer, int totalSteps, int firstTunedStep = 1, int warmupSteps = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(totalSteps);
        ArgumentOutOfRangeException.ThrowIfLessThan(firstTunedStep, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(warmupSteps);
        Group = group;
        _learningRate = optimizer.LearningRate;
        _schedule = optimizer.Schedule;
        TotalSteps = totalSteps;
        FirstTunedStep = firstTunedStep;
        WarmupSteps = warmupSteps;
    }

    /// <summary>Name of the group.</summary>
    public string Group { get; }

    /// <summary>Steps of the whole run.</summary>
    public int TotalSteps { get; }

    /// <summary>First step that may change the group.</summary>
    public int FirstTunedStep { get; }

    /// <summary>Steps of the rise after the thaw.</summary>
    public int WarmupSteps { get; }

    /// <summary>Whether <paramref name="step"/> leaves the group bitwise unchanged.</summary>
    public bool IsFrozen(int step) => step < FirstTunedStep;

    /// <summary>The learning rate that <paramref name="step"/> applies; 0 while the group is frozen.</summary>
    public double LearningRate(int step)
    {
        if (IsFrozen(step))
            return 0;
        double rate = _learningRate * _schedule.Factor(step, TotalSteps);
        int sinceThaw = step - FirstTunedStep + 1;
        return WarmupSteps > 0 && sinceThaw < WarmupSteps ? rate * sinceThaw / WarmupSteps : rate;
    }
}
