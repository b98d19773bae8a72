using System.CommandLine;
using DistEmbed.Coordinator.Hosting;
using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Node;

namespace DistEmbed.Coordinator.Cli;

/// <summary><c>distembed serve</c>: the coordinator of a cluster.</summary>
internal static class ServeCommand
{
    public static Command Create()
    {
        var runs = new Option<string>("--runs") { Description = "Folder of the run directories.", HelpName = "DIR", DefaultValueFactory = _ => Environment.GetEnvironmentVariable(NodeArguments.VariableOf("--runs")) ?? "runs" };
        var node = new NodeArguments(NodeRole.Coordinator);
        var command = new Command("serve", """
            Coordinates a cluster: servers (distembed-ps) and workers (distembed-worker) join it, jobs are submitted to it. Only this machine needs data, vectors and a disk.
            Goes on with the job that was under way when the last coordinator with these --runs ended. Of several in one cluster one is active and the others stand by: run one,
            or three with --runs on a folder that they share, each with all three as --seed, in the same order.

            Examples:
              distembed serve
              distembed serve --seed 10.0.0.5:4101 --seed 10.0.0.6:4101 --seed 10.0.0.7:4101 --runs /shared/runs --host 10.0.0.5 --tls-certificate ...
              distembed serve --host 10.0.0.5 --tls-certificate node.pem --tls-key node.key --tls-authority ca.pem --token-file token
            """) { runs };
        foreach (Option option in node.Options)
            command.Add(option);
        command.SetAction((parsed, _) => CoordinatorProcess.RunAsync(node.Read(parsed), parsed.GetValue(runs)!));
        return command;
    }
}
