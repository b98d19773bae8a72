using System.CommandLine;
using DistEmbed.Protocol.Control;

namespace DistEmbed.Coordinator.Cli;

/// <summary><c>distembed resume</c>: lets a paused job go on.</summary>
internal static class ResumeCommand
{
    public static Command Create()
    {
        var door = new DoorArguments();
        var command = new Command("resume", """
            Lets a paused job go on.

            Examples:
              distembed resume
              distembed resume --address 10.0.0.5:4100
            """);
        door.AddTo(command);
        command.SetAction(async (parsed, _) =>
        {
            using DoorClient client = door.Open(parsed);
            CommandReply reply = await client.AskAsync(calls => calls.ResumeAsync(new ResumeRequest()).ResponseAsync).ConfigureAwait(false);
            Console.Out.WriteLine($"Goes on from step {reply.Step}.");
            return ExitCode.Done;
        });
        return command;
    }
}
