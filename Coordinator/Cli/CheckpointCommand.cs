using System.CommandLine;
using DistEmbed.Protocol.Control;

namespace DistEmbed.Coordinator.Cli;

/// <summary><c>distembed checkpoint</c>: has the running job commit a checkpoint.</summary>
internal static class CheckpointCommand
{
    public static Command Create()
    {
        var door = new DoorArguments();
        var command = new Command("checkpoint", """
            Has the running job commit a checkpoint at the end of the last granted step.

            Examples:
              distembed checkpoint
              distembed checkpoint --address 10.0.0.5:4100
            """);
        door.AddTo(command);
        command.SetAction(async (parsed, _) =>
        {
            using DoorClient client = door.Open(parsed);
            CommandReply reply = await client.AskAsync(calls => calls.CheckpointAsync(new CheckpointRequest()).ResponseAsync).ConfigureAwait(false);
            Console.Out.WriteLine($"A checkpoint of step {reply.Step} will be committed.");
            return ExitCode.Done;
        });
        return command;
    }
}
