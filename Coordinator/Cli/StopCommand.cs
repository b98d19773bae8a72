using System.CommandLine;
using DistEmbed.Protocol.Control;

namespace DistEmbed.Coordinator.Cli;

/// <summary><c>distembed stop</c>: ends the running job with a checkpoint.</summary>
internal static class StopCommand
{
    public static Command Create()
    {
        var door = new DoorArguments();
        var command = new Command("stop", """
            Ends the running job: the steps under way end and a checkpoint is committed. 'distembed submit --run-dir' goes on from it.

            Examples:
              distembed stop
              distembed stop --address 10.0.0.5:4100
            """);
        door.AddTo(command);
        command.SetAction(async (parsed, _) =>
        {
            using DoorClient client = door.Open(parsed);
            CommandReply reply = await client.AskAsync(calls => calls.StopAsync(new StopRequest()).ResponseAsync).ConfigureAwait(false);
            Console.Out.WriteLine($"Stops; the last step is {reply.Step}.");
            return ExitCode.Done;
        });
        return command;
    }
}
