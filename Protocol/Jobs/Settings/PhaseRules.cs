namespace DistEmbed.Protocol.Jobs.Settings;

/// <summary>The rules about phases and recipes.</summary>
internal static class PhaseRules
{
    public static void Check(JobSpec spec, RuleErrors errors)
    {
        for (int i = 0; i < spec.Phases.Count; i++)
        {
            if (spec.Phases[i] is { } phase)
                CheckPhase(spec, phase, i, errors);
        }

        if (spec.Phases.SelectMany(phase => phase?.Rules ?? []).Select(rule => rule?.Rows).OfType<RowSelectorSpec>().Distinct().Count() > RowClasses.MostSelectors)
            errors.Add("phases", $"name rows by more than {RowClasses.MostSelectors} different selectors.", "Use fewer; a list or file of words is one.");
        errors.Distinct("phases", [.. spec.Phases.Select(phase => phase?.Name).OfType<string>()]);
        CheckRecipe(spec, errors);
    }

    private static void CheckPhase(JobSpec spec, PhaseSpec phase, int index, RuleErrors errors)
    {
        string path = SettingPath.Join("phases", index), until = $"{path}.until";
        errors.NotBlank($"{path}.name", phase.Name);
        for (int i = 0; i < phase.Rules.Count; i++)
        {
            if (phase.Rules[i] is { } rule)
                CheckRule(spec, rule, SettingPath.Join($"{path}.rules", i), errors);
        }

        bool last = index == spec.Phases.Count - 1;
        if (last && phase.Until is not null)
            errors.Add(until, "is given for the last phase, which holds until the run ends.", "Leave it out, or add the phase that follows.");
        if (last || phase.Until is not { } end)
        {
            if (!last)
                errors.Add(until, "is required: only the last phase holds until the run ends.", "Say when it ends: step, epoch, examples, afterSteps, afterEpochs, devStalled, trainLossBelow or gradientNormBelow.");
            return;
        }

        CheckEnd(spec, end, until, errors);
    }

    private static void CheckRule(JobSpec spec, PhaseRuleSpec rule, string path, RuleErrors errors)
    {
        CheckGroup(spec, rule.Group, $"{path}.group", errors);
        errors.Above($"{path}.factor", rule.Factor, 0, "To keep the group as it is, use state frozen.");
        errors.AtLeast($"{path}.warmupSteps", rule.WarmupSteps, 0);
        if (rule.State != RuleState.Frozen && rule.Group is { } group && FreezeRules.IsStaticEmbedding(spec, group))
            errors.Add(path, "tunes the embedding, but model.channels static freezes it for the whole run.", "Use channels non-static, or take the rule out.");
        if (rule.State == RuleState.Frozen && rule.Factor != 1)
            errors.Add($"{path}.factor", $"is {rule.Factor}, but a frozen group has no learning rate.", "Leave it out.");
        CheckHold(spec, rule, path, errors);
        if (rule.Rows is { } rows)
            CheckRows(spec, rule, rows, $"{path}.rows", errors);
    }

    private static void CheckHold(JobSpec spec, PhaseRuleSpec rule, string path, RuleErrors errors)
    {
        Check("strength", rule.Strength, RuleState.Anchored, "anchored", "Give the part of the way back that each step takes, a multiple of the learning rate, such as 0.1.");
        Check("radius", rule.Radius, RuleState.Capped, "capped", "Give the largest distance of a row from where it started, such as 1.");
        if (rule.State is RuleState.Anchored or RuleState.Capped && rule.Group is { } group && spec.Optimizers is not null && spec.OptimizerOf(group) is { } optimizer
            && optimizer.WhyNotHeld(optimizer.MaxNorm) is var (what, fix))
        {
            errors.Add(path, what, fix);
        }

        void Check(string name, double? value, RuleState state, string called, string fix)
        {
            errors.Above($"{path}.{name}", value, 0);
            if (value is null && rule.State == state)
                errors.Add($"{path}.{name}", $"is required with state {called}.", fix);
            else if (value is not null && rule.State != state)
                errors.Add($"{path}.{name}", $"means nothing without state {called}.", $"Leave it out, or set state to {called}.");
        }
    }

    private static void CheckRows(JobSpec spec, PhaseRuleSpec rule, RowSelectorSpec rows, string path, RuleErrors errors)
    {
        if (spec.Model is { } model && model.Groups.Contains(rule.Group) && !model.WordGroups.Contains(rule.Group))
            errors.Add(path, $"names words, but the rows of group `{rule.Group}` are none.", $"Leave it out. Groups of words: {string.Join(", ", model.WordGroups)}.");
        if (rows.IsEmpty)
            errors.Add(path, "names no rows.", "Give pretrained, fromRank, toRank, fromCount, toCount, words, file or pattern, or leave rows out for all of them.");
        errors.AtLeast($"{path}.fromRank", rows.FromRank, 1);
        errors.AtLeast($"{path}.toRank", rows.ToRank, rows.FromRank ?? 1);
        errors.AtLeast($"{path}.fromCount", rows.FromCount, 0);
        errors.AtLeast($"{path}.toCount", rows.ToCount, rows.FromCount ?? 0);
        errors.NoneBlank($"{path}.words", rows.Words);
        errors.NotBlank($"{path}.file", rows.File);
        if (rows.Pretrained is not null && spec.Vectors is { File: null })
            errors.Add($"{path}.pretrained", "means nothing where no vector file is given.", "Give vectors.file, or leave it out.");
        if (rows.Pattern is not { } pattern)
            return;
        try
        {
            RowSelectors.PatternOf(pattern);
        }
        catch (Exception unusable) when (unusable is ArgumentException or NotSupportedException)
        {
            errors.Add($"{path}.pattern", $"\"{pattern}\" is no expression that can be used: {unusable.Message}", "Use a .NET regular expression without backreferences and lookarounds.");
        }
    }

    private static void CheckEnd(JobSpec spec, PhaseEndSpec end, string path, RuleErrors errors)
    {
        errors.AtLeast($"{path}.step", end.Step, 1);
        errors.AtLeast($"{path}.epoch", end.Epoch, 1);
        errors.AtLeast($"{path}.examples", end.Examples, 1);
        errors.AtLeast($"{path}.afterSteps", end.AfterSteps, 1);
        errors.AtLeast($"{path}.afterEpochs", end.AfterEpochs, 1);
        errors.AtLeast($"{path}.devStalled", end.DevStalled, 1);
        errors.Above($"{path}.trainLossBelow", end.TrainLossBelow, 0);
        errors.Above($"{path}.gradientNormBelow", end.GradientNormBelow, 0);
        errors.AtLeast($"{path}.checkEverySteps", end.CheckEverySteps, 1);
        if (end is { Step: null, Epoch: null, Examples: null, AfterSteps: null, AfterEpochs: null, IsAwaited: false })
            errors.Add(path, "says nothing that ends the phase.", "Give step, epoch, examples, afterSteps, afterEpochs, devStalled, trainLossBelow or gradientNormBelow.");
        if (end.CheckEverySteps is not null && !end.IsChecked)
            errors.Add($"{path}.checkEverySteps", "means nothing without trainLossBelow or gradientNormBelow.", "Leave it out; devStalled is looked at with every evaluation.");
        if (end.GradientOf is { } group)
        {
            CheckGroup(spec, group, $"{path}.gradientOf", errors);
            if (end.GradientNormBelow is null)
                errors.Add($"{path}.gradientOf", "means nothing without gradientNormBelow.", "Leave it out, or give gradientNormBelow.");
        }

        if (end.DevStalled is not null)
            CheckDev(spec, $"{path}.devStalled", errors);
    }

    private static void CheckRecipe(JobSpec spec, RuleErrors errors)
    {
        switch (spec.Recipe)
        {
            case StaticRecipe or NonStaticRecipe or null:
                break;
            case FreezeThenTuneRecipe then:
                errors.AtLeast("recipe.epochs", then.Epochs, 1);
                errors.AtLeast("recipe.devStalled", then.DevStalled, 1);
                errors.Above("recipe.factor", then.Factor, 0);
                errors.AtLeast("recipe.warmupSteps", then.WarmupSteps, 0);
                if (then.DevStalled is not null)
                    CheckDev(spec, "recipe.devStalled", errors);
                break;
            case GradualRecipe gradual:
                errors.AtLeast("recipe.epochs", gradual.Epochs, 1);
                errors.Above("recipe.factor", gradual.Factor, 0);
                errors.AtLeast("recipe.warmupSteps", gradual.WarmupSteps, 0);
                break;
            case ChainThawRecipe chain:
                errors.AtLeast("recipe.epochs", chain.Epochs, 1);
                errors.AtLeast("recipe.devStalled", chain.DevStalled, 1);
                errors.Above("recipe.factor", chain.Factor, 0);
                if (chain.DevStalled is not null)
                    CheckDev(spec, "recipe.devStalled", errors);
                break;
            case DiscriminativeRecipe discriminative:
                errors.Above("recipe.divisor", discriminative.Divisor, 0);
                break;
            case AnchoredRecipe anchored:
                CheckHold(spec, new PhaseRuleSpec { Group = spec.Model?.Groups[0]!, State = RuleState.Anchored, Strength = anchored.Strength }, "recipe", errors);
                break;
            case OovOnlyRecipe when spec.Vectors is { File: null }:
                errors.Add("recipe", "tunes words without a pretrained vector, but no vector file is given: that would be all.", "Give vectors.file, or use another recipe.");
                break;
            case FrequentFirstRecipe frequent:
                errors.Between("recipe.words", frequent.Words, 1, int.MaxValue - 1);
                errors.AtLeast("recipe.epochs", frequent.Epochs, 1);
                errors.Above("recipe.factor", frequent.Factor, 0);
                break;
        }

        if (spec.Recipe is not (null or StaticRecipe or NonStaticRecipe) && spec.Model is TextCnnSpec { Channels: ChannelMode.Static })
            errors.Add("recipe", "thaws or slows the embedding, but model.channels static freezes it for the whole run.", "Use channels non-static.");
    }

    private static void CheckGroup(JobSpec spec, string? group, string path, RuleErrors errors)
    {
        if (group is not null && spec.Model is { } model && !model.Groups.Contains(group))
            errors.Add(path, $"a {JobValidator.KindName(model)} model has no group `{group}`.", Spelling.Advice(group, model.Groups, "groups"));
    }

    private static void CheckDev(JobSpec spec, string path, RuleErrors errors)
    {
        if (spec.Model is { NeedsLabels: false } model)
            errors.Add(path, $"means nothing for a {JobValidator.KindName(model)} model, which has no dev part.", "Use steps or epochs.");
        else if (spec.Data is LabelledData { HasDev: false, HasLabels: true })
            errors.Add(path, "needs a dev part, but data.devFraction is 0 and there is no data.dev.", "Give one of them, or let steps or epochs end the phase.");
    }
}
