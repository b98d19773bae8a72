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
        WideJob.Write(_folder, dimension: 200, epochs: 4);
        string[] checkpoints = ["--set", "checkpoints.everySteps=5", "--set", "checkpoints.keep=100"];
        (await InProcessCommand.RunAsync(_folder.Path, ["train", "wide.json", "--run-dir", "expected", .. checkpoints])).Expect(0);
        using ProcessCluster cluster = await ProcessCluster.StartAsync(_folder, 1, 2);
        _folder.Hold.At(12);
        InProcessCommand job = cluster.Submit("wide.json", [.. checkpoints, "--set", "cluster.workers=1", "--set", "cluster.servers=2", "--set", "cluster.shards=2"]);
        string folder = _folder.In("runs", "wide-1", "checkpoints");
        DistEmbedProcess server = cluster.Servers[0];
        await job.WaitUntilAsync(() => cluster.IsHeldAt("wide-1", 12), "step 12");
        // A stopped server writes no file, so that the checkpoint of step 12 stays half.
        server.Pause();
        (await cluster.AskAsync("checkpoint")).Expect(0);
        await job.WaitUntilAsync(() => Half() is [var half] && Directory.EnumerateFiles(half, "*.rows").Count() == 1, "the other server's file of the checkpoint of step 12");

        server.Kill();
        _folder.Hold.Release();
        (await job.EndAsync()).Expect(0);

        RunDirectory run = cluster.Run("wide-1");
        Uninterrupted.AssertSame(_folder.Run("expected"), run);
        Assert.Empty(Half());
        Assert.Equal(_folder.Run("expected").Checkpoints.List().Select(c => c.Step), run.Checkpoints.List().Select(c => c.Step));
        Assert.All(run.Checkpoints.List(), checkpoint => Assert.Empty(checkpoint.Verify()));

        string[] Half() => !Directory.Exists(folder) ? []
            : [.. Directory.EnumerateDirectories(folder).Where(d => !File.Exists(Path.Combine(d, "manifest.json")))];
    }
}
