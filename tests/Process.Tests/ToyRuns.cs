using System.Runtime.CompilerServices;
using System.Text.Json;
using DistEmbed.Coordinator.Cli;
using DistEmbed.Coordinator.Reports;

namespace DistEmbed.Process.Tests;

/// <summary>Run directories of the processes that a test started, and the command line for its questions.</summary>
internal static class ToyRuns
{
    [ModuleInitializer]
    public static void NameTheCommandLine() => InProcessCommand.Main = CommandLine.RunAsync;

    public static RunDirectory Run(this ToyFolder folder, string name = "run") => RunDirectory.Open(folder.In(name));

    public static RunDirectory Run(this ProcessCluster cluster, string name) => RunDirectory.Open(Path.Combine(cluster.Folder, "runs", name));

    public static RunDirectory Run(this CoordinatorGroup group) => RunDirectory.Open(Path.Combine(group.Folder, "runs", "toy-1"));

    /// <summary>Copies a run into a folder.</summary>
    public static RunDirectory Take(this ToyFolder folder, RunDirectory run, string name)
    {
        folder.Take(run.Path, name);
        return folder.Run(name);
    }

    /// <summary>What was asked of a run while it trained: the lines of its changes.jsonl.</summary>
    public static JsonElement[] Changes(this ProcessCluster cluster, string run) =>
        [.. File.ReadLines(cluster.Run(run).ChangesPath).Select(line => JsonDocument.Parse(line).RootElement)];
}
