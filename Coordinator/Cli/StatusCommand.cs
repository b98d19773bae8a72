using System.CommandLine;
using System.Text.Json;
using DistEmbed.Coordinator.Grpc;
using DistEmbed.Coordinator.Reports;
using DistEmbed.Protocol.Control;
using ClusterStatus = DistEmbed.Coordinator.Control.ClusterStatus;

namespace DistEmbed.Coordinator.Cli;

/// <summary><c>distembed status</c>: how a cluster stands.</summary>
internal static class StatusCommand
{
    public static Command Create()
    {
        var door = new DoorArguments();
        var json = new Option<bool>("--json") { Description = "Writes JSON, for programs." };
        var command = new Command("status", """
            Shows how a cluster stands: job, progress, nodes, and who is being waited for and why.

            Examples:
              distembed status
              distembed status --json --address 10.0.0.5:4100
            """) { json };
        door.AddTo(command);
        command.SetAction(async (parsed, _) =>
        {
            using DoorClient client = door.Open(parsed);
            ClusterStatus status = (await client.AskAsync(calls => calls.GetStatusAsync(new GetStatusRequest()).ResponseAsync).ConfigureAwait(false)).FromWire();
            if (parsed.GetValue(json))
                Console.Out.WriteLine(JsonSerializer.Serialize(status, ReportJson.Indented));
            else
                ClusterView.Lines(status).ToList().ForEach(line => Console.Out.WriteLine(line.Text));
            return ExitCode.Done;
        });
        return command;
    }
}
