using System.Diagnostics;
using System.Text.Json;
using DistEmbed.Coordinator.Reports;

namespace DistEmbed.Process.Tests.Cluster;

/// <summary>A cluster of processes ends on the bits of one process, whatever happens to them.</summary>
public sealed class ClusterTests : IDisposable
{
    private readonly ToyFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [UnixTheory]
    [InlineData(1, 1, 1)]
    [InlineData(2, 1, 3)]
    [InlineData(3, 2, 4)]
    public async Task Any_number_of_processes_gives_the_bits_of_one(int workers, int servers, int shards)
    {
        using ProcessCluster cluster = await ProcessCluster.StartAsync(_folder, workers, servers);

        (await cluster.Submit("toy.json", Shape(workers, servers, shards)).EndAsync()).Expect(0);
        Uninterrupted.AssertSame(await Uninterrupted.ClassifierAsync(), cluster.Run("toy-1"));

        (await cluster.Submit("stages.json", Shape(workers, servers, shards)).EndAsync()).Expect(0);
        RunDirectory expected = await Uninterrupted.StagesAsync(), run = cluster.Run("two-1");
        Uninterrupted.AssertSame(expected, run);
        Uninterrupted.AssertSame(expected.Stage("words"), run.Stage("words"));
        Uninterrupted.AssertSame(expected.Stage("classes"), run.Stage("classes"));
    }

    [UnixFact]
    public async Task A_worker_killed_and_another_that_joins_later_change_no_bit()
    {
        using ProcessCluster cluster = await ProcessCluster.StartAsync(_folder, 2, 1);
        DistEmbedProcess job = cluster.Submit("toy.json", Shape(2, 1, 2));
        var random = new Random();
        int at = random.Next(5, 150);
        await job.WaitUntilAsync(() => cluster.LoggedSteps("toy-1") >= at, $"step {at}");
        cluster.Workers[random.Next(2)].Kill();
        await job.WaitUntilAsync(() => cluster.LoggedSteps("toy-1") >= ToyFolder.Steps / 2, "half time");
        cluster.StartWorker();

        Ended ended = await job.EndAsync();

        Assert.True(ended.ExitCode == 0, $"killed at step {at}:\n{ended}\n{cluster}");
        Uninterrupted.AssertSame(await Uninterrupted.ClassifierAsync(), cluster.Run("toy-1"));
    }

    [UnixFact]
    public async Task A_worker_that_stands_still_is_named_and_changes_no_bit()
    {
        using ProcessCluster cluster = await ProcessCluster.StartAsync(_folder, 2, 1);
        DistEmbedProcess job = cluster.Submit("toy.json", Shape(2, 1, 2));
        await job.WaitUntilAsync(() => cluster.LoggedSteps("toy-1") >= 20, "step 20");
        cluster.Workers[0].Pause();
        string name = (await ProcessCluster.ReadyAsync(cluster.Workers[0])).Split(' ')[2];
        long paused = Stopwatch.GetTimestamp();
        await job.WaitUntilAsync(() => Names(cluster.StatusAsync().GetAwaiter().GetResult(), name), $"naming of {name}");
        Assert.True(job.HasEnded || Stopwatch.GetElapsedTime(paused) < TimeSpan.FromSeconds(20));
        await job.WaitUntilAsync(() => job.HasEnded || Stopwatch.GetElapsedTime(paused) > TimeSpan.FromSeconds(20), "20 seconds");
        cluster.Workers[0].Continue();

        (await job.EndAsync()).Expect(0);

        Uninterrupted.AssertSame(await Uninterrupted.ClassifierAsync(), cluster.Run("toy-1"));

        static bool Names(JsonElement status, string worker) => status.ToString().Contains(worker, StringComparison.Ordinal)
            && status.TryGetProperty("run", out JsonElement run) && run.TryGetProperty("awaited", out JsonElement awaited)
            && awaited.EnumerateArray().Any(a => a.GetProperty("who").GetString()!.StartsWith(worker, StringComparison.Ordinal));
    }

    [UnixFact]
    public async Task Rules_about_some_rows_reach_every_process_also_one_that_takes_over()
    {
        string[] rules =
        [
            "--set", "freeze=[]", "--set", """
            phases=[{"rules":[{"group":"embedding","state":"frozen"},{"group":"embedding","rows":{"toRank":9},"state":"anchored","strength":0.3}],"until":{"step":60}},
            {"rules":[{"group":"embedding","state":"capped","radius":0.5},{"group":"embedding","rows":{"fromRank":4,"toRank":6},"state":"frozen"}]}]
            """, "--set", "checkpoints.everySteps=20",
        ];
        (await DistEmbedProcess.RunAsync(_folder.Path, ["train", "toy.json", "--run-dir", "expected", .. rules])).Expect(0);
        using ProcessCluster cluster = await ProcessCluster.StartAsync(_folder, 2, 2);
        DistEmbedProcess job = cluster.Submit("toy.json", [.. Shape(2, 2, 3), .. rules]);
        await job.WaitUntilAsync(() => cluster.LoggedSteps("toy-1") >= 30, "step 30");
        cluster.Servers[0].Kill();
        cluster.StartServer();

        (await job.EndAsync()).Expect(0);

        Uninterrupted.AssertSame(_folder.Run("expected"), cluster.Run("toy-1"));
        Assert.NotEqual(RunResult.Read(_folder.Run("expected").ResultPath).TableHash, RunResult.Read((await Uninterrupted.ClassifierAsync()).ResultPath).TableHash);
    }

    [UnixFact]
    public async Task A_frozen_table_is_never_pushed_and_after_the_first_epoch_never_pulled()
    {
        using ProcessCluster cluster = await ProcessCluster.StartAsync(_folder, 1, 1);
        string[] quiet = ["--set", "freeze=[]", "--set", "evaluation.keepBest=false", "--set", "training.epochs=3"];
        (await cluster.Submit("toy.json", [.. Shape(1, 1, 2), .. quiet, "--set", "recipe={\"kind\":\"static\"}"]).EndAsync()).Expect(0);

        (long Pulled, long Pushed)[] total = [(0, 0), .. File.ReadLines(_folder.In("runs", "toy-1", "metrics.jsonl")).Select(line => JsonDocument.Parse(line).RootElement)
            .Where(line => line.TryGetProperty("bytesPushed", out _)).Select(line => (line.GetProperty("bytesPulled").GetInt64(), line.GetProperty("bytesPushed").GetInt64()))];
        (long Pulled, long Pushed)[] steps = [.. total.Skip(1).Zip(total, (now, before) => (now.Pulled - before.Pulled, now.Pushed - before.Pushed))];
        // Of each slice: two convolutions of 100 maps over 2 and 3 words of 16 numbers with their biases, three output rows with theirs.
        const long Dense = 3 * sizeof(float) * ((100 * 16 * (2 + 3)) + (2 * 100) + (3 * 200) + 3);
        Assert.Equal(60, steps.Length);
        Assert.All(steps, step => Assert.Equal(Dense, step.Pushed));
        Assert.True(steps[0].Pulled > Dense);
        Assert.All(steps.Skip(20), step => Assert.InRange(step.Pulled, 1, Dense));
        JsonElement result = JsonDocument.Parse(File.ReadAllText(cluster.Run("toy-1").ResultPath)).RootElement;
        Assert.Equal(60 * Dense, result.GetProperty("bytesPushed").GetInt64());
    }

    [UnixFact]
    public async Task A_killed_server_is_replaced_and_changes_no_bit()
    {
        using ProcessCluster cluster = await ProcessCluster.StartAsync(_folder, 1, 2);
        DistEmbedProcess job = cluster.Submit("toy.json", Shape(1, 2, 3));
        await job.WaitUntilAsync(() => cluster.LoggedSteps("toy-1") >= 90, "step 90");
        cluster.Servers[0].Kill();

        Ended ended = await job.EndAsync();

        Assert.True(ended.ExitCode == 0, $"{ended}\n{cluster}");
        Uninterrupted.AssertSame(await Uninterrupted.ClassifierAsync(), cluster.Run("toy-1"));
    }

    [UnixFact]
    public async Task A_killed_coordinator_that_starts_again_goes_on_with_the_job()
    {
        using ProcessCluster cluster = await ProcessCluster.StartAsync(_folder, 1, 1);
        (await cluster.AskAsync("submit", "toy.json", "--set", "cluster.workers=1", "--set", "cluster.shards=2")).Expect(0);
        await cluster.Coordinator.WaitUntilAsync(() => cluster.LoggedSteps("toy-1") >= 90, "step 90");
        cluster.Coordinator.Kill();
        await cluster.Coordinator.EndAsync();

        await cluster.StartCoordinatorAsync(Port(cluster.Address), Port(cluster.Seed));
        await cluster.Coordinator.WaitUntilAsync(() => File.Exists(_folder.In("runs", "toy-1", "result.json")), "result");

        Uninterrupted.AssertSame(await Uninterrupted.ClassifierAsync(), cluster.Run("toy-1"));
    }

    [UnixFact]
    public async Task Nodes_that_are_drained_leave_and_the_job_ends_on_the_same_bits()
    {
        using ProcessCluster cluster = await ProcessCluster.StartAsync(_folder, 2, 2);
        DistEmbedProcess job = cluster.Submit("toy.json", Shape(2, 2, 3));
        await job.WaitUntilAsync(() => cluster.LoggedSteps("toy-1") >= 40, "step 40");
        string worker = (await ProcessCluster.ReadyAsync(cluster.Workers[0])).Split(' ')[2], server = (await ProcessCluster.ReadyAsync(cluster.Servers[0])).Split(' ')[2];
        (await cluster.AskAsync("drain", worker)).Expect(0);
        (await cluster.AskAsync("drain", server)).Expect(0);

        (await cluster.Workers[0].EndAsync()).Expect(0);
        (await cluster.Servers[0].EndAsync()).Expect(0);
        (await job.EndAsync()).Expect(0);

        Uninterrupted.AssertSame(await Uninterrupted.ClassifierAsync(), cluster.Run("toy-1"));
        JsonElement[] changes = cluster.Changes("toy-1");
        Assert.Equal(["drain-asked", "drain-asked", "attempt-lost"], changes.Select(line => line.GetProperty("kind").GetString()));
        Assert.All(changes[..2], line => Assert.Equal(ProcessCluster.Asker, line.GetProperty("who").GetString()));
        Assert.StartsWith(worker, changes[0].GetProperty("worker").GetString(), StringComparison.Ordinal);
        Assert.Equal(server, changes[1].GetProperty("server").GetString());
        // The shards that are left go on from the checkpoint that was written for it.
        Assert.Contains("left", changes[2].GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.Equal(changes[1].GetProperty("step").GetInt32(), changes[2].GetProperty("step").GetInt32());
        // Where the run lies its report lies, and whoever asks for the run's files finds it.
        Assert.Contains("report.html", (await cluster.AskAsync("artifacts", "toy-1")).Expect(0).Output, StringComparison.Ordinal);
        (await cluster.AskAsync("download", "toy-1", "report.html", "--output", "downloaded.html")).Expect(0);
        string report = File.ReadAllText(_folder.In("downloaded.html"));
        Assert.Equal(File.ReadAllText(cluster.Run("toy-1").ReportPath), report);
        Assert.Contains("2 attempts", report, StringComparison.Ordinal);
        Assert.Contains($"drain of {server}", report, StringComparison.Ordinal);
        Assert.Contains("id=\"s1-words-map\"", report, StringComparison.Ordinal);
        Ended refused = await cluster.AskAsync("drain", "nobody");
        Assert.Contains("there is no node 'nobody'", refused.Expect(2).Error, StringComparison.Ordinal);
    }

    private static string Port(string address) => address[(address.LastIndexOf(':') + 1)..];

    private static string[] Shape(int workers, int servers, int shards) =>
        ["--set", $"cluster.workers={workers}", "--set", $"cluster.servers={servers}", "--set", $"cluster.shards={shards}"];
}
