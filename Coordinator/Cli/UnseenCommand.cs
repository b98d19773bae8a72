using System.CommandLine;
using System.Text.Json;
using DistEmbed.Coordinator.Local;
using DistEmbed.Coordinator.Reports;
using DistEmbed.Protocol;
using DistEmbed.Worker.Corpus;

namespace DistEmbed.Coordinator.Cli;

/// <summary><c>distembed unseen</c>: how many tokens of dev and test have rows that training never touched.</summary>
internal static class UnseenCommand
{
    public static Command Create()
    {
        var run = new RunArguments();
        var words = new Option<int>("--words") { Description = "Shows the N untouched words that each part has most often.", DefaultValueFactory = _ => 10, HelpName = "N" };
        var json = new Option<bool>("--json") { Description = "Writes one JSON object instead of tables." };
        var command = new Command("unseen", """
            Counts the tokens of the job's dev and test part whose words training never touched: every bit of their rows is as it was at the start, while other words
            moved. Tells those with a pretrained vector from those without, and how well examples with such tokens are classified beside those without.

            Examples:
              distembed unseen runs/quickstart-1
              distembed unseen runs/sst2-1 --words 30
              distembed unseen runs/sst2-1 --step 1107 --json
            """) { words, json };
        run.AddTo(command);
        command.SetAction(parsed =>
        {
            int named = parsed.GetValue(words);
            if (named < 0)
                throw new InvalidInputException("--words", $"is {named}.", "Give 0 or more.");
            using TrainedRun trained = run.OpenClassifier(parsed);
            StageRows start = trained.ReadStart();
            if (start.First("embedding").Table.AlwaysFrozen)
                throw new InvalidInputException(trained.Directory.Path, $"the model of stage '{trained.Stage}' never changes its vectors, so no word is touched or untouched.", "Name another stage with --stage, or another run.");
            PreparedData data = trained.ReadData();
            if (data.Dev is null && data.Test is null)
                throw new InvalidInputException(trained.Directory.Path, "has neither a dev nor a test part.", "Name a run that has one.");
            IReadOnlyList<UnseenPart> parts = UnseenRows.Count(UnseenRows.StatesOf(start, trained), trained.Vocabulary, PredictedPart.AllOf(trained, data), named);
            if (parsed.GetValue(json))
            {
                Console.Out.WriteLine(JsonSerializer.Serialize(new { Run = trained.Directory.Path, trained.Stage, trained.Step, Parts = parts }, ReportJson.OneLine));
                return ExitCode.Done;
            }

            Console.Out.WriteLine($"Tokens whose rows training never touched, after step {trained.Step} ({trained.Stage})");
            UnseenTable.Write(Console.Out, parts);
            return ExitCode.Done;
        });
        return command;
    }
}
