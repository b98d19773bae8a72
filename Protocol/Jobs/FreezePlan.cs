using System.Globalization;

namespace DistEmbed.Protocol.Jobs;

/// <summary>
/// The phases of a job on its steps: when each begins, as far as steps decide it, and a <see cref="GroupTimeline"/> for every group of the model and for rows that selectors meet. A function of the job and the
/// number of steps, so every node and every resumed run has the same.
/// </summary>
public sealed class FreezePlan
{
    // A group that never moves needs no optimizer; its timeline never asks for the rate.
    private static readonly OptimizerSpec s_none = new SgdSpec { LearningRate = 0 };

    private readonly JobSpec _job;
    private readonly Dictionary<string, GroupTimeline> _timelines;

    private FreezePlan(JobSpec job, int stepsPerEpoch, int totalSteps, bool isNamed, IReadOnlyList<PhaseSpec> phases, PhaseTimes times)
    {
        (_job, StepsPerEpoch, TotalSteps, IsNamed, Phases, Times) = (job, stepsPerEpoch, totalSteps, isNamed, phases, times);
        Selectors = RowSelectors.Of(job);
        _timelines = new Dictionary<string, GroupTimeline>(StringComparer.Ordinal);
        foreach (string group in Groups)
        {
            if (TimelineOf(group, 0) is { } timeline)
                _timelines.Add(group, timeline);
        }
    }

    /// <summary>Examples, or words, of a step.</summary>
    public int BatchSize => _job.Training.Batch;

    /// <summary>Steps of an epoch.</summary>
    public int StepsPerEpoch { get; }

    /// <summary>Steps of the whole run.</summary>
    public int TotalSteps { get; }

    /// <summary>Whether the job has phases of its own, and not only groups that are frozen at first.</summary>
    public bool IsNamed { get; }

    /// <summary>The phases in order, at least one.</summary>
    public IReadOnlyList<PhaseSpec> Phases { get; }

    /// <summary>When they begin.</summary>
    public PhaseTimes Times { get; }

    /// <summary>The model's groups.</summary>
    public IReadOnlyList<string> Groups => _job.Model.Groups;

    /// <summary>The groups whose rows are the vocabulary's words.</summary>
    public IReadOnlyList<string> WordGroups => _job.Model.WordGroups;

    /// <summary>The selectors that rules name rows by.</summary>
    public IReadOnlyList<RowSelectorSpec> Selectors { get; }

    /// <summary>Puts the phases of <paramref name="spec"/>, a valid job, on its steps.</summary>
    /// <param name="spec">The job.</param>
    /// <param name="stepsPerEpoch">Steps of an epoch.</param>
    /// <param name="totalSteps">Steps of the whole run.</param>
    /// <exception cref="InvalidInputException">A phase ends after the run, or before it begins; carries every such phase.</exception>
    public static FreezePlan Resolve(JobSpec spec, int stepsPerEpoch, int totalSteps)
    {
        var errors = new List<InputError>();
        bool isNamed = spec.Recipe is not null || spec.Phases.Count > 0;
        IReadOnlyList<PhaseSpec> phases = isNamed ? JobPhases.Of(spec) : JobPhases.OfFreeze(spec, stepsPerEpoch, totalSteps, errors);
        PhaseEnd[] ends = [.. phases.Select(phase => JobPhases.EndOf(phase.Until, spec.Training.Batch, stepsPerEpoch))];
        var times = new PhaseTimes(ends);
        if (isNamed)
            CheckTimes(spec, phases, ends, times.Starts([]), totalSteps, errors);
        if (errors.Count > 0)
            throw new InvalidInputException(errors);

        return new FreezePlan(spec, stepsPerEpoch, totalSteps, isNamed, phases, times);
    }

    /// <summary>What <paramref name="group"/> does at each step: of a table of words, those rows that no selector meets.</summary>
    /// <exception cref="ArgumentException">The model has no such group, or the job no optimizer for it.</exception>
    public GroupTimeline Of(string group) =>
        _timelines.GetValueOrDefault(group) ?? throw new ArgumentException($"The model has no group {group}, or the job no optimizer for it.", nameof(group));

    /// <summary>What each row of a table does; null where all of them follow their group, because no selector is about it.</summary>
    /// <param name="table">The table.</param>
    /// <param name="classes">Which rows the selectors meet.</param>
    /// <exception cref="ArgumentException">The classes are missing, or are not those of the table's rows or of the job's selectors.</exception>
    public RowRules? RowsOf(TableSpec table, RowClasses? classes)
    {
        if (!HasSelectors(table.Group))
            return null;
        if (classes is null || classes.Rows != table.Rows || classes.Selectors > Selectors.Count)
            throw new ArgumentException($"The row classes ({classes?.Rows} rows, {classes?.Selectors} selectors) are not those of table {table.Name} ({table.Rows} rows) and of {Selectors.Count} selectors.", nameof(classes));
        return new RowRules(classes, TimelinesOf(table.Group, classes));
    }

    /// <summary>What the rows of a group do: of a group without selectors its timeline, else one for each class, made anew but for that of rows that follow the group.</summary>
    /// <param name="group">The group.</param>
    /// <param name="classes">Which rows the selectors meet.</param>
    public IReadOnlyList<GroupTimeline> TimelinesOf(string group, RowClasses? classes)
    {
        if (classes is null || !HasSelectors(group))
            return [Of(group)];
        // Classes that differ only in selectors of other groups, or that rules treat alike, share a timeline.
        var timelines = new List<(GroupRule[] Rules, GroupTimeline Timeline)> { (RulesOf(group, 0), Of(group)) };
        var ofClass = new GroupTimeline[classes.Count];
        for (int c = 0; c < ofClass.Length; c++)
        {
            ulong met = classes.SelectorsOf(c);
            GroupRule[] rules = RulesOf(group, met);
            int known = timelines.FindIndex(t => t.Rules.SequenceEqual(rules));
            if (known < 0)
            {
                known = timelines.Count;
                timelines.Add((rules, TimelineOf(group, met)!));
            }

            ofClass[c] = timelines[known].Timeline;
        }

        // Where every word meets a selector class 0 has the padding row alone, which never changes: its rule must not count as that of rows.
        if (classes.WordsOf(0) == 0 && ofClass.Length > 1)
            ofClass[0] = ofClass[1];
        return ofClass;
    }

    /// <summary>What rows do in a phase.</summary>
    /// <param name="phase">The phase, from 0.</param>
    /// <param name="group">The rows' group.</param>
    /// <param name="met">The selectors that they meet, a bit each.</param>
    public GroupRule RuleOf(int phase, string group, ulong met) =>
        JobPhases.RuleOf(_job, group, DecidingRule(phase, group, met) is >= 0 and int deciding ? Phases[phase].Rules[deciding] : null);

    /// <summary>The place, in a phase's rules, of the one that decides what rows do; -1: none, they are tuned.</summary>
    /// <param name="phase">The phase, from 0.</param>
    /// <param name="group">The rows' group.</param>
    /// <param name="met">The selectors that they meet, a bit each.</param>
    public int DecidingRule(int phase, string group, ulong met)
    {
        IReadOnlyList<PhaseRuleSpec> rules = Phases[phase].Rules;
        for (int i = rules.Count - 1; i >= 0; i--)
        {
            if (rules[i].Group == group && (rules[i].Rows is not { } rows || (met >> IndexOf(rows) & 1) != 0))
                return i;
        }

        return -1;
    }

    /// <summary>The group whose gradient norm may end a phase.</summary>
    public string HeadOf(PhaseEndSpec until) => until.GradientOf ?? Groups[^1];

    /// <summary>The phase of a step, from 0, after the changes so far.</summary>
    public int PhaseOf(int step, IEnumerable<PlanChange> changes) => PhaseTimes.IndexOf(Times.Starts(changes), step);

    /// <summary>Name of a phase: the job's, or its number from 1.</summary>
    public string NameOf(int phase) => Phases[phase].Name ?? (phase + 1).ToString(CultureInfo.InvariantCulture);

    private bool HasSelectors(string group) => Phases.Any(phase => phase.Rules.Any(rule => rule.Group == group && rule.Rows is not null));

    private int IndexOf(RowSelectorSpec selector)
    {
        int index = 0;
        while (!Selectors[index].Equals(selector))
            index++;
        return index;
    }

    private GroupRule[] RulesOf(string group, ulong met) =>
        JobPhases.Held([.. Enumerable.Range(0, Phases.Count).Select(phase => RuleOf(phase, group, met))]);

    private GroupTimeline? TimelineOf(string group, ulong met)
    {
        GroupRule[] rules = RulesOf(group, met);
        return (_job.OptimizerOf(group) ?? (Array.TrueForAll(rules, rule => rule.Frozen) ? s_none : null)) is { } optimizer
            ? new GroupTimeline(group, optimizer, TotalSteps, Times, rules, _job.Thaw)
            : null;
    }

    private static void CheckTimes(JobSpec spec, IReadOnlyList<PhaseSpec> phases, PhaseEnd[] ends, int[] starts, int totalSteps, List<InputError> errors)
    {
        for (int i = 0; i + 1 < phases.Count; i++)
        {
            if (starts[i] == GroupTimeline.Never || (i > 0 && phases[i - 1].Until!.IsAwaited))
                break; // when what follows begins shows only while it trains
            string where = spec.Recipe is not null ? "recipe" : string.Create(CultureInfo.InvariantCulture, $"phases.{i}.until");
            string name = phases[i].Name ?? (i + 1).ToString(CultureInfo.InvariantCulture);
            int next = starts[i + 1];
            if (next == starts[i])
            {
                errors.Add(new InputError(where, string.Create(CultureInfo.InvariantCulture, $"phase `{name}` would begin with step {starts[i]}, but end with step {ends[i].LastStep}."),
                    "Let it end later, or take it out."));
            }
            else if (next > totalSteps && !phases[i].Until!.IsAwaited)
            {
                errors.Add(new InputError(where, string.Create(CultureInfo.InvariantCulture, $"phase `{name}` would end with step {next - 1}, but the run ends with step {totalSteps}: what follows it would never begin."),
                    "Train longer, or let it end earlier."));
                break;
            }
        }
    }
}
