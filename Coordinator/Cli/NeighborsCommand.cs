using System.CommandLine;
using System.Text.Json;
using DistEmbed.Coordinator.Local;
using DistEmbed.Coordinator.Reports;
using DistEmbed.Protocol;
using DistEmbed.Worker.Evaluation;

namespace DistEmbed.Coordinator.Cli;

/// <summary><c>distembed neighbors</c>: which words are near, before training and after.</summary>
internal static class NeighborsCommand
{
    public static Command Create()
    {
        var run = new RunArguments();
        var words = new Argument<string[]>("WORD")
        {
            Description = $"The words. Default: those of the job's report.neighbors; without these the {NeighborRecord.DefaultWords} of the {NeighborRecord.FrequentWords} most frequent words whose pretrained vectors turned most.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var count = new Option<int>("--count") { Description = "Neighbors a word.", DefaultValueFactory = _ => NeighborRecord.DefaultCount, HelpName = "K" };
        var json = new Option<bool>("--json") { Description = "Writes one JSON object instead of a table." };
        var command = new Command("neighbors", """
            Shows the nearest neighbors of words by cosine, before training and after, how many of them are the same, and how far each word moved.
            Words that are not in the vocabulary are named on standard error after the others, and the exit code is then 2.

            Examples:
              distembed neighbors runs/quickstart-1
              distembed neighbors runs/quickstart-1 socket thread --count 10
              distembed neighbors runs/quickstart-1 --stage vectors xml
            """) { words, count, json };
        run.AddTo(command);
        command.SetAction(parsed =>
        {
            int neighbors = parsed.GetValue(count);
            if (neighbors < 1)
                throw new InvalidInputException("--count", $"is {neighbors}.", "Give at least 1.");
            using TrainedRun trained = run.Open(parsed);
            string[] asked = parsed.GetValue(words) is { Length: > 0 } given ? given : [.. trained.Job.Report.Neighbors];
            (IReadOnlyList<int> rows, IReadOnlyList<InputError> unknown) = VocabularyWords.Find(trained, asked);
            if (rows.Count > 0 || asked.Length == 0)
            {
                StageRows start = trained.ReadStart();
                FirstRows first = start.First("embedding");
                WordRowScan now = trained.ScanOf("embedding");
                if (asked.Length == 0)
                    rows = MostTurned(trained, start, first, now);
                var record = new NeighborRecord(trained.Stage, trained.Step, asked.Length == 0 ? ProbeChoice.MostTurned : ProbeChoice.Named, [],
                    NeighborShifts.Of(start.Vocabulary, first.Table.Dimension, start.ScanStart(), trained.ScanVectors(), rows, neighbors));
                if (parsed.GetValue(json))
                    Console.Out.WriteLine(JsonSerializer.Serialize(record, ReportJson.OneLine));
                else
                    NeighborTable.Show(record);
            }

            return unknown.Count == 0 ? ExitCode.Done : throw new InvalidInputException(unknown);
        });
        return command;
    }

    private static IReadOnlyList<int> MostTurned(TrainedRun run, StageRows start, FirstRows first, WordRowScan now)
    {
        const string GiveWords = "Give words, such as: distembed neighbors RUN good bad.";
        if (!first.Drifts)
            throw new InvalidInputException("WORD", $"is missing, the job names no words in report.neighbors, and none can be chosen: {DriftCommand.WhyNone(run, start)}", GiveWords);
        IReadOnlyList<int> rows = start.Measure(first, now).MostTurned(NeighborRecord.DefaultWords, NeighborRecord.FrequentWords);
        return rows.Count > 0 ? rows : throw new InvalidInputException(
            "WORD", $"is missing, the job names no words in report.neighbors, and none can be chosen: no frequent word has moved by step {run.Step}.", GiveWords);
    }
}
