namespace DistEmbed.Protocol.Jobs;

/// <summary>What a group does in a phase, see <see cref="PhaseRuleSpec"/>.</summary>
/// <param name="Frozen">Whether nothing changes.</param>
/// <param name="Factor">Factor on the learning rate.</param>
/// <param name="WarmupSteps">Steps of the rise after a thaw.</param>
/// <param name="Warmup">What follows the rise.</param>
/// <param name="Strength">Of the pull back to where a row started; 0: none.</param>
/// <param name="Radius">Largest distance from where a row started; null: none.</param>
public readonly record struct GroupRule(
    bool Frozen, double Factor = 1, int WarmupSteps = 0, WarmupShape Warmup = WarmupShape.Linear, double Strength = 0, double? Radius = null);

/// <summary>
/// What a group of tables does at each step of a run: frozen or tuned, and with which learning rate. A function of the job and of the changes that were made while
/// it ran, so every shard, worker and resumed run agrees. Steps count from 1; step 0 is the state before training. Any thread may read while another makes a change.
/// <para>
/// A change of the group counts from its step on, also against what the job's phases say: a group that is frozen by it does not thaw when a phase begins, one that is thawed by
/// it is tuned before. Optimizer state is kept over frozen steps as it was; whether it goes on after a thaw, <see cref="FreshFrom"/> tells. The rise of the learning rate begins
/// again with every thaw.
/// </para>
/// </summary>
public sealed class GroupTimeline
{
    /// <summary>The first tuned step of a group that is frozen for the whole run.</summary>
    public const int Never = int.MaxValue;

    private const double Cut = 0.1;

    private readonly double _learningRate;
    private readonly ScheduleSpec _schedule;
    private readonly PhaseTimes _times;
    private readonly IReadOnlyList<GroupRule> _rules;
    private readonly ThawState _thaw;
    private readonly Lock _changing = new();
    private IReadOnlyList<PlanChange> _changes = [];
    private volatile Segment[] _segments;

    /// <summary>Creates the timeline of <paramref name="group"/>.</summary>
    /// <param name="group">Name of the group.</param>
    /// <param name="optimizer">Its optimizer: learning rate and schedule.</param>
    /// <param name="totalSteps">Steps of the whole run.</param>
    /// <param name="times">When phases begin.</param>
    /// <param name="rules">What the group does in each.</param>
    /// <param name="thaw">What becomes of optimizer state when it thaws.</param>
    public GroupTimeline(string group, OptimizerSpec optimizer, int totalSteps, PhaseTimes times, IReadOnlyList<GroupRule> rules, ThawState thaw)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(totalSteps);
        ArgumentOutOfRangeException.ThrowIfNotEqual(rules.Count, times.Count);
        Group = group;
        _learningRate = optimizer.LearningRate;
        _schedule = optimizer.Schedule;
        TotalSteps = totalSteps;
        (_times, _rules, _thaw) = (times, rules, thaw);
        IsChangeable = rules.Any(rule => !rule.Frozen);
        IsHeld = rules.Any(rule => !rule.Frozen && (rule.Strength > 0 || rule.Radius is not null));
        NarrowsLater = rules.Index().Any(later => later.Item is { Frozen: false, Radius: { } radius }
            && rules.Take(later.Index).Any(earlier => !earlier.Frozen && !(earlier.Radius <= radius)));
        _segments = Segments();
        FirstTunedStep = NextTunedStep(1);
    }

    /// <summary>Creates the timeline of a group that is frozen at first, if at all; its optimizer state is kept from then on.</summary>
    /// <param name="group">Name of the group.</param>
    /// <param name="optimizer">Its optimizer: learning rate and schedule.</param>
    /// <param name="totalSteps">Steps of the whole run.</param>
    /// <param name="firstTunedStep">1: tuned from the start; <see cref="Never"/>: frozen for the whole run.</param>
    /// <param name="warmupSteps">Steps over which the learning rate rises linearly after the thaw: the first tuned step has 1/warmupSteps of it; 0: none.</param>
    public GroupTimeline(string group, OptimizerSpec optimizer, int totalSteps, int firstTunedStep = 1, int warmupSteps = 0)
        : this(
            group, optimizer, totalSteps,
            new PhaseTimes(firstTunedStep is 1 or Never ? [default] : [new PhaseEnd(firstTunedStep - 1L, null), default]),
            firstTunedStep is 1 or Never
                ? [new GroupRule(firstTunedStep == Never, 1, warmupSteps)]
                : [new GroupRule(true, 1, warmupSteps), new GroupRule(false, 1, warmupSteps)],
            ThawState.Kept)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(firstTunedStep, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(warmupSteps);
    }

    /// <summary>Name of the group.</summary>
    public string Group { get; }

    /// <summary>Steps of the whole run.</summary>
    public int TotalSteps { get; }

    /// <summary>First step that may change the group, as the job has it and as far as steps alone decide it; <see cref="Never"/>: none.</summary>
    public int FirstTunedStep { get; }

    /// <summary>Whether the group is tuned in a phase of the job. One that never is cannot be changed while the job runs: it has no optimizer state that could move it.</summary>
    public bool IsChangeable { get; }

    /// <summary>Whether some phase holds rows to where they started, so that it has to be known.</summary>
    public bool IsHeld { get; }

    /// <summary>Whether a phase may find rows beyond its radius, so that they have to be put back when it begins.</summary>
    public bool NarrowsLater { get; }

    /// <summary>Whether <paramref name="step"/> leaves the group bitwise unchanged.</summary>
    public bool IsFrozen(int step) => step < 1 || SegmentOf(step).Frozen;

    /// <summary>The learning rate that <paramref name="step"/> applies; 0 while the group is frozen.</summary>
    public double LearningRate(int step)
    {
        if (step < 1)
            return 0;
        Segment segment = SegmentOf(step);
        if (segment.Frozen)
            return 0;
        double rate = segment.LearningRate * _schedule.Factor(step, TotalSteps);
        if (segment.Factor != 1)
            rate *= segment.Factor;
        int sinceThaw = step - segment.ThawedAt + 1;
        if (segment.Warmup == WarmupShape.Linear)
            return segment.WarmupSteps > 0 && sinceThaw < segment.WarmupSteps ? rate * sinceThaw / segment.WarmupSteps : rate;
        int left = TotalSteps - segment.ThawedAt + 1;
        double cut = segment.WarmupSteps > 0 ? Math.Min(1, segment.WarmupSteps / (double)left) : Cut;
        return rate * new SlantedTriangleSchedule { CutFraction = cut }.Factor(sinceThaw, left);
    }

    /// <summary>
    /// Which part of the way back to where it started a row goes after <paramref name="step"/>: strength times learning rate, at most all of it; 0 where the group is frozen or
    /// not anchored.
    /// </summary>
    public double Pull(int step) => step < 1 || SegmentOf(step).Strength is 0 ? 0 : Math.Min(1, SegmentOf(step).Strength * LearningRate(step));

    /// <summary>The largest distance from where it started that a row may have after <paramref name="step"/>; null: any, or the group is frozen.</summary>
    public double? Radius(int step) => step < 1 || SegmentOf(step) is not { Frozen: false } segment ? null : segment.Radius;

    /// <summary>The first step after <paramref name="from"/>, up to <paramref name="to"/>, with which a radius begins to hold; <see cref="Never"/>: none.</summary>
    public int NextRadius(int from, int to)
    {
        foreach (Segment segment in _segments)
        {
            if (segment.First > to)
                break;
            if (segment.First > from && segment is { Frozen: false, Radius: not null })
                return segment.First;
        }

        return Never;
    }

    /// <summary>The base learning rate at <paramref name="step"/>, which schedule and phase multiply, whether or not the group is frozen then.</summary>
    public double BaseLearningRate(int step) => SegmentOf(step).LearningRate;

    /// <summary>How many of the steps up to <paramref name="step"/> are tuned ones.</summary>
    public int TunedSteps(int step)
    {
        if (step < 1)
            return 0;
        Segment segment = SegmentOf(step);
        return segment.TunedBefore + (segment.Frozen ? 0 : step - segment.First + 1);
    }

    /// <summary>
    /// The last step up to <paramref name="step"/> with which optimizer state began anew because the group thawed; 0: it has been the same from the start. A row whose last step
    /// is before it has state that counts for nothing any more.
    /// </summary>
    public int FreshFrom(int step) => step < 1 ? 0 : SegmentOf(step).FreshFrom;

    /// <summary>The first tuned step from <paramref name="step"/> on, as far as is known; <see cref="Never"/>: none.</summary>
    public int NextTunedStep(int step)
    {
        Segment[] segments = _segments;
        for (int i = IndexOf(segments, step); i < segments.Length; i++)
        {
            if (!segments[i].Frozen)
                return Math.Max(step, segments[i].First);
        }

        return Never;
    }

    /// <summary>
    /// Makes a change. Nothing may have been asked yet of its step or a later one that could have become part of a row, which holds where nothing of the step is granted.
    /// The same change again changes nothing, and neither does one of another group or of a group that is not <see cref="IsChangeable"/>.
    /// </summary>
    public void Make(PlanChange change)
    {
        if (!IsChangeable || (change.Group != Group && change.BeginsPhase is null))
            return;
        lock (_changing)
        {
            if (_changes.Contains(change))
                return;
            _changes = [.. _changes.Append(change).OrderBy(c => c.Step)]; // of one step in the order in which they were made
            _segments = Segments();
        }
    }

    private Segment SegmentOf(int step)
    {
        Segment[] segments = _segments;
        return segments[IndexOf(segments, step)];
    }

    private static int IndexOf(Segment[] segments, int step)
    {
        int index = segments.Length - 1;
        while (index > 0 && segments[index].First > step)
            index--;
        return index;
    }

    private Segment[] Segments()
    {
        int[] starts = _times.Starts(_changes);
        GroupRule rule = _rules[PhaseTimes.IndexOf(starts, 1)];
        var segments = new List<Segment> { new(1, rule.Frozen, _learningRate, rule.Factor, rule.WarmupSteps, rule.Warmup, rule.Strength, rule.Radius, 0, 1, 0) };
        bool byChange = false;
        int next = PhaseTimes.IndexOf(starts, 1) + 1;
        foreach (PlanChange change in _changes)
        {
            BeginPhases(Math.Max(1, change.Step));
            if (change.BeginsPhase is not null)
                continue;
            byChange |= change.Frozen is not null; // from here on nobody but a change freezes or thaws it
            Add(Math.Max(1, change.Step), change.Frozen, change.LearningRate, null);
        }

        BeginPhases(Never - 1);
        return [.. segments];

        void BeginPhases(int until)
        {
            for (; next < starts.Length && starts[next] <= until; next++)
            {
                if (next + 1 == starts.Length || starts[next + 1] > starts[next])
                    Add(starts[next], byChange ? null : _rules[next].Frozen, null, _rules[next]);
            }
        }

        void Add(int step, bool? frozen, double? learningRate, GroupRule? begun)
        {
            Segment last = segments[^1];
            bool nowFrozen = frozen ?? last.Frozen;
            bool thaws = last.Frozen && !nowFrozen;
            int tunedBefore = last.TunedBefore + (last.Frozen ? 0 : step - last.First);
            var added = last with
            {
                First = step,
                Frozen = nowFrozen,
                LearningRate = learningRate ?? last.LearningRate,
                Factor = begun?.Factor ?? last.Factor,
                WarmupSteps = begun?.WarmupSteps ?? last.WarmupSteps,
                Warmup = begun?.Warmup ?? last.Warmup,
                Strength = begun?.Strength ?? last.Strength,
                Radius = begun is { } phase ? phase.Radius : last.Radius,
                TunedBefore = tunedBefore,
                ThawedAt = thaws ? step : last.ThawedAt,
                FreshFrom = thaws && _thaw == ThawState.Fresh && tunedBefore > 0 ? step : last.FreshFrom,
            };
            if (last.First == step)
                segments[^1] = added;
            else
                segments.Add(added);
        }
    }

    /// <summary>What holds from a step until the next segment begins.</summary>
    /// <param name="First">Its first step.</param>
    /// <param name="Frozen">Whether it changes nothing.</param>
    /// <param name="LearningRate">The base learning rate.</param>
    /// <param name="Factor">The phase's factor on it.</param>
    /// <param name="WarmupSteps">Steps of the rise after a thaw.</param>
    /// <param name="Warmup">What follows the rise.</param>
    /// <param name="Strength">Of the pull back.</param>
    /// <param name="Radius">Largest distance from the start.</param>
    /// <param name="TunedBefore">Tuned steps before it.</param>
    /// <param name="ThawedAt">The step from which the learning rate rises.</param>
    /// <param name="FreshFrom">The step with which optimizer state began anew; 0: none.</param>
    private sealed record Segment(
        int First, bool Frozen, double LearningRate, double Factor, int WarmupSteps, WarmupShape Warmup, double Strength, double? Radius, int TunedBefore, int ThawedAt, int FreshFrom);
}
