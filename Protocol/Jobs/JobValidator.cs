using System.Text.RegularExpressions;
using DistEmbed.Protocol.Jobs.Settings;

namespace DistEmbed.Protocol.Jobs;

/// <summary>
/// The rules about a job's values: every one that needs no file. What a job's other stages decide (<c>stage:NAME</c>) is checked by <see cref="JobFile"/>.
/// </summary>
public static partial class JobValidator
{
    internal const string NameRule = "Use letters, digits, dot, dash and underscore, and not dots alone.";

    /// <summary>Checks <paramref name="spec"/>.</summary>
    /// <param name="spec">
    /// The job or stage. A part that is null although it is required counts as unknown: rules that need it are passed over.
    /// </param>
    /// <param name="path">Path of the stage, such as <c>stages.tune</c>, which the errors' places start with; empty for none.</param>
    /// <returns>Every error; <see cref="InputError.Where"/> is the setting's path.</returns>
    public static IReadOnlyList<InputError> Validate(JobSpec spec, string path = "")
    {
        var errors = new RuleErrors(path);
        if (spec.Name is { } name && !IsName(name))
            errors.Add("name", $"\"{name}\" is no name.", NameRule);
        if (spec.Data is { } data)
            DataRules.Check(data, errors);
        if (spec.Model is { } model)
            ModelRules.Check(model, errors);
        CheckModelFits(spec, errors);
        CheckVectors(spec, errors);
        CheckTraining(spec, errors);
        CheckEvaluation(spec, errors);
        FreezeRules.Check(spec, errors);
        CheckOptimizers(spec, errors);

        errors.AtLeast("checkpoints.everySteps", spec.Checkpoints.EverySteps, 1);
        errors.Above("checkpoints.everyMinutes", spec.Checkpoints.EveryMinutes, 0);
        errors.AtLeast("checkpoints.keep", spec.Checkpoints.Keep, 1);
        errors.Between("cluster.workers", spec.Cluster.Workers, 1, 64);
        errors.Between("cluster.servers", spec.Cluster.Servers, 1, 64);
        errors.Between("cluster.shards", spec.Cluster.Shards, 1, 1024);
        errors.Between("cluster.rowCacheMegabytes", spec.Cluster.RowCacheMegabytes, 0, 1 << 20);
        errors.AtLeast("cluster.cellMegabytes", spec.Cluster.CellMegabytes, 0);
        if (spec is { Model: { } other and not GloVeSpec, Cluster.CellMegabytes: not null })
            errors.Add("cluster.cellMegabytes", $"means nothing for a {KindName(other)} model, which counts no cells.", "Leave it out, or set it to null.");
        errors.AtLeast("report.metricsEverySteps", spec.Report.MetricsEverySteps, 1);
        errors.NoneBlank("report.neighbors", spec.Report.Neighbors);
        errors.Distinct("report.neighbors", spec.Report.Neighbors);
        return errors.All;
    }

    /// <summary>Whether <paramref name="text"/> can name a job or stage, and so a folder.</summary>
    internal static bool IsName(string text) => NamePattern().IsMatch(text) && text.Any(letter => letter != '.');

    [GeneratedRegex(@"\A[A-Za-z0-9._-]+\z")]
    private static partial Regex NamePattern();

    private static void CheckModelFits(JobSpec spec, RuleErrors errors)
    {
        if (spec.Model is not { } model || spec.Data is not { } data)
            return;
        if (data.Forms.Contains(model.Reads))
        {
            TreeRules.CheckFits(model, data, errors);
            return;
        }

        string kind = KindName(model);
        if (data is DotnetDocsData docs && model.Reads is DataForm.Labels or DataForm.Text)
        {
            errors.Add("data.labelled", $"is {(docs.Labelled ? "true" : "false")}, but a {kind} model {(model.NeedsLabels ? "needs labels" : "takes text without labels")}.",
                $"Set it to {(model.NeedsLabels ? "true" : "false")}.");
        }
        else if (data is TreeData { LabelledPhrases: true } && model.Reads == DataForm.Trees)
        {
            errors.Add("data.labelledPhrases", $"makes sentences of the trees, but a {kind} model needs trees: it learns every node's label as it is.", "Leave it out.");
        }
        else
        {
            (string what, string formats) = model.Reads switch
            {
                DataForm.Text => ("text without labels", "plain-text, or dotnet-docs with labelled false"),
                DataForm.Tags => ("a tag for each word", "conll"),
                DataForm.Heads => ("a head for each word", "dependencies"),
                DataForm.Labels => ("a label for each text", "labelled-lines, file-per-class, folder-per-class, delimited, json-lines, dotnet-docs, trees or parent-trees"),
                DataForm.Trees => ("parse trees with labels", "trees or parent-trees"),
                DataForm.TreePairs => ("pairs of parse trees with scores", "tree-pairs"),
                var other => (ChoiceSetting.NameOf(other.ToString()), "a format that gives them"),
            };
            string mistake = !model.NeedsLabels ? $"has labels, but a {kind} model takes {what}."
                : !data.HasLabels ? $"has no labels, but a {kind} model needs them."
                : $"does not give {what}, which a {kind} model needs.";
            errors.Add("data.format", mistake, $"Use {formats}.");
        }
    }

    private static void CheckVectors(JobSpec spec, RuleErrors errors)
    {
        VectorsSpec vectors = spec.Vectors;
        errors.NotBlank("vectors.file", vectors.File);
        errors.AtLeast("vectors.dimension", vectors.Dimension, 1);
        errors.Above("vectors.range", vectors.Range, 0);
        if (vectors.StageName is { } stage && !IsName(stage))
            errors.Add("vectors.file", $"\"{stage}\" is no stage's name.", "Write stage:NAME with the name of an earlier stage.");
        if (vectors.File is null && vectors.Dimension is null)
            errors.Add("vectors.dimension", "is required where no vector file is given.", "Set it, or give vectors.file.");
        if (vectors.File is null && vectors.Missing == MissingRows.Variance)
            errors.Add("vectors.missing", "is variance, the variance of given vectors, but no vector file is given.", "Use uniform, or give vectors.file.");
        CheckContext(spec, errors);
        if (spec.Model is not TextCnnSpec { Channels: var channels })
            return;
        if (channels == ChannelMode.Rand && vectors.File is not null)
            errors.Add("vectors.file", "is given, but model.channels is rand: vectors would not be read.", "Leave it out, or use channels static, non-static or multichannel.");
        if (channels != ChannelMode.Rand && vectors.File is null)
            errors.Add("vectors.file", $"is required with model.channels {ChoiceSetting.NameOf(channels.ToString())}.", "Give a vector file or stage:NAME, or use channels rand.");
    }

    private static void CheckContext(JobSpec spec, RuleErrors errors)
    {
        if (spec.Vectors is not { ContextFile: { } context } vectors)
            return;
        errors.NotBlank("vectors.contextFile", context);
        if (spec.Model is { } model && !model.HasContextVectors)
            errors.Add("vectors.contextFile", $"is given, but a {KindName(model)} model of this kind has no output vectors of words.", "Leave it out, or use cbow or skip-gram with output negative-sampling, or glove.");
        if (vectors.File is null)
            errors.Add("vectors.contextFile", "is given, but no vector file is.", "Give vectors.file too: output vectors fit the vectors they were trained with.");
        else if (VectorsSpec.IsStage(context) && context != vectors.File)
            errors.Add("vectors.contextFile", $"is \"{context}\", but vectors.file is \"{vectors.File}\".", "Name the same stage: output vectors fit the vectors they were trained with.");
    }

    private static void CheckTraining(JobSpec spec, RuleErrors errors)
    {
        TrainingSpec training = spec.Training;
        errors.AtLeast("training.batch", training.Batch, 1);
        errors.Between("training.slices", training.Slices, 1, 256);
        if (spec.Model is { NeedsLabels: true } && training.Batch >= 1 && training.Slices > training.Batch)
            errors.Add("training.slices", $"is {training.Slices}, more than the {training.Batch} examples of a batch.", "Use at most training.batch.");
        errors.AtLeast("training.epochs", training.Epochs, 1);
        errors.AtLeast("training.steps", training.Steps, 1);
        if (training is { Epochs: null, Steps: null })
            errors.Add("training.epochs", "is required.", "Give training.epochs or training.steps.");
        if (training is { Epochs: not null, Steps: not null })
            errors.Add("training.steps", "is given beside training.epochs.", "Keep one of them.");
        if (training.Consistency == Consistency.Bounded)
        {
            errors.AtLeast("training.staleness", training.Staleness, 1);
            if (training.Staleness is null)
                errors.Add("training.staleness", "is required with consistency bounded.", "Give the steps that a pull may lag behind, from 1.");
        }
        else if (training.Staleness is { } staleness)
        {
            string consistency = ChoiceSetting.NameOf(training.Consistency.ToString());
            errors.Add("training.staleness", $"is {staleness}, but means nothing with consistency {consistency}.", "Leave it out, or use consistency bounded.");
        }
        errors.AtLeast("training.torchThreads", training.TorchThreads, 1);
    }

    private static void CheckEvaluation(JobSpec spec, RuleErrors errors)
    {
        EvaluationSpec evaluation = spec.Evaluation;
        errors.AtLeast("evaluation.everyEpochs", evaluation.EveryEpochs, 1);
        errors.AtLeast("evaluation.everySteps", evaluation.EverySteps, 1);
        errors.AtLeast("evaluation.patience", evaluation.Patience, 1);
        if (evaluation is { EveryEpochs: not null, EverySteps: not null })
            errors.Add("evaluation.everySteps", "is given beside evaluation.everyEpochs.", "Keep one of them.");

        ProbeRules.Check(evaluation.Probes, errors);
        (string Name, bool Given)[] settings =
        [
            ("everyEpochs", evaluation.EveryEpochs is not null),
            ("everySteps", evaluation.EverySteps is not null),
            ("patience", evaluation.Patience is not null),
        ];
        if (spec.Model is { NeedsLabels: false } model)
        {
            foreach ((string name, _) in settings.Append(("keepBest", !evaluation.KeepBest)).Where(setting => setting.Item2))
                errors.Add($"evaluation.{name}", $"means nothing for a {KindName(model)} model, which has no dev part.", "Leave it out, or set it to null.");
        }
        else if (spec.Data is LabelledData { HasDev: false, HasLabels: true })
        {
            foreach ((string name, _) in settings.Append(("keepBest", evaluation.KeepBest)).Where(setting => setting.Item2))
            {
                string fix = name == "keepBest" ? "set it to false" : "leave it out";
                errors.Add($"evaluation.{name}", "needs a dev part, but data.devFraction is 0 and there is no data.dev.", $"Give one of them, or {fix}.");
            }
        }
    }

    private static void CheckOptimizers(JobSpec spec, RuleErrors errors)
    {
        foreach ((string key, OptimizerSpec? optimizer) in spec.Optimizers)
        {
            string path = SettingPath.Join("optimizers", key);
            if (optimizer is not null)
                errors.Add(optimizer.Validate(errors.PathOf(path)));
            if (key != "default" && spec.Model is { } model && !model.Groups.Contains(key))
                errors.Add(path, $"a {KindName(model)} model has no group `{key}`.", Spelling.Advice(key, ["default", .. model.Groups], "groups"));
        }
        if (spec.Model is null || spec.Optimizers.ContainsKey("default"))
            return;
        string[] without = [.. spec.Model.Groups.Where(group => !spec.Optimizers.ContainsKey(group) && !FreezeRules.IsFrozenThroughout(spec, group))];
        if (without.Length > 0)
            errors.Add("optimizers.default", $"is required: {string.Join(", ", without)} would have no optimizer.", "Add `default`, or an optimizer for each.");
    }

    /// <summary>The word in a job file for the kind of <paramref name="model"/>.</summary>
    internal static string KindName(ModelSpec model) =>
        ((VariantSetting)SettingType.Of(typeof(ModelSpec))).Cases.First(item => item.Value.Type == model.GetType()).Key;
}
