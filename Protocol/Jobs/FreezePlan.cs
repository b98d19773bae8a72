using System.Globalization;

namespace DistEmbed.Protocol.Jobs;

/// <summary>
/// The phases of a job on its steps: when each begins, as far as steps decide it, and a <see cref="GroupTimeline"/> for every group of the model. A function of the job and the
/// number of steps, so every node and every resumed run has the same.
/// </summary>
public sealed class FreezePlan
{
    // A group that never moves needs no optimizer; its timeline never asks for the rate.
    private static readonly OptimizerSpec s_none = new SgdSpec { LearningRate = 0 };

    private readonly Dictionary<string, GroupTimeline> _timelines;

    private FreezePlan(
        IReadOnlyList<string> groups, int batchSize, int stepsPerEpoch, int totalSteps, bool isNamed, IReadOnlyList<PhaseSpec> phases, PhaseTimes times, Dictionary<string, GroupTimeline> timelines) =>
        (Groups, BatchSize, StepsPerEpoch, TotalSteps, IsNamed, Phases, Times, _timelines) = (groups, batchSize, stepsPerEpoch, totalSteps, isNamed, phases, times, timelines);

    /// <summary>Examples, or words, of a step.</summary>
    public int BatchSize { get; }

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
    public IReadOnlyList<string> Groups { get; }

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

        var timelines = new Dictionary<string, GroupTimeline>(StringComparer.Ordinal);
        foreach (string group in spec.Model.Groups)
        {
            GroupRule[] rules = [.. phases.Select(phase => JobPhases.RuleOf(spec, phase, group))];
            if ((spec.OptimizerOf(group) ?? (Array.TrueForAll(rules, rule => rule.Frozen) ? s_none : null)) is { } optimizer)
                timelines.Add(group, new GroupTimeline(group, optimizer, totalSteps, times, rules, spec.Thaw));
        }

        return new FreezePlan(spec.Model.Groups, spec.Training.Batch, stepsPerEpoch, totalSteps, isNamed, phases, times, timelines);
    }

    /// <summary>What <paramref name="group"/> does at each step.</summary>
    /// <exception cref="ArgumentException">The model has no such group, or the job no optimizer for it.</exception>
    public GroupTimeline Of(string group) =>
        _timelines.GetValueOrDefault(group) ?? throw new ArgumentException($"The model has no group {group}, or the job no optimizer for it.", nameof(group));

    /// <summary>The group whose gradient norm may end a phase.</summary>
    public string HeadOf(PhaseEndSpec until) => until.GradientOf ?? Groups[^1];

    /// <summary>The phase of a step, from 0, after the changes so far.</summary>
    public int PhaseOf(int step, IEnumerable<PlanChange> changes) => PhaseTimes.IndexOf(Times.Starts(changes), step);

    /// <summary>Name of a phase: the job's, or its number from 1.</summary>
    public string NameOf(int phase) => Phases[phase].Name ?? (phase + 1).ToString(CultureInfo.InvariantCulture);

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
