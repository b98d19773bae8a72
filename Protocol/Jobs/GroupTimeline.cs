namespace DistEmbed.Protocol.Jobs;

/// <summary>
/// What a group of tables does at each step of a run: frozen or tuned, and with which learning rate. A function of the job and of the changes that were made while
/// it ran, so every shard, worker and resumed run agrees. Steps count from 1; step 0 is the state before training. Any thread may read while another makes a change.
/// <para>
/// A change counts from its step on, also against what the job says: a group that is frozen by it does not thaw when the job's phase ends, one that is thawed by it
/// is tuned before. Optimizer state is kept over frozen steps as it was. The rise of the learning rate begins again with every thaw.
/// </para>
/// </summary>
public sealed class GroupTimeline
{
    /// <summary>The first tuned step of a group that is frozen for the whole run.</summary>
    public const int Never = int.MaxValue;

    private readonly double _learningRate;
    private readonly ScheduleSpec _schedule;
    private readonly Lock _changing = new();
    private IReadOnlyList<PlanChange> _changes = [];
    private volatile Phase[] _phases;

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
        _phases = Phases();
    }

    /// <summary>Name of the group.</summary>
    public string Group { get; }

    /// <summary>Steps of the whole run.</summary>
    public int TotalSteps { get; }

    /// <summary>First step that may change the group, as the job has it.</summary>
    public int FirstTunedStep { get; }

    /// <summary>Whether the group can be changed while the job runs: one that the job never tunes has no optimizer state that could move it.</summary>
    public bool IsChangeable => FirstTunedStep != Never;

    /// <summary>Steps of the rise after the thaw.</summary>
    public int WarmupSteps { get; }

    /// <summary>Whether <paramref name="step"/> leaves the group bitwise unchanged.</summary>
    public bool IsFrozen(int step) => step < 1 || PhaseOf(step).Frozen;

    /// <summary>The learning rate that <paramref name="step"/> applies; 0 while the group is frozen.</summary>
    public double LearningRate(int step)
    {
        if (step < 1)
            return 0;
        Phase phase = PhaseOf(step);
        if (phase.Frozen)
            return 0;
        double rate = phase.LearningRate * _schedule.Factor(step, TotalSteps);
        int sinceThaw = step - phase.ThawedAt + 1;
        return WarmupSteps > 0 && sinceThaw < WarmupSteps ? rate * sinceThaw / WarmupSteps : rate;
    }

    /// <summary>The base learning rate at <paramref name="step"/>, which the schedule multiplies, whether or not the group is frozen then.</summary>
    public double BaseLearningRate(int step) => PhaseOf(step).LearningRate;

    /// <summary>How many of the steps up to <paramref name="step"/> are tuned ones.</summary>
    public int TunedSteps(int step)
    {
        if (step < 1)
            return 0;
        Phase phase = PhaseOf(step);
        return phase.TunedBefore + (phase.Frozen ? 0 : step - phase.First + 1);
    }

    /// <summary>The first tuned step from <paramref name="step"/> on, as far as is known; <see cref="Never"/>: none.</summary>
    public int NextTunedStep(int step)
    {
        Phase[] phases = _phases;
        for (int i = IndexOf(phases, step); i < phases.Length; i++)
        {
            if (!phases[i].Frozen)
                return Math.Max(step, phases[i].First);
        }

        return Never;
    }

    /// <summary>
    /// Makes a change. Nothing may have been asked yet of its step or a later one that could have become part of a row, which holds where nothing of the step is granted.
    /// The same change again changes nothing, and neither does one of another group or of a group that is not <see cref="IsChangeable"/>.
    /// </summary>
    public void Make(PlanChange change)
    {
        if (change.Group != Group || !IsChangeable)
            return;
        lock (_changing)
        {
            if (_changes.Contains(change))
                return;
            _changes = [.. _changes.Append(change).OrderBy(c => c.Step)]; // of one step in the order in which they were made
            _phases = Phases();
        }
    }

    private Phase PhaseOf(int step)
    {
        Phase[] phases = _phases;
        return phases[IndexOf(phases, step)];
    }

    private static int IndexOf(Phase[] phases, int step)
    {
        int index = phases.Length - 1;
        while (index > 0 && phases[index].First > step)
            index--;
        return index;
    }

    private Phase[] Phases()
    {
        var phases = new List<Phase> { new(1, FirstTunedStep > 1, _learningRate, 0, 1) };
        bool thaws = FirstTunedStep is > 1 and not Never;
        foreach (PlanChange change in _changes)
        {
            if (thaws && change.Step > FirstTunedStep)
                Thaw();
            if (change.Frozen is not null)
                thaws = false; // from here on nobody but a change thaws it
            Add(Math.Max(1, change.Step), change.Frozen, change.LearningRate);
        }

        if (thaws)
            Thaw();
        return [.. phases];

        void Thaw()
        {
            thaws = false;
            Add(FirstTunedStep, false, null);
        }

        void Add(int step, bool? frozen, double? learningRate)
        {
            Phase last = phases[^1];
            bool nowFrozen = frozen ?? last.Frozen;
            var next = new Phase(
                step, nowFrozen, learningRate ?? last.LearningRate, last.TunedBefore + (last.Frozen ? 0 : step - last.First),
                last.Frozen && !nowFrozen ? step : last.ThawedAt);
            if (last.First == step)
                phases[^1] = next;
            else
                phases.Add(next);
        }
    }

    /// <summary>What holds from a step until the next phase begins.</summary>
    /// <param name="First">Its first step.</param>
    /// <param name="Frozen">Whether it changes nothing.</param>
    /// <param name="LearningRate">The base learning rate.</param>
    /// <param name="TunedBefore">Tuned steps before it.</param>
    /// <param name="ThawedAt">The step from which the learning rate rises.</param>
    private sealed record Phase(int First, bool Frozen, double LearningRate, int TunedBefore, int ThawedAt);
}
