using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using DistEmbed.Coordinator.Local;
using DistEmbed.Coordinator.Reports;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Worker.Corpus;
using DistEmbed.Worker.Evaluation;

namespace DistEmbed.Coordinator.Cli;

/// <summary><c>distembed unseen</c>: how many tokens of dev and test have rows that training never touched, and what moving those rows would change.</summary>
internal static class UnseenCommand
{
    public static Command Create()
    {
        var run = new RunArguments();
        var move = new MoveArguments();
        var words = new Option<int>("--words") { Description = "Shows the N untouched words that each part has most often.", DefaultValueFactory = _ => 10, HelpName = "N" };
        var json = new Option<bool>("--json") { Description = "Writes one JSON object instead of tables." };
        var command = new Command("unseen", """
            Counts the tokens of the job's dev and test part whose words training never touched: every bit of their rows is as it was at the start, while other words
            moved. Tells those with a pretrained vector from those without, and how well examples with such tokens are classified beside those without.
            With --move such words with a pretrained vector are moved along with the words that training moved. Each way to do so is measured on dev; the best is kept if it is
            better there than none, and then measured on the test part. The run stays as it is: what is kept is written to --output.

            Examples:
              distembed unseen runs/quickstart-1
              distembed unseen runs/sst2-1 --words 30 --step 1107 --json
              distembed unseen runs/sst2-1 --move map --output moved.txt
              distembed evaluate runs/sst2-1 --vectors moved.txt
              distembed unseen runs/sst2-1 --move retrofit --neighbors 20 --strengths 0.5,1
            """) { words, json };
        run.AddTo(command);
        move.AddTo(command);
        command.SetAction(parsed =>
        {
            int named = parsed.GetValue(words);
            if (named < 0)
                throw new InvalidInputException("--words", $"is {named}.", "Give 0 or more.");
            MoveRequest? request = move.Of(parsed);
            using TrainedRun trained = run.OpenClassifier(parsed);
            StageRows start = trained.ReadStart();
            if (start.First("embedding").Table.AlwaysFrozen)
                throw new InvalidInputException(trained.Directory.Path, $"the model of stage '{trained.Stage}' never changes its vectors, so no word is touched or untouched.", "Name another stage with --stage, or another run.");
            PreparedData data = trained.ReadData();
            if (data.Dev is null && data.Test is null)
                throw new InvalidInputException(trained.Directory.Path, "has neither a dev nor a test part.", "Name a run that has one.");
            if (request is not null && data.Dev is null)
                throw new InvalidInputException("--move", "needs a dev part to measure on, and the job has none.", "Train with data.dev or data.devFraction, or leave --move out.");
            WordRowStates states = UnseenRows.StatesOf(start, trained);
            IReadOnlyList<PredictedPart> predicted = PredictedPart.AllOf(trained, data);
            IReadOnlyList<UnseenPart> parts = UnseenRows.Count(states, trained.Vocabulary, predicted, named);
            MoveResult? result = request is null ? null : Move(trained, start, states, predicted, request);
            bool written = result?.Kept is not null && request?.Output is not null;
            LeftOutWords? leftOut = null;
            if (written)
                OutputPath.Write(request!.Output!, () => leftOut = VectorExport.Write(trained.ReadVectors(), request.Output!, request.Format));
            foreach (string note in leftOut?.Notes() ?? [])
                Console.Error.WriteLine($"note: {request!.Output}: {note}");
            if (parsed.GetValue(json))
            {
                Console.Out.WriteLine(JsonSerializer.Serialize(
                    new
                    {
                        Run = trained.Directory.Path,
                        trained.Stage,
                        trained.Step,
                        Parts = parts,
                        Move = result is null ? null : new { request!.Kind, result.Untouched, result.Moved, result.None, result.Tried, result.Kept, result.Test, Written = written ? request.Output : null },
                    },
                    ReportJson.OneLine));
                return ExitCode.Done;
            }

            Console.Out.WriteLine($"Tokens whose rows training never touched, after step {trained.Step} ({trained.Stage})");
            UnseenTable.Write(Console.Out, parts);
            if (result is null)
                return ExitCode.Done;
            Console.Out.WriteLine();
            MoveTable.Write(Console.Out, request!, result);
            if (request!.Output is { } path)
            {
                long all = trained.Vocabulary.Rows - WordVocabulary.FirstWordRow - (leftOut?.Count ?? 0);
                Console.Out.WriteLine(written
                    ? string.Create(CultureInfo.InvariantCulture, $"Wrote {all:N0} words, {result.Untouched:N0} of them moved, to {path}. Use them with: distembed evaluate {trained.Directory.Path} --step {trained.Step} --vectors {path}")
                    : $"{path} is not written.");
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static MoveResult Move(TrainedRun run, StageRows start, WordRowStates states, IReadOnlyList<PredictedPart> parts, MoveRequest request)
    {
        FirstRows first = start.First("embedding");
        if (start.Vectors is null)
            throw new InvalidInputException("--move", $"is given, but stage '{run.Stage}' starts from no pretrained vectors, so an untouched word lies nowhere in particular.", "Leave it out, or name another stage with --stage.");
        if (states.In(WordRowState.Pretrained).Count == 0)
            throw new InvalidInputException("--move", "is given, but training moved every word that has a pretrained vector.", "Leave it out: there is nothing to move.");
        var moved = MovedVectors.Of(first.Table.Dimension, states, first.HasVector, first.Read, run.ScanOf("embedding"));
        if (moved.Count == 0)
            throw new InvalidInputException("--move", $"is given, but by step {run.Step} no word with a pretrained vector has moved that others could move along with.", "Leave it out, or name another step with --step.");
        return MoveMeasure.Of(run, states, first, moved, parts, request.WaysOf(moved), request.Strengths);
    }
}
