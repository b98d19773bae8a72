using DistEmbed.Coordinator.Reports;

namespace DistEmbed.Process.Tests.Cluster;

/// <summary>A server that dies in the middle of a checkpoint.</summary>
public sealed class LostServerTests : IDisposable
{
    private readonly ToyFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [UnixFact]
    public async Task A_server_killed_while_a_checkpoint_is_written_leaves_none_that_is_half_and_changes_no_bit()
    {
        WideJob.Write(_folder, dimension: 200, epochs: 6);
        string[] checkpoints = ["--set", "checkpoints.everySteps=5", "--set", "checkpoints.keep=100"];
        (await DistEmbedProcess.RunAsync(_folder.Path, ["train", "wide.json", "--run-dir", "expected", .. checkpoints])).Expect(0);
        using ProcessCluster cluster = await ProcessCluster.StartAsync(_folder, 1, 2);
        DistEmbedProcess job = cluster.Submit("wide.json", [.. checkpoints, "--set", "cluster.workers=1", "--set", "cluster.servers=2", "--set", "cluster.shards=2"]);
        string folder = _folder.In("runs", "wide-1", "checkpoints");
        string[] half = [];
        DistEmbedProcess server = cluster.Servers[0];
        // A stopped server finishes nothing, so that what is half then stays half. One that had sent its file already is let go on: there are more checkpoints.
        await job.WaitUntilAsync(
            () =>
            {
                if (Half().Length == 0 || !Directory.EnumerateDirectories(folder).Any(d => d.EndsWith("0010", StringComparison.Ordinal)))
                    return false;
                server.Pause();
                half = Half();
                if (half.Length > 0)
                    return true;
                server.Continue();
                return false;
            },
            "a checkpoint that is half written");

        server.Kill();
        Ended ended = await job.EndAsync();

        Assert.True(ended.ExitCode == 0, $"{ended}\n{cluster}");
        RunDirectory run = cluster.Run("wide-1");
        Uninterrupted.AssertSame(_folder.Run("expected"), run);
        Assert.Empty(Half());
        Assert.Equal(_folder.Run("expected").Checkpoints.List().Select(c => c.Step), run.Checkpoints.List().Select(c => c.Step));
        Assert.All(run.Checkpoints.List(), checkpoint => Assert.Empty(checkpoint.Verify()));

        string[] Half() => !Directory.Exists(folder) ? []
            : [.. Directory.EnumerateDirectories(folder).Where(d => Directory.EnumerateFiles(d).Count(f => Path.GetExtension(f) == ".rows") < 2 && !File.Exists(Path.Combine(d, "manifest.json")))];
    }
}
