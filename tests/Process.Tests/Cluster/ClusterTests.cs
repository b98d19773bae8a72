using DistEmbed.Coordinator.Reports;

namespace DistEmbed.Process.Tests.Cluster;

/// <summary>A cluster of processes ends on the bits of one process, whatever happens to them.</summary>
public sealed class ClusterTests : IDisposable
{
    private readonly ToyFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [UnixFact]
    public async Task A_worker_killed_and_another_that_joins_later_change_no_bit()
    {
        using ProcessCluster cluster = await ProcessCluster.StartAsync(_folder, 2, 1);
        int seed = Environment.TickCount;
        var random = new Random(seed);
        int at = random.Next(5, 120);
        _folder.Hold.At(150);
        InProcessCommand job = cluster.Submit("toy.json", Shape(2, 1, 2));
        await job.WaitUntilAsync(() => cluster.LoggedSteps("toy-1") >= at, $"step {at}");
        cluster.Workers[random.Next(2)].Kill();
        await job.WaitUntilAsync(() => cluster.IsHeldAt("toy-1", 150), "step 150, by one worker");
        await ProcessCluster.ReadyAsync(cluster.StartWorker());
        _folder.Hold.Release();

        Ended ended = await job.EndAsync();

        Assert.True(ended.ExitCode == 0, $"seed {seed}, killed at step {at}: {job}");
        Uninterrupted.AssertSame(await Uninterrupted.ClassifierAsync(), cluster.Run("toy-1"));
    }

    [UnixFact(isLong: true)]
    public async Task Rules_about_some_rows_reach_a_server_that_replaces_a_killed_one()
    {
        (await InProcessCommand.RunAsync(_folder.Path, ["train", "toy.json", "--run-dir", "expected", .. Rules])).Expect(0);
        using ProcessCluster cluster = await ProcessCluster.StartAsync(_folder, 1, 2);
        _folder.Hold.At(50);
        InProcessCommand job = cluster.Submit("toy.json", [.. Shape(1, 2, 3), .. Rules]);
        await job.WaitUntilAsync(() => cluster.LoggedSteps("toy-1") >= 30, "step 30");
        cluster.Servers[0].Kill();
        cluster.StartServer();
        _folder.Hold.Release();

        (await job.EndAsync()).Expect(0);

        Uninterrupted.AssertSame(_folder.Run("expected"), cluster.Run("toy-1"));
        Assert.NotEqual(RunResult.Read(_folder.Run("expected").ResultPath).TableHash, RunResult.Read((await Uninterrupted.ClassifierAsync()).ResultPath).TableHash);
    }

    [UnixFact(isLong: true)] // the servers of other tests are killed too
    public async Task A_killed_server_is_replaced_and_changes_no_bit()
    {
        using ProcessCluster cluster = await ProcessCluster.StartAsync(_folder, 1, 2);
        _folder.Hold.At(150);
        InProcessCommand job = cluster.Submit("toy.json", Shape(1, 2, 3));
        await job.WaitUntilAsync(() => cluster.LoggedSteps("toy-1") >= 90, "step 90");
        cluster.Servers[0].Kill();
        _folder.Hold.Release();

        (await job.EndAsync()).Expect(0);

        Uninterrupted.AssertSame(await Uninterrupted.ClassifierAsync(), cluster.Run("toy-1"));
    }

    [UnixFact(isLong: true)] // as in LiveChangeTests, without changes
    public async Task A_killed_coordinator_that_starts_again_goes_on_with_the_job()
    {
        using ProcessCluster cluster = await ProcessCluster.StartAsync(_folder, 1, 1);
        _folder.Hold.At(150);
        (await cluster.AskAsync("submit", "toy.json", "--set", "cluster.workers=1", "--set", "cluster.shards=2")).Expect(0);
        await cluster.Coordinator.WaitUntilAsync(() => cluster.LoggedSteps("toy-1") >= 90, "step 90");
        cluster.Coordinator.Kill();
        await cluster.Coordinator.EndAsync();

        _folder.Hold.Release();
        await cluster.RestartCoordinatorAsync();
        await cluster.Coordinator.WaitUntilAsync(() => File.Exists(_folder.In("runs", "toy-1", "result.json")), "result");

        Uninterrupted.AssertSame(await Uninterrupted.ClassifierAsync(), cluster.Run("toy-1"));
    }

    /// <summary>Phases whose rules are about some rows of the embedding.</summary>
    internal static string[] Rules { get; } =
    [
        "--set", "freeze=[]", "--set", """
        phases=[{"rules":[{"group":"embedding","state":"frozen"},{"group":"embedding","rows":{"toRank":9},"state":"anchored","strength":0.3}],"until":{"step":60}},
        {"rules":[{"group":"embedding","state":"capped","radius":0.5},{"group":"embedding","rows":{"fromRank":4,"toRank":6},"state":"frozen"}]}]
        """, "--set", "checkpoints.everySteps=20",
    ];

    internal static string[] Shape(int workers, int servers, int shards) =>
        ["--set", $"cluster.workers={workers}", "--set", $"cluster.servers={servers}", "--set", $"cluster.shards={shards}"];
}
