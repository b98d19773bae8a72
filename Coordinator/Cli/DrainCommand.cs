using System.CommandLine;
using DistEmbed.Protocol.Control;

namespace DistEmbed.Coordinator.Cli;

/// <summary><c>distembed drain</c>: takes a node out of the cluster.</summary>
internal static class DrainCommand
{
    public static Command Create()
    {
        var door = new DoorArguments();
        var node = new Argument<string>("NODE") { Description = "Name of the node; the status names them." };
        var command = new Command("drain", """
            Takes a node out of the cluster: a worker when its slices are done, a server after a checkpoint, when others host its shards. Its process ends then.

            Examples:
              distembed drain worker-2-3f9a
              distembed drain ps-1-77c0 --address 10.0.0.5:4100
            """) { node };
        door.AddTo(command);
        command.SetAction(async (parsed, _) =>
        {
            using DoorClient client = door.Open(parsed);
            var request = new DrainRequest { Node = parsed.GetRequiredValue(node) };
            await client.AskAsync(calls => calls.DrainAsync(request).ResponseAsync).ConfigureAwait(false);
            Console.Out.WriteLine($"{request.Node} is draining.");
            return ExitCode.Done;
        });
        return command;
    }
}
