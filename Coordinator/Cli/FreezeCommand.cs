using System.CommandLine;
using DistEmbed.Protocol.Control;

namespace DistEmbed.Coordinator.Cli;

/// <summary><c>distembed freeze</c>: stops tuning a group of tables.</summary>
internal static class FreezeCommand
{
    public static Command Create()
    {
        var door = new DoorArguments();
        var group = new Argument<string>("GROUP") { Description = "Name of the group of tables, such as embedding; the status names them." };
        var command = new Command("freeze", """
            Freezes a group of tables of the running job, from the step after the last granted one. The change is logged and made again when the run is resumed.

            `distembed freeze explain` tells what a word's row does in each phase of a job.

            Examples:
              distembed freeze embedding
              distembed freeze embedding --address 10.0.0.5:4100
            """) { group };
        command.Subcommands.Add(FreezeExplainCommand.Create());
        door.AddTo(command);
        command.SetAction(async (parsed, _) =>
        {
            using DoorClient client = door.Open(parsed);
            var request = new ChangeFreezeRequest { Group = parsed.GetRequiredValue(group), Frozen = true };
            CommandReply reply = await client.AskAsync(calls => calls.ChangeFreezeAsync(request).ResponseAsync).ConfigureAwait(false);
            Console.Out.WriteLine($"{request.Group} is frozen from step {reply.Step}.");
            return ExitCode.Done;
        });
        return command;
    }
}
