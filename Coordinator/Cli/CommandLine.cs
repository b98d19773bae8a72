using System.CommandLine;
using DistEmbed.Coordinator.Local;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Checkpoints;

namespace DistEmbed.Coordinator.Cli;

/// <summary>The command line <c>distembed</c>: one file a verb.</summary>
public static class CommandLine
{
    /// <summary>Runs a command line.</summary>
    /// <returns>The exit code, see <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(string[] arguments)
    {
        var root = new RootCommand("Fine-tunes word embeddings: pretrained vectors, frozen at first, then tuned, exactly and repeatably.")
        {
            TrainCommand.Create(),
        };
        ParseResult parsed = root.Parse(arguments);
        if (parsed.Errors.Count > 0)
        {
            Command command = parsed.CommandResult.Command;
            string help = command == root ? "distembed --help" : $"distembed {command.Name} --help";
            if (command == root && parsed.UnmatchedTokens is [{ } word, ..])
            {
                // One line instead of the parser's one a word and one more that a command is missing.
                Console.Error.WriteLine(
                    $"error: '{word}' is no command; there are: {string.Join(", ", root.Subcommands.Select(c => c.Name))}. '{help}' shows what they do.");
                return ExitCode.BadInput;
            }

            foreach (System.CommandLine.Parsing.ParseError error in parsed.Errors)
                Console.Error.WriteLine($"error: {error.Message} '{help}' shows what there is.");
            return ExitCode.BadInput;
        }

        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false }).ConfigureAwait(false);
        }
        catch (InvalidInputException invalid)
        {
            foreach (InputError error in invalid.Errors)
                Console.Error.WriteLine($"error: {error}");
            return ExitCode.BadInput;
        }
        catch (RunFailedException failed)
        {
            Console.Error.WriteLine($"error: {failed.Message}");
            return ExitCode.Failed;
        }
        catch (CheckpointWriteException failed)
        {
            Console.Error.WriteLine($"error: {failed.Message}");
            return ExitCode.Failed;
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            // A disk that is full or gone; the message names the file.
            Console.Error.WriteLine($"error: {failed.Message}");
            return ExitCode.Failed;
        }
    }
}
