using System.Text.Json;
using System.Text.RegularExpressions;
using DistEmbed.Coordinator.Reports;

namespace DistEmbed.Process.Tests.Cluster;

/// <summary>Jobs on a cluster that nothing breaks, whose nodes come and go as its operator says.</summary>
public sealed class SteadyClusterTests(SharedCluster shared) : IClassFixture<SharedCluster>
{
    [UnixFact]
    public async Task Any_number_of_processes_gives_the_bits_of_one()
    {
        (int Workers, int Servers, int Shards)[] shapes = TestScope.Of<(int, int, int)[]>([(1, 1, 1), (2, 1, 3), (3, 2, 4)], [(3, 2, 4)]);
        foreach ((int workers, int servers, int shards) in shapes)
        {
            ProcessCluster cluster = await shared.OfAsync(workers, servers);
            string[] shape = ClusterTests.Shape(workers, servers, shards);
            Uninterrupted.AssertSame(await Uninterrupted.ClassifierAsync(), await RunAsync("toy.json", shape));

            RunDirectory expected = await Uninterrupted.StagesAsync(), run = await RunAsync("stages.json", shape);
            Uninterrupted.AssertSame(expected, run);
            Uninterrupted.AssertSame(expected.Stage("words"), run.Stage("words"));
            Uninterrupted.AssertSame(expected.Stage("classes"), run.Stage("classes"));
            // The processes are one user's and on one machine: values lie in memory that a server and a worker both have.
            if (OperatingSystem.IsLinux())
                Assert.All(await Task.WhenAll(cluster.Servers.Select(MetricsAsync)), metrics => Assert.Matches(@"(?m)^distembed_row_plane_shared_bytes_total\b.* [1-9]\d+", metrics));
        }
    }

    [UnixFact]
    public async Task Rules_about_some_rows_reach_every_process()
    {
        await shared.OfAsync(2, 1);
        string expected = shared.Folder.In("rules");
        (await InProcessCommand.RunAsync(shared.Folder.Path, ["train", "toy.json", "--run-dir", expected, .. ClusterTests.Rules])).Expect(0);

        RunDirectory run = await RunAsync("toy.json", [.. ClusterTests.Shape(2, 1, 3), .. ClusterTests.Rules]);

        Uninterrupted.AssertSame(RunDirectory.Open(expected), run);
        Assert.NotEqual(RunResult.Read((await Uninterrupted.ClassifierAsync()).ResultPath).TableHash, RunResult.Read(run.ResultPath).TableHash);
    }

    [UnixFact]
    public async Task A_frozen_table_is_never_pushed_and_after_the_first_epoch_never_pulled()
    {
        await shared.OfAsync(1, 1);
        RunDirectory run = await RunAsync(
            "toy.json", [.. ClusterTests.Shape(1, 1, 2), "--set", "freeze=[]", "--set", "evaluation.keepBest=false", "--set", "training.epochs=3", "--set", "recipe={\"kind\":\"static\"}"]);

        (long Pulled, long Pushed)[] total = [(0, 0), .. File.ReadLines(run.MetricsPath).Select(line => JsonDocument.Parse(line).RootElement)
            .Where(line => line.TryGetProperty("bytesPushed", out _)).Select(line => (line.GetProperty("bytesPulled").GetInt64(), line.GetProperty("bytesPushed").GetInt64()))];
        (long Pulled, long Pushed)[] steps = [.. total.Skip(1).Zip(total, (now, before) => (now.Pulled - before.Pulled, now.Pushed - before.Pushed))];
        // Of each slice: two convolutions of 40 maps over 2 and 3 words of 16 numbers with their biases, three output rows with theirs.
        const long Dense = 3 * sizeof(float) * ((40 * 16 * (2 + 3)) + (2 * 40) + (3 * 80) + 3);
        Assert.Equal(60, steps.Length);
        Assert.All(steps, step => Assert.Equal(Dense, step.Pushed));
        Assert.InRange(steps[0].Pulled, Dense + 1, long.MaxValue);
        Assert.All(steps.Skip(20), step => Assert.InRange(step.Pulled, 0, Dense)); // 0: after an evaluation, which has read what the step reads
        Assert.Contains(steps.Skip(20), step => step.Pulled == Dense);
        JsonElement result = JsonDocument.Parse(File.ReadAllText(run.ResultPath)).RootElement;
        Assert.Equal(60 * Dense, result.GetProperty("bytesPushed").GetInt64());
    }

    [UnixFact]
    public async Task A_worker_that_hangs_is_named_and_changes_no_bit()
    {
        ProcessCluster cluster = await shared.OfAsync(2, 1);
        shared.Folder.Hold.At(20);
        string name = shared.NextRun("toy");
        InProcessCommand job = cluster.Submit("toy.json", ClusterTests.Shape(2, 1, 2));
        await job.WaitUntilAsync(() => cluster.IsHeldAt(name, 20), "step 20");
        cluster.Workers[0].Pause();
        string worker = await ProcessCluster.NameAsync(cluster.Workers[0]);
        shared.Folder.Hold.At(60); // what it is granted now it does not compute
        await job.WaitUntilAsync(async () => Names(await cluster.StatusAsync(), worker), $"{worker} among those the status waits for");
        // It comes back before the cluster has removed it, with all that was sent to it meanwhile.
        await job.WaitUntilAsync(() => cluster.IsHeldAt(name, 60), "step 60, by the other worker");
        cluster.Workers[0].Continue();
        shared.Folder.Hold.Release();

        (await job.EndAsync()).Expect(0);

        Uninterrupted.AssertSame(await Uninterrupted.ClassifierAsync(), cluster.Run(name));

        static bool Names(JsonElement status, string worker) => status.TryGetProperty("run", out JsonElement run) && run.TryGetProperty("awaited", out JsonElement awaited)
            && awaited.EnumerateArray().Any(a => a.GetProperty("who").GetString()!.StartsWith(worker, StringComparison.Ordinal));
    }

    [UnixFact]
    public async Task Nodes_that_are_drained_leave_and_the_job_ends_on_the_same_bits()
    {
        ProcessCluster cluster = await shared.OfAsync(2, 2);
        shared.Folder.Hold.At(40);
        string name = shared.NextRun("toy");
        InProcessCommand job = cluster.Submit("toy.json", ClusterTests.Shape(2, 2, 3));
        await job.WaitUntilAsync(() => cluster.IsHeldAt(name, 40), "step 40");
        string worker = await ProcessCluster.NameAsync(cluster.Workers[0]), server = await ProcessCluster.NameAsync(cluster.Servers[0]);
        (await cluster.AskAsync("drain", worker)).Expect(0);
        (await cluster.AskAsync("drain", server)).Expect(0);
        shared.Folder.Hold.Release();

        (await cluster.Workers[0].EndAsync()).Expect(0);
        (await cluster.Servers[0].EndAsync()).Expect(0);
        cluster.Workers.RemoveAt(0);
        cluster.Servers.RemoveAt(0);
        (await job.EndAsync()).Expect(0);

        Uninterrupted.AssertSame(await Uninterrupted.ClassifierAsync(), cluster.Run(name));
        JsonElement[] changes = cluster.Changes(name);
        Assert.Equal(["drain-asked", "drain-asked", "attempt-lost"], changes.Select(line => line.GetProperty("kind").GetString()));
        Assert.All(changes[..2], line => Assert.Equal(ProcessCluster.Asker, line.GetProperty("who").GetString()));
        Assert.StartsWith(worker, changes[0].GetProperty("worker").GetString(), StringComparison.Ordinal);
        Assert.Equal(server, changes[1].GetProperty("server").GetString());
        // The shards that are left continue from the checkpoint that was written for it.
        Assert.Contains("left", changes[2].GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.Equal(changes[1].GetProperty("step").GetInt32(), changes[2].GetProperty("step").GetInt32());
        // Where the run lies its report lies, and whoever asks for the run's files finds it.
        Assert.Contains("report.html", (await cluster.AskAsync("artifacts", name)).Expect(0).Output, StringComparison.Ordinal);
        string downloaded = shared.Folder.In("downloaded.html");
        (await cluster.AskAsync("download", name, "report.html", "--output", downloaded)).Expect(0);
        string report = File.ReadAllText(downloaded);
        Assert.Equal(File.ReadAllText(cluster.Run(name).ReportPath), report);
        Assert.Contains("2 attempts", report, StringComparison.Ordinal);
        Assert.Contains($"drain of {server}", report, StringComparison.Ordinal);
        Assert.Contains("id=\"s1-words-map\"", report, StringComparison.Ordinal);
        Ended refused = await cluster.AskAsync("drain", "nobody");
        Assert.Contains("there is no node 'nobody'", refused.Expect(2).Error, StringComparison.Ordinal);
    }

    [UnixFact]
    public async Task By_default_nothing_listens_outside_loopback()
    {
        if (!Directory.Exists("/proc/self/fd"))
            return; // the kernel of Linux is asked
        ProcessCluster cluster = await shared.OfAsync(1, 1);
        foreach (DistEmbedProcess node in cluster.Servers.Concat(cluster.Workers).Append(cluster.Coordinator))
        {
            IReadOnlyList<string> ends = ListeningSockets.Of(node.Id);
            Assert.NotEmpty(ends);
            Assert.All(ends, end => Assert.True(ListeningSockets.IsLoopback(end), $"{end}\n{node}"));
        }
    }

    private async Task<RunDirectory> RunAsync(string job, string[] arguments)
    {
        string name = shared.NextRun(job == "stages.json" ? "two" : "toy");
        (await shared.Cluster.Submit(job, arguments).EndAsync()).Expect(0);
        return shared.Cluster.Run(name);
    }

    private static async Task<string> MetricsAsync(DistEmbedProcess node)
    {
        using var client = new HttpClient { Timeout = Wait.Deadline };
        return await client.GetStringAsync($"http://{Regex.Match(await ProcessCluster.ReadyAsync(node), @"metrics=(\S+)").Groups[1].Value}/metrics");
    }
}
