using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using DistEmbed.Coordinator.Reports;

namespace DistEmbed.Process.Tests.Cluster;

/// <summary>What is asked of a job while it trains is logged, and made again by a coordinator that starts again.</summary>
public sealed class LiveChangeTests : IDisposable
{
    private readonly ToyFolder _folder = new();
    private readonly List<(string Kind, int Step)> _asked = [];

    public void Dispose() => _folder.Dispose();

    [UnixFact]
    public async Task Changes_survive_a_killed_coordinator_and_the_run_ends_on_the_bits_of_one_that_had_them_from_the_start()
    {
        DateTimeOffset before = DateTimeOffset.UtcNow;
        using ProcessCluster cluster = await ProcessCluster.StartAsync(_folder, 2, 1);
        _folder.Hold.At(20);
        // No checkpoint but the one that is asked for: what is changed after it is in changes.jsonl alone.
        (await cluster.AskAsync(
            "submit", "toy.json", "--set", "cluster.workers=2", "--set", "cluster.shards=2", "--set", "evaluation.everyEpochs=10", "--set", "checkpoints.everySteps=10000",
            "--set", "freeze=[]", "--set", """phases=[{"name":"head","until":{"epoch":9},"rules":[{"group":"embedding","state":"frozen"}]},{"name":"all"}]"""))
            .Expect(0);
        string worker = await ProcessCluster.NameAsync(cluster.Workers[0]);
        await TrainToAsync(20);
        await AskAsync("paused", "pause");
        await AskAsync("changed", "freeze", "conv2");
        await AskAsync("resumed", "resume");
        await TrainToAsync(40);
        await AskAsync("changed", "lr", "output", "0.02");
        await TrainToAsync(50);
        int checkpoint = await AskAsync("checkpoint-asked", "checkpoint");
        await AskAsync("paused", "pause");
        await AskAsync("changed", "thaw", "conv2");
        await AskAsync("changed", "lr", "embedding", "0.5");
        await AskAsync("changed", "phase", "next");
        Assert.Equal(2, (await cluster.StatusAsync()).GetProperty("run").GetProperty("trainingPhase").GetProperty("number").GetInt32());
        (await cluster.AskAsync("drain", worker)).Expect(0);
        (await cluster.Workers[0].EndAsync()).Expect(0);
        int last = await AskAsync("resumed", "resume");
        await TrainToAsync(60);
        Assert.Equal((50, 51), (checkpoint, last));

        cluster.Coordinator.Kill();
        await cluster.Coordinator.EndAsync();
        Assert.Equal(checkpoint, Assert.Single(_folder.Run("runs/toy-1").Checkpoints.List()).Step);
        _folder.Hold.Release();
        await cluster.RestartCoordinatorAsync();
        cluster.StartWorker(); // the job asks for two to begin with
        await cluster.Coordinator.WaitUntilAsync(() => File.Exists(_folder.In("runs", "toy-1", "result.json")), "the result");

        RunDirectory run = cluster.Run("toy-1");
        JsonElement[] lines = cluster.Changes("toy-1");
        Assert.Equal(_asked, lines.Select(l => (l.GetProperty("kind").GetString()!, l.GetProperty("step").GetInt32())).Where(l => l.Item1 != "drain-asked"));
        JsonElement drained = Assert.Single(lines, l => l.GetProperty("kind").GetString() == "drain-asked");
        Assert.StartsWith(worker, drained.GetProperty("worker").GetString(), StringComparison.Ordinal);
        Assert.Equal(last, drained.GetProperty("step").GetInt32());
        Assert.All(lines, l => Assert.Equal(ProcessCluster.Asker, l.GetProperty("who").GetString()));
        Assert.All(lines, l => Assert.InRange(l.GetProperty("at").GetDateTimeOffset(), before, DateTimeOffset.UtcNow));

        // One process, from the first step to the last, that knows from the start what will be changed and when.
        Directory.CreateDirectory(_folder.In("oracle"));
        File.Copy(run.JobPath, _folder.In("oracle", "job.json"));
        File.WriteAllLines(_folder.In("oracle", "changes.jsonl"), File.ReadLines(run.ChangesPath).Where(line => line.Contains("\"changed\"", StringComparison.Ordinal)));
        (await InProcessCommand.RunAsync(_folder.Path, "train", "--run-dir", "oracle", "--resume")).Expect(0);
        Uninterrupted.AssertSame(_folder.Run("oracle"), run);
        File.Delete(_folder.In("oracle", "changes.jsonl"));
        (await InProcessCommand.RunAsync(_folder.Path, "train", "--run-dir", "unchanged", "oracle/job.json")).Expect(0);
        Assert.NotEqual(RunResult.Read(_folder.Run("unchanged").ResultPath).TableHash, RunResult.Read(run.ResultPath).TableHash);

        async Task<int> AskAsync(string kind, params string[] verb)
        {
            Ended answer = (await cluster.AskAsync(verb)).Expect(0);
            int step = int.Parse(Regex.Match(answer.Output, @"step (\d+)").Groups[1].Value, CultureInfo.InvariantCulture);
            _asked.Add((kind, step));
            return step;
        }

        // The run stands there: what is asked for next takes effect with the step after it.
        Task TrainToAsync(int step)
        {
            _folder.Hold.At(step);
            return cluster.Coordinator.WaitUntilAsync(() => cluster.IsHeldAt("toy-1", step), $"step {step}");
        }
    }
}
