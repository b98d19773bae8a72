using System.CommandLine;
using DistEmbed.Protocol.Control;

namespace DistEmbed.Coordinator.Cli;

/// <summary><c>distembed pause</c>: grants a running job no more steps.</summary>
internal static class PauseCommand
{
    public static Command Create()
    {
        var door = new DoorArguments();
        var command = new Command("pause", """
            Pauses the running job: no further steps are granted, those that are granted end. 'distembed resume' goes on.

            Examples:
              distembed pause
              distembed pause --address 10.0.0.5:4100
            """);
        door.AddTo(command);
        command.SetAction(async (parsed, _) =>
        {
            using DoorClient client = door.Open(parsed);
            CommandReply reply = await client.AskAsync(calls => calls.PauseAsync(new PauseRequest()).ResponseAsync).ConfigureAwait(false);
            Console.Out.WriteLine($"Paused: step {reply.Step} is granted to nobody.");
            return ExitCode.Done;
        });
        return command;
    }
}
