using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using DistEmbed.Coordinator.Local;
using DistEmbed.Coordinator.Reports;
using DistEmbed.Protocol;
using DistEmbed.Worker.Corpus;

namespace DistEmbed.Coordinator.Cli;

/// <summary><c>distembed evaluate</c>: how well a trained classifier does.</summary>
internal static class EvaluateCommand
{
    public static Command Create()
    {
        var run = new RunArguments();
        var vectors = new VectorsOption();
        Option<string?> part = ChoiceOption.Create("--part", "Part of the job's own data, read and checked again. Default: test where the job has one, else dev.", ["dev", "test"]);
        var data = new Option<string?>("--data") { Description = "Another file instead, in the form of the job's data (where that is no single file: lines of a label, a blank and text).", HelpName = "FILE" };
        var json = new Option<bool>("--json") { Description = "Writes one JSON object instead of a table." };
        var command = new Command("evaluate", """
            Shows accuracy, loss and which labels are taken for which, of a classifier that a run trained.

            Examples:
              distembed evaluate runs/quickstart-1
              distembed evaluate runs/quickstart-1 --stage static --part dev
              distembed evaluate runs/sst2-1 --data more.txt --json
              distembed evaluate runs/sst2-1 --vectors moved.txt
            """) { part, data, json };
        run.AddTo(command);
        vectors.AddTo(command);
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(part) is not null && parsed.GetValue(data) is not null)
                throw new InvalidInputException("--data", "is given beside --part.", "Keep one of them.");
            using TrainedRun trained = run.OpenClassifier(parsed);
            (string name, ExampleSet examples) = parsed.GetValue(data) is { } file
                ? (file, DataPreparation.ReadExamples(trained.Job.Data, file, trained.Vocabulary, trained.Labels))
                : PartOf(trained, parsed.GetValue(part));
            Show(trained, name, examples, vectors.Replace(parsed, trained), parsed.GetValue(json));
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

    private static void Show(TrainedRun run, string part, ExampleSet examples, (string File, int Words)? vectors, bool json)
    {
        float[] probabilities = run.Predict(examples);
        PartResult result = run.Score(examples, probabilities);
        var confusion = new ConfusionMatrix(AnalyzedStage.Confusion(run.Labels, examples, probabilities));
        if (json)
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(
                new
                {
                    Run = run.Directory.Path,
                    run.Stage,
                    run.Step,
                    Vectors = vectors is { } other ? new { other.File, other.Words } : null,
                    Part = part,
                    result.Accuracy,
                    result.Loss,
                    result.Examples,
                    run.Labels,
                    Confusion = confusion.Counts,
                },
                ReportJson.OneLine));
            return;
        }

        string replaced = vectors is { } file ? string.Create(CultureInfo.InvariantCulture, $", vectors of {file.Words:N0} words from {file.File}") : "";
        Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{part}: {result.Examples} examples, accuracy {result.Accuracy:P2}, loss {result.Loss:F4} ({run.Stage}, weights of step {run.Step}{replaced})"));
        Console.Out.WriteLine();
        confusion.Write(Console.Out);
    }
}
