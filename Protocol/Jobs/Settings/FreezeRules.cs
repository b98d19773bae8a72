namespace DistEmbed.Protocol.Jobs.Settings;

/// <summary>The rules about freezing phases.</summary>
internal static class FreezeRules
{
    private const string Embedding = "embedding";

    /// <summary>Whether a group is the embedding of a static text-cnn, which nothing thaws.</summary>
    public static bool IsStaticEmbedding(JobSpec spec, string group) => group == Embedding && spec.Model is TextCnnSpec { Channels: ChannelMode.Static };

    /// <summary>Whether the job never changes <paramref name="group"/>: it is frozen in every phase, or the embedding of a static text-cnn.</summary>
    public static bool IsFrozenThroughout(JobSpec spec, string group) =>
        IsStaticEmbedding(spec, group)
        || spec.Freeze.Any(phase => phase is { UntilEpoch: null, UntilStep: null } && phase.Group == group)
        || JobPhases.Of(spec).All(phase => FreezesAll(phase?.Rules?.Where(rule => rule?.Group == group).ToArray() ?? []));

    /// <summary>Whether the last rule for all rows freezes them, and no later one tunes some.</summary>
    private static bool FreezesAll(PhaseRuleSpec[] rules) =>
        Array.FindLastIndex(rules, rule => rule.Rows is null) is >= 0 and int all && rules.Skip(all).All(rule => rule.State == RuleState.Frozen);

    public static void Check(JobSpec spec, RuleErrors errors)
    {
        (string Name, bool Given)[] ways = [("freeze", spec.Freeze.Count > 0), ("phases", spec.Phases.Count > 0), ("recipe", spec.Recipe is not null)];
        if (ways.Count(way => way.Given) > 1)
        {
            errors.Add(ways.Last(way => way.Given).Name, $"is given beside {ways.First(way => way.Given).Name}.",
                "They are three ways to say what is frozen when: keep one. `distembed plan` shows the phases of each.");
        }

        PhaseRules.Check(spec, errors);
        for (int i = 0; i < spec.Freeze.Count; i++)
        {
            if (spec.Freeze[i] is { } phase)
                CheckPhase(spec, phase, i, errors);
        }
        if (spec.Model is { } model && model.Groups.All(group => IsFrozenThroughout(spec, group)))
            errors.Add("freeze", "nothing is left to train: every group is frozen for the whole run.", $"Let one of {string.Join(", ", model.Groups)} thaw.");
    }

    private static void CheckPhase(JobSpec spec, FreezeSpec phase, int index, RuleErrors errors)
    {
        string path = SettingPath.Join("freeze", index);
        if (spec.Model is { } model && !model.Groups.Contains(phase.Group))
            errors.Add($"{path}.group", $"a {JobValidator.KindName(model)} model has no group `{phase.Group}`.", Spelling.Advice(phase.Group, model.Groups, "groups"));
        if (spec.Freeze.Take(index).Any(earlier => earlier?.Group == phase.Group))
            errors.Add($"{path}.group", $"group `{phase.Group}` has a phase already.", "A group is frozen once, from the start: keep one phase.");
        if (phase.Group == Embedding && spec.Model is TextCnnSpec { Channels: ChannelMode.Static })
            errors.Add(path, "is redundant: model.channels static freezes the embedding for the whole run.", "Take the phase out, or use channels non-static.");

        if (phase is { UntilEpoch: not null, UntilStep: not null })
            errors.Add($"{path}.untilStep", "is given beside untilEpoch.", "Keep one of them; with neither the group is frozen for the whole run.");
        CheckThaw($"{path}.untilEpoch", phase.UntilEpoch, first: 0, last: spec.Training.Epochs - 1, "epoch", errors);
        CheckThaw($"{path}.untilStep", phase.UntilStep, first: 1, last: spec.Training.Steps, "step", errors);
        errors.AtLeast($"{path}.warmupSteps", phase.WarmupSteps, 0);
        if (phase.WarmupSteps > 0 && phase is { UntilEpoch: null, UntilStep: null })
            errors.Add($"{path}.warmupSteps", $"is {phase.WarmupSteps}, but the group never thaws.", "Give untilEpoch or untilStep, or leave it out.");
    }

    private static void CheckThaw(string path, int? thaw, int first, int? last, string unit, RuleErrors errors)
    {
        if (thaw <= first)
            errors.Add(path, $"is {thaw}, so the group would never be frozen.", $"It is the first {unit} that may change the group, counted from {first}: give at least {first + 1}.");
        else if (thaw > last && last >= first)
            errors.Add(path, $"is {thaw}, beyond the last {unit}, {last}.", "Leave it out to freeze the group for the whole run.");
    }
}
