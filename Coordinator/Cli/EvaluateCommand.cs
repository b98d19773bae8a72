using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using DistEmbed.Coordinator.Local;
using DistEmbed.Coordinator.Reports;
using DistEmbed.Protocol;
using DistEmbed.Worker.Corpus;
using DistEmbed.Worker.Evaluation;
using DistEmbed.Worker.Evaluation.Intrinsic;

namespace DistEmbed.Coordinator.Cli;

/// <summary><c>distembed evaluate</c>: how well a trained classifier does.</summary>
internal static class EvaluateCommand
{
    public static Command Create()
    {
        var run = new RunArguments();
        var vectors = new VectorsOption();
        Option<string?> part = ChoiceOption.Create("--part", "Part of the job's own data, read and checked again. Default: test where the job has one, else dev.", ["dev", "test"]);
        var data = new Option<string?>("--data") { Description = "Another file instead, in the form of the job's data, - for standard input; of a job with a folder a class, a folder (where an example is in several files: lines of a label, a blank and text).", HelpName = "FILE" };
        var byClass = new Option<bool>("--by-class") { Description = "Shows precision, recall and F1 of each label, or entity type, too." };
        var confusion = new Option<bool>("--confusion") { Description = "Shows which labels are taken for which too." };
        var json = new Option<bool>("--json") { Description = "Writes everything as one JSON object instead." };
        var command = new Command("evaluate", """
            Shows how well a classifier does that a run trained: accuracy with its interval over examples (Wilson), macro F1 with its interval (bootstrap), and loss;
            on request every label's precision, recall and F1, and which labels are taken for which. Of a tagger: F1, precision and recall of entities, as conlleval
            counts them, and the share of tokens whose tag is right; on request by entity type. Of scores of pairs: Pearson's correlation with its interval (Fisher),
            Spearman's, and the mean squared error.

            Examples:
              distembed evaluate runs/quickstart-1
              distembed evaluate runs/quickstart-1 --by-class --confusion
              distembed evaluate runs/quickstart-1 --stage static --part dev
              distembed evaluate runs/sst2-1 --data more.txt --json
              distembed evaluate runs/sst2-1 --vectors moved.txt
            """) { part, data, byClass, confusion, json };
        run.AddTo(command);
        vectors.AddTo(command);
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(part) is not null && parsed.GetValue(data) is not null)
                throw new InvalidInputException("--data", "is given beside --part.", "Keep one of them.");
            var shown = new Parts(parsed.GetValue(byClass), parsed.GetValue(confusion), parsed.GetValue(json));
            if (shown.Json && (shown.ByClass || shown.Confusion))
                throw new InvalidInputException("--json", $"has everything, so {(shown.ByClass ? "--by-class" : "--confusion")} beside it would have no effect.", "Keep one of them.");
            using TrainedRun trained = run.OpenJudged(parsed);
            if (!trained.IsClassifier && ((shown.ByClass && !trained.IsTagger) || shown.Confusion))
                throw new InvalidInputException(shown.ByClass && !trained.IsTagger ? "--by-class" : "--confusion", $"means nothing for stage '{trained.Stage}', whose model gives no example a label.", "Leave it out.");
            (string File, int Words)? other = vectors.Replace(parsed, trained);
            var outside = new OutsideWords(trained, vectors.FileOf(parsed));
            (string name, ExampleSet examples) = parsed.GetValue(data) is { } file
                ? (file, DataPreparation.ReadExamples(trained.Job.Data, file, outside.Cover, trained.Labels, trained.Symbols))
                : PartOf(trained, parsed.GetValue(part));
            foreach (string note in examples.Notes)
                Console.Error.WriteLine(note);
            Show(trained, name, examples, other, shown);
            if (outside.Note() is { } unknown)
                Console.Error.WriteLine(unknown);
            return ExitCode.Done;
        });
        return command;
    }

    private static (string Name, ExampleSet Examples) PartOf(TrainedRun run, string? asked)
    {
        PreparedData data = run.ReadData("Put the data back as they were, or name a file with --data.");
        string part = asked ?? (data.Test is null ? "dev" : "test");
        ExampleSet? examples = part == "dev" ? data.Dev : data.Test;
        return (part, examples ?? throw new InvalidInputException(
            "--part", $"the job has no {part} part.", asked is null || (data.Dev ?? data.Test) is null ? "Name a file with --data." : $"Use --part {(part == "dev" ? "test" : "dev")}, or name a file with --data."));
    }

    private static void Show(TrainedRun run, string part, ExampleSet examples, (string File, int Words)? vectors, Parts shown)
    {
        if (!run.IsClassifier)
        {
            ShowMeasures(run, part, examples, vectors, shown.Json);
            if (shown.ByClass)
            {
                Console.Out.WriteLine();
                EntityTable.Write(run.Labels, examples, run.Tag(examples), Console.Out);
            }

            return;
        }

        float[] probabilities = run.Predict(examples);
        PartResult result = run.Score(examples, probabilities);
        ClassifierMeasures measures = ClassifierMeasures.Of(LabelConfusion.Of(AnalyzedStage.Confusion(run.Labels, examples, probabilities).Counts));
        if (shown.Json)
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(
                new
                {
                    Run = run.Directory.Path,
                    run.Stage,
                    run.Step,
                    Vectors = vectors is { } other ? new { other.File, other.Words } : null,
                    Part = part,
                    Accuracy = result.Main,
                    ConfidenceInterval.Confidence,
                    measures.AccuracyInterval,
                    measures.MacroF1,
                    measures.MacroF1Interval,
                    MacroF1Labels = measures.Counted,
                    measures.MicroF1,
                    measures.WeightedF1,
                    result.Loss,
                    result.Examples,
                    run.Labels,
                    measures.ByClass,
                    Confusion = measures.Confusion.Counts,
                },
                ReportJson.OneLine));
            return;
        }

        Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{part}: {result.Examples} examples, accuracy {result.Main:P2} ({Interval(measures.AccuracyInterval)}), loss {result.Loss:F4} ({run.Stage}, weights of step {run.Step}{Replaced(vectors)})"));
        Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"macro F1 {measures.MacroF1:P2} ({Interval(measures.MacroF1Interval)}), the mean over {measures.Counted} labels"));
        if (shown.ByClass)
        {
            Console.Out.WriteLine();
            ClassTable.Write(run.Labels, measures, Console.Out);
        }

        if (shown.Confusion)
        {
            Console.Out.WriteLine();
            ConfusionMatrix.Write(run.Labels, measures.Confusion, Console.Out);
        }
    }

    private static void ShowMeasures(TrainedRun run, string part, ExampleSet examples, (string File, int Words)? vectors, bool json)
    {
        (PartResult result, RankCorrelation? ranks) = run.IsPairScorer ? run.EvaluatePairs(examples) : (run.Evaluate(examples), null);
        ConfidenceInterval? pearson = ranks?.Pearson is not null && examples.Count >= ConfidenceInterval.FewestForFisher ? ConfidenceInterval.Fisher(result.Main, examples.Count) : null;

        Console.Out.WriteLine(json
            ? JsonSerializer.Serialize(
                new
                {
                    Run = run.Directory.Path,
                    run.Stage,
                    run.Step,
                    Vectors = vectors is { } other ? new { other.File, other.Words } : null,
                    Part = part,
                    result.Scores,
                    result.Loss,
                    result.Examples,
                    PearsonInterval = pearson,
                    ranks?.Spearman,
                    Types = run.IsTagger ? EntityTags.Types(run.Labels) : null,
                    ByType = run.IsTagger ? EntityTable.Count(run.Labels, examples, run.Tag(examples)) : null,
                },
                ReportJson.OneLine)
            : string.Create(CultureInfo.InvariantCulture,
                $"{part}: {result.Examples} examples, {result.Scores.AllText()}, loss {result.Loss:F4} ({run.Stage}, weights of step {run.Step}{Replaced(vectors)})"));
        if (json)
            return;
        if (pearson is { } interval)
            Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"pearson's {100 * ConfidenceInterval.Confidence:F0} % interval {interval.Low:F4} to {interval.High:F4}"));
        if (ranks is not null)
            Console.Out.WriteLine(ranks.Spearman is { } spearman ? string.Create(CultureInfo.InvariantCulture, $"spearman {spearman:F4}") : "spearman: none, all scores are equal");
    }

    private static string Replaced((string File, int Words)? vectors) =>
        vectors is { } file ? string.Create(CultureInfo.InvariantCulture, $", vectors of {file.Words:N0} words from {file.File}") : "";

    private static string Interval(ConfidenceInterval interval) => string.Create(CultureInfo.InvariantCulture,
        $"{100 * ConfidenceInterval.Confidence:F0} % interval {100 * interval.Low:F2} to {100 * interval.High:F2}");

    /// <summary>What is shown beside the first lines.</summary>
    private readonly record struct Parts(bool ByClass, bool Confusion, bool Json);
}
