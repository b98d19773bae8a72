using System.Globalization;
using DistEmbed.Protocol.Jobs.Settings;

namespace DistEmbed.Protocol.Jobs;

/// <summary>The phases of a job, however it says them: as phases, as a recipe, or as groups that are frozen at first.</summary>
internal static class JobPhases
{
    /// <summary>The phases of a job that names them or a recipe; one of neither has a single phase.</summary>
    public static IReadOnlyList<PhaseSpec> Of(JobSpec spec) =>
        spec.Recipe?.Phases(spec.Model) ?? (spec.Phases.Count > 0 ? spec.Phases : [new PhaseSpec()]);

    /// <summary>The phases of a job whose groups are frozen until a step or epoch: a new one begins with every thaw.</summary>
    /// <param name="spec">The job.</param>
    /// <param name="stepsPerEpoch">Steps of an epoch.</param>
    /// <param name="totalSteps">Steps of the run.</param>
    /// <param name="errors">Takes those of thaws after the run.</param>
    public static IReadOnlyList<PhaseSpec> OfFreeze(JobSpec spec, int stepsPerEpoch, int totalSteps, List<InputError> errors)
    {
        var thaws = new List<(FreezeSpec Phase, long Step)>();
        for (int i = 0; i < spec.Freeze.Count; i++)
        {
            FreezeSpec phase = spec.Freeze[i];
            long step = phase switch
            {
                { UntilEpoch: { } epoch } => (long)epoch * stepsPerEpoch + 1,
                { UntilStep: { } first } => first,
                _ => GroupTimeline.Never,
            };
            if (step > totalSteps && step != GroupTimeline.Never)
            {
                errors.Add(new InputError(
                    string.Create(CultureInfo.InvariantCulture, $"freeze.{i}.{(phase.UntilEpoch is null ? "untilStep" : "untilEpoch")}"),
                    string.Create(CultureInfo.InvariantCulture, $"is {phase.UntilEpoch ?? phase.UntilStep}: group `{phase.Group}` would thaw at step {step}, but the run ends with step {totalSteps}."),
                    "Leave it out to freeze the group for the whole run."));
            }

            thaws.Add((phase, step));
        }

        long[] starts = [1, .. thaws.Select(t => t.Step).Where(step => step is > 1 and < GroupTimeline.Never).Distinct().Order()];
        return [.. starts.Select((start, i) => new PhaseSpec
        {
            // The rise belongs to the group's thaw, whoever thaws it and when.
            Rules = [.. thaws.Select(t => new PhaseRuleSpec { Group = t.Phase.Group, State = t.Step > start ? RuleState.Frozen : RuleState.Tuned, WarmupSteps = t.Phase.WarmupSteps })],
            Until = i + 1 < starts.Length ? new PhaseEndSpec { Step = (int)(starts[i + 1] - 1) } : null,
        })];
    }

    /// <summary>How steps end a phase.</summary>
    /// <param name="until">When it ends; null: never.</param>
    /// <param name="batch">Examples, or words, of a step.</param>
    /// <param name="stepsPerEpoch">Steps of an epoch.</param>
    public static PhaseEnd EndOf(PhaseEndSpec? until, int batch, int stepsPerEpoch) => until is null
        ? default
        : new PhaseEnd(
            Least(until.Step, (long?)until.Epoch * stepsPerEpoch, until.Examples is { } examples ? (examples + batch - 1) / batch : null),
            Least(until.AfterSteps, (long?)until.AfterEpochs * stepsPerEpoch, null));

    /// <summary>What rows of a group do where <paramref name="rule"/> decides; null: they are tuned.</summary>
    public static GroupRule RuleOf(JobSpec spec, string group, PhaseRuleSpec? rule)
    {
        bool frozen = FreezeRules.IsStaticEmbedding(spec, group) || rule?.State == RuleState.Frozen;
        return rule is null ? new GroupRule(frozen) : new GroupRule(frozen, rule.Factor, rule.WarmupSteps, rule.Warmup, rule.Strength ?? 0, rule.Radius);
    }

    /// <summary>Gives phases in which rows are frozen the hold of the next phase that tunes them, or else of the last: it counts where they are thawed by hand.</summary>
    public static GroupRule[] Held(GroupRule[] rules)
    {
        int last = Array.FindLastIndex(rules, rule => !rule.Frozen);
        for (int i = rules.Length - 1; i >= 0 && last >= 0; i--)
        {
            if (rules[i].Frozen)
                rules[i] = rules[i] with { Strength = rules[last].Strength, Radius = rules[last].Radius };
            else
                last = i;
        }

        return rules;
    }

    private static long? Least(long? one, long? two, long? three)
    {
        long least = Math.Min(one ?? long.MaxValue, Math.Min(two ?? long.MaxValue, three ?? long.MaxValue));
        return least == long.MaxValue ? null : least;
    }
}
