using System.CommandLine;
using System.Text.Json;
using DistEmbed.Coordinator.Local;
using DistEmbed.Coordinator.Reports;
using DistEmbed.Protocol;
using DistEmbed.Worker.Evaluation;

namespace DistEmbed.Coordinator.Cli;

/// <summary><c>distembed drift</c>: how far tuned vectors are from the pretrained ones.</summary>
internal static class DriftCommand
{
    public static Command Create()
    {
        var run = new RunArguments();
        var words = new Option<string?>("--words") { Description = "Words to show, with commas between.", HelpName = "A,B,C" };
        var top = new Option<int>("--top") { Description = "Shows the N words that moved farthest.", DefaultValueFactory = _ => 10, HelpName = "N" };
        var json = new Option<bool>("--json") { Description = "Writes one JSON object instead of a table." };
        var command = new Command("drift", """
            Shows how far word vectors are from the pretrained ones that a stage started from: cosine, L2 distance and growth of norms, by class of words, and the words
            that moved farthest. Words that had no vector are compared with their random first value.

            Examples:
              distembed drift runs/quickstart-1
              distembed drift runs/sst2-1 --words good,bad --top 30
              distembed drift runs/sst2-1 --step 1107 --json
            """) { words, top, json };
        run.AddTo(command);
        command.SetAction(parsed =>
        {
            int named = parsed.GetValue(top);
            if (named < 0)
                throw new InvalidInputException("--top", $"is {named}.", "Give 0 or more.");
            using TrainedRun trained = run.Open(parsed);
            (IReadOnlyList<int> rows, IReadOnlyList<InputError> unknown) = VocabularyWords.Find(
                trained, (parsed.GetValue(words) ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
            if (unknown.Count > 0)
                throw new InvalidInputException(unknown);
            StageRows start = trained.ReadStart();
            IReadOnlyList<FirstRows> drifting = start.Drifting;
            if (drifting.Count == 0)
                throw new InvalidInputException(trained.Directory.Path, WhyNone(trained, start), "Name another stage with --stage, or another run.");
            Show(trained, start, [.. drifting.Select(first => (first.Table.Name, start.Measure(first, trained.ScanOf(first.Table.Name))))], rows, named, parsed.GetValue(json));
            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>Why a stage has no drift.</summary>
    public static string WhyNone(TrainedRun run, StageRows start) => start.Vectors is null
        ? $"stage '{run.Stage}' starts from no pretrained vectors, so there is nothing that its words could have moved from."
        : $"the model of stage '{run.Stage}' never changes its pretrained vectors ({string.Join(", ", start.NeverChanged)}), so they have no drift.";

    private static void Show(TrainedRun run, StageRows start, IReadOnlyList<(string Table, DriftMeasure Measure)> tables, IReadOnlyList<int> words, int top, bool json)
    {
        DriftReport[] reports = [.. tables.Select(t => t.Measure.Report(t.Table, top))];
        if (json)
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(
                new
                {
                    Run = run.Directory.Path,
                    run.Stage,
                    run.Step,
                    Tables = reports,
                    Words = tables.Select(t => new { t.Table, Words = words.Select(t.Measure.Word) }),
                    start.NeverChanged,
                },
                ReportJson.OneLine));
            return;
        }

        for (int i = 0; i < tables.Count; i++)
        {
            Console.Out.WriteLine($"{tables[i].Table}: words after step {run.Step} against their start ({run.Stage}, {run.Job.Vectors.File})");
            DriftTable.Write(Console.Out, reports[i], [.. words.Select(tables[i].Measure.Word)]);
        }

        foreach (string never in start.NeverChanged)
            Console.Out.WriteLine($"{never} is the copy that the model never changes: it has no drift.");
    }
}
