using System.CommandLine;
using DistEmbed.Coordinator.Local;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Checkpoints;
using Spectre.Console;

namespace DistEmbed.Coordinator.Cli;

/// <summary>The command line <c>distembed</c>: one file a verb.</summary>
public static class CommandLine
{
    /// <summary>Runs a command line.</summary>
    /// <returns>The exit code, see <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(string[] arguments)
    {
        // The console's writer is taken as it is now: it may have been replaced since the library first looked.
        AnsiConsole.Console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Out) });
        RootCommand root = Root();
        try
        {
            arguments = HelpVerb.Expand(root, arguments);
        }
        catch (InvalidInputException invalid)
        {
            return Refuse(invalid);
        }

        // No response files: a word such as @user is a word.
        ParseResult parsed = root.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        IReadOnlyList<string> mistakes = CommandLineMistakes.Of(parsed);
        if (mistakes.Count > 0)
        {
            foreach (string mistake in mistakes)
                Console.Error.WriteLine($"error: {PrintableText.Escape(mistake)}");
            Console.Error.WriteLine($"'{CommandLineMistakes.PathOf(parsed.CommandResult)} --help' shows what there is.");
            return ExitCode.BadInput;
        }

        try
        {
            // Commands that end well on a signal do it themselves and take their time; the library would give them two seconds.
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }).ConfigureAwait(false);
        }
        catch (InvalidInputException invalid)
        {
            return Refuse(invalid);
        }
        catch (CheckpointDamagedException damaged)
        {
            Console.Error.WriteLine($"error: {PrintableText.Escape(damaged.Message)}");
            return ExitCode.BadInput;
        }
        catch (Exception failed) when (failed is RunFailedException or CheckpointWriteException or IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"error: {PrintableText.Escape(failed.Message)}");
            return ExitCode.Failed;
        }
    }

    /// <summary>Every command.</summary>
    internal static RootCommand Root()
    {
        var root = new RootCommand("""
            Fine-tunes word embeddings: pretrained vectors, frozen at first, then tuned, exactly and repeatably.

            Examples:
              distembed train
              distembed neighbors runs/quickstart-1 socket thread
              distembed export runs/quickstart-1 --format word2vec-binary --output tuned.bin
              distembed submit my-job.json --address 10.0.0.5:4100 --follow
              distembed watch --address 10.0.0.5:4100
              distembed help train
            """)
        {
            TrainCommand.Create(),
            PlanCommand.Create(),
            SweepCommand.Create(),
            CompareCommand.Create(),
            ServeCommand.Create(),
            EvaluateCommand.Create(),
            EvaluateVectorsCommand.Create(),
            BenchmarkCommand.Create(),
            PredictCommand.Create(),
            NeighborsCommand.Create(),
            DriftCommand.Create(),
            UnseenCommand.Create(),
            ExportCommand.Create(),
            ReportCommand.Create(),
            VectorsCommand.Create(),
            JobCommand.Create(),
            ModelCommand.Create(),
            SubmitCommand.Create(),
            StatusCommand.Create(),
            WatchCommand.Create(),
            PauseCommand.Create(),
            ResumeCommand.Create(),
            FreezeCommand.Create(),
            ThawCommand.Create(),
            LearningRateCommand.Create(),
            PhaseCommand.Create(),
            CheckpointCommand.Create(),
            DrainCommand.Create(),
            StopCommand.Create(),
            ArtifactsCommand.Create(),
            DownloadCommand.Create(),
        };
        HelpVerb.Improve(root);
        return root;
    }

    private static int Refuse(InvalidInputException invalid)
    {
        foreach (InputError error in invalid.Errors)
            Console.Error.WriteLine($"error: {error}");
        return ExitCode.BadInput;
    }
}
