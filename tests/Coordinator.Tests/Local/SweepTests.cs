using DistEmbed.Coordinator.Local;
using DistEmbed.Coordinator.Reports;
using DistEmbed.Protocol;

namespace DistEmbed.Coordinator.Tests.Local;

public sealed class SweepTests : IDisposable
{
    private static readonly string[] s_channels = ["model.channels=static,non-static"];
    private readonly ToySweep _toy = new();

    public void Dispose() => _toy.Dispose();

    [Fact]
    public async Task Runs_share_data_and_vectors_and_end_on_the_bits_of_runs_that_share_nothing()
    {
        SweepPlan plan = _toy.Plan(s_channels, [1, 2], "data.dev=null"); // dev is set aside by the seed
        var watcher = new ToySweep.Watcher();

        Assert.Equal(SweepEnd.Done, await _toy.StartAsync(plan, "sweep", watcher));

        string[] runs = ["channels=static,seed=1", "channels=non-static,seed=1", "channels=static,seed=2", "channels=non-static,seed=2"];
        Assert.Equal(["begun, 0 ended", .. runs.Select(run => $"{run} Done")], watcher.Told);
        Assert.Same(watcher.Prepared[runs[0]].Data, watcher.Prepared[runs[1]].Data);
        Assert.Same(watcher.Prepared[runs[0]].Vectors, watcher.Prepared[runs[1]].Vectors);
        Assert.NotEqual(watcher.Prepared[runs[0]].Facts.DataFingerprint, watcher.Prepared[runs[2]].Facts.DataFingerprint);
        foreach (SweepRun run in plan.Runs)
        {
            RunResult alone = await new TrainingJob(run.Job, RunDirectory.CreateAt(_toy.In("alone", run.Directory)), new ToySweep.Watcher()).RunAsync(false, null, default);
            RunResult swept = RunResult.Read(_toy.In("sweep", run.Directory, "result.json"));
            Assert.Equal(alone.TableHash, swept.TableHash);
            Assert.Equal((alone.Test, alone.Dev), (swept.Test, swept.Dev));
        }
    }

    [Fact]
    public async Task Data_that_no_seed_decides_are_shared_by_all_runs()
    {
        var watcher = new ToySweep.Watcher();
        await _toy.StartAsync(_toy.Plan([], [1, 2, 3], "training.epochs=1"), "sweep", watcher);
        Assert.Equal(["seed=1", "seed=2", "seed=3"], watcher.Prepared.Keys);
        Assert.Single(watcher.Prepared.Values.Select(p => p.Data).Distinct(ReferenceEqualityComparer.Instance));
        Assert.Single(watcher.Prepared.Values.Select(p => p.Vectors).Distinct(ReferenceEqualityComparer.Instance));
    }

    [Fact]
    public async Task Stopped_in_a_run_and_before_one_a_sweep_ends_on_the_same_bits_and_the_same_table()
    {
        SweepPlan plan = _toy.Plan(s_channels, [1, 2]);
        await _toy.StartAsync(plan, "whole");

        var first = new ToySweep.Watcher { StopAt = ("channels=non-static,seed=1", 3) };
        Assert.Equal(SweepEnd.Interrupted, await _toy.StartAsync(plan, "parts", first));
        Assert.Equal(["begun, 0 ended", "channels=static,seed=1 Done", "channels=non-static,seed=1 Interrupted"], first.Told);
        Assert.Contains("Not counted: seed 1 of non-static: stopped after step", _toy.Table("parts"), StringComparison.Ordinal);
        Assert.Contains("Not counted: seed 2 of static: not begun", _toy.Table("parts"), StringComparison.Ordinal);
        DateTime kept = File.GetLastWriteTimeUtc(_toy.In("parts", "channels=static,seed=1", "result.json"));

        var stopped = new ToySweep.Watcher();
        await stopped.Stop.CancelAsync();
        Assert.Equal(SweepEnd.Interrupted, await _toy.GoOnAsync("parts", stopped));
        Assert.Equal(["begun, 1 ended"], stopped.Told);
        // As a process leaves a run's directory that was killed before it wrote anything.
        Directory.CreateDirectory(_toy.In("parts", "channels=static,seed=2"));
        File.WriteAllText(_toy.In("parts", "channels=static,seed=2", DirectoryHold.FileName), "");
        var last = new ToySweep.Watcher();
        Assert.Equal(SweepEnd.Done, await _toy.GoOnAsync("parts", last));

        Assert.Equal(
            ["begun, 1 ended", "channels=non-static,seed=1 goes on", "channels=non-static,seed=1 Done", "channels=static,seed=2 Done", "channels=non-static,seed=2 Done"], last.Told);
        Assert.Equal(_toy.Hashes("whole"), _toy.Hashes("parts"));
        Assert.Equal(4, _toy.Hashes("parts").Values.Distinct().Count());
        Assert.Equal(_toy.Table("whole"), _toy.Table("parts"));
        Assert.Equal(kept, File.GetLastWriteTimeUtc(_toy.In("parts", "channels=static,seed=1", "result.json")));
    }

    [Fact]
    public async Task A_sweep_goes_on_with_more_seeds_and_ends_as_if_it_had_had_them()
    {
        await _toy.StartAsync(_toy.Plan(s_channels, [1, 2, 3]), "whole");
        await _toy.StartAsync(_toy.Plan(s_channels, [1]), "parts");

        Assert.Contains("leaves out 1", (await Assert.ThrowsAsync<InvalidInputException>(() => _toy.GoOnAsync("parts", new ToySweep.Watcher(), [2, 3]))).Message, StringComparison.Ordinal);
        Assert.Equal(SweepEnd.Done, await _toy.GoOnAsync("parts", new ToySweep.Watcher(), [1, 2, 3]));

        Assert.Equal(_toy.Hashes("whole"), _toy.Hashes("parts"));
        Assert.Equal(_toy.Table("whole"), _toy.Table("parts"));
        Assert.Equal(File.ReadAllText(_toy.In("whole", "sweep.json")), File.ReadAllText(_toy.In("parts", "sweep.json")));
    }

    [Fact]
    public async Task A_run_that_diverges_is_noted_and_the_others_follow()
    {
        SweepPlan plan = _toy.Plan(["optimizers.default.learningRate=1e30,1"], [1, 2]);
        var watcher = new ToySweep.Watcher();

        Assert.Equal(SweepEnd.SomeFailed, await _toy.StartAsync(plan, "sweep", watcher));

        Assert.Equal(["begun, 0 ended", "failed", "Done", "failed", "Done"], watcher.Told.Select(told => told.Split(' ') is [var run, var how, ..] && run != "begun," ? how.TrimEnd(':') : told));
        string table = _toy.Table("sweep");
        Assert.Contains("Not counted: seed 1 of learningRate=1e30: failed: the loss of step", table, StringComparison.Ordinal);
        Assert.Contains("training diverged", table, StringComparison.Ordinal);
        Assert.Contains("and there is none. Missing: seed 1 of learningRate=1e30, seed 2 of learningRate=1e30.", table, StringComparison.Ordinal);

        var again = new ToySweep.Watcher();
        Assert.Equal(SweepEnd.SomeFailed, await _toy.GoOnAsync("sweep", again));
        Assert.Equal(["begun, 4 ended"], again.Told);
        Assert.Equal(table, _toy.Table("sweep"));
    }

    [Fact]
    public async Task What_is_wrong_with_the_data_of_any_variant_is_told_before_anything_is_written()
    {
        SweepPlan plan = _toy.Plan(["data.train=train.txt,nix.txt", "vectors.dimension=4,5"], [1]);
        InvalidInputException refused = await Assert.ThrowsAsync<InvalidInputException>(() => _toy.StartAsync(plan, "sweep"));
        Assert.Equal(2, refused.Errors.Count);
        Assert.StartsWith(_toy.In("vectors.txt") + " (train=train.txt,dimension=5): ", refused.Errors[0].ToString(), StringComparison.Ordinal);
        Assert.StartsWith("data.train (train=nix.txt,dimension=4; train=nix.txt,dimension=5): ", refused.Errors[1].ToString(), StringComparison.Ordinal);
        Assert.False(Directory.Exists(_toy.In("sweep")));
    }

    [Fact]
    public async Task A_changed_manifest_a_foreign_run_and_a_second_process_are_refused()
    {
        await _toy.StartAsync(_toy.Plan(s_channels, [1]), "sweep");
        string manifest = File.ReadAllText(_toy.In("sweep", "sweep.json"));
        using (DirectoryHold.Take(_toy.In("sweep")))
            await Refused("another process");
        File.WriteAllText(_toy.In("sweep", "sweep.json"), manifest.Replace("\\\"batch\\\": 10", "\\\"batch\\\": 20", StringComparison.Ordinal));
        await Refused("is not the job that the sweep was started with");
        File.WriteAllText(_toy.In("sweep", "sweep.json"), "{");
        await Refused("cannot be read");
        File.WriteAllText(_toy.In("sweep", "sweep.json"), manifest);
        File.Copy(_toy.In("sweep", "channels=static,seed=1", "job.json"), _toy.In("sweep", "channels=non-static,seed=1", "job.json"), overwrite: true);
        await Refused("holds the run of another job");

        async Task Refused(string why) =>
            Assert.Contains(why, (await Assert.ThrowsAsync<InvalidInputException>(() => _toy.GoOnAsync("sweep", new ToySweep.Watcher()))).Message, StringComparison.Ordinal);
    }
}
