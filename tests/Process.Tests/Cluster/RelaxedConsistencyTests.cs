using DistEmbed.Coordinator.Reports;

namespace DistEmbed.Process.Tests.Cluster;

/// <summary>Bounded and asynchronous training in processes: a lost worker costs no push, and none is applied twice.</summary>
public sealed class RelaxedConsistencyTests : IDisposable
{
    private const int Slices = 3; // of toy.json
    private const int Shards = 3;

    private readonly ToyFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [UnixFact]
    public async Task Jobs_end_and_apply_every_push_once_though_a_worker_is_killed()
    {
        using ProcessCluster cluster = await ProcessCluster.StartAsync(_folder, 2, 1);
        await EndsAsync("toy-1", "--set", "training.consistency=bounded", "--set", "training.staleness=2");
        if (!TestScope.All)
            return;
        await ProcessCluster.ReadyAsync(cluster.StartWorker());
        await EndsAsync("toy-2", "--set", "training.consistency=async");

        async Task EndsAsync(string run, params string[] consistency)
        {
            _folder.Hold.At(150);
            InProcessCommand job = cluster.Submit("toy.json", [.. consistency, "--set", "cluster.workers=2", "--set", $"cluster.shards={Shards}"]);
            await job.WaitUntilAsync(() => cluster.LoggedSteps(run) >= 50, "step 50");
            cluster.Workers[^1].Kill();
            _folder.Hold.Release();
            (await job.EndAsync()).Expect(0);

            RunResult result = RunResult.Read(cluster.Run(run).ResultPath);
            Assert.Equal((RunStatus.Done, ToyFolder.Steps), (result.Status, result.Steps));
            Assert.Equal(Enumerable.Range(1, ToyFolder.Steps), MetricsLog.Read(cluster.Run(run).MetricsPath).Select(m => m.Step));
            // Small slices: a block for each shard. What is sent twice because of a worker's death is refused as such, and nothing else is.
            Assert.Equal(ToyFolder.Steps * Slices * Shards, result.Pushes.Applied);
            Assert.Equal(result.Pushes.Sent, result.Pushes.Applied + result.Pushes.Rejected.Values.Sum());
            Assert.All(result.Pushes.Rejected.Keys, reason => Assert.Equal("duplicate", reason));
            Assert.InRange(result.Test!.Main, 0.8, 1);
        }
    }
}
