using DistEmbed.Coordinator.Local;
using DistEmbed.Coordinator.Reports;
using DistEmbed.Protocol;

namespace DistEmbed.Coordinator.Tests.Local;

public sealed class ComparedRunsTests : IDisposable
{
    private readonly ToySweep _toy = new();

    public void Dispose() => _toy.Dispose();

    [Fact]
    public async Task Runs_that_were_trained_one_by_one_are_put_together_by_their_jobs_and_compared_as_in_a_sweep()
    {
        await _toy.StartAsync(_toy.Plan(["model.channels=static,non-static"], [1, 2], "training.epochs=1"), "sweep");
        string[] runs = [.. new[] { "non-static,seed=2", "static,seed=1", "non-static,seed=1", "static,seed=2" }.Select(run => _toy.In("sweep", $"channels={run}"))];

        ComparedRuns compared = ComparedRuns.OfRuns(runs, []);

        Assert.Equal(["non-static 2", "non-static 1", "static 1", "static 2"], compared.Runs.Select(run => $"{run.Variant} {run.Seed}"));
        Assert.Equal(("model.channels", "\"non-static\" \"static\""), (compared.Differences.Single().Path, string.Join(' ', compared.Differences[0].Values)));
        Assert.Empty(compared.Notes);
        RunComparison one = RunComparison.Of(compared.Runs, "static"), swept = RunComparison.Of(ComparedRuns.OfSweep(SweepDirectory.Open(_toy.In("sweep")), []).Runs);
        Assert.Equal(swept.Pairs.Single().Difference, one.Pairs.Single().Difference);
        Assert.Empty(one.Warnings);
    }

    [Fact]
    public async Task Where_a_run_lies_what_it_is_called_and_how_many_worked_make_no_variant_but_other_data_a_warning()
    {
        await Train("a", 1);
        await Train("b", 2, "name=other", "cluster.workers=1", "checkpoints.keep=7");
        await Train("c", 2);
        File.AppendAllText(_toy.In("train.txt"), "good sun\n");
        await Train("d", 1, "training.batch=20");

        ComparedRuns compared = ComparedRuns.OfRuns([_toy.In("a"), _toy.In("b"), _toy.In("c"), _toy.In("d")], []);

        Assert.Equal(["batch=10 1 a", "batch=10 2 b", "batch=20 1 d"], compared.Runs.Select(run => $"{run.Variant} {run.Seed} {Path.GetFileName(run.Directory)}"));
        Assert.Equal([$"{_toy.In("c")} is not counted: it has the job and the seed of {_toy.In("b")}."], compared.Notes);
        Assert.StartsWith("batch=20 and batch=10 were trained on different data: ", Assert.Single(RunComparison.Of(compared.Runs).Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stages_count_by_name_or_by_directory_and_a_later_stage_does_not_part_runs()
    {
        string[] stages = ["""stages=[{"name":"fixed","model":{"channels":"static"}},{"name":"tuned"}]"""];
        await Train("a", 1, stages);
        await Train("b", 2, [.. stages, "stages.tuned.training.epochs=2"]);

        ComparedRuns named = ComparedRuns.OfRuns([_toy.In("a"), _toy.In("b")], ["fixed"]);
        Assert.Equal(["fixed 1", "fixed 2"], named.Runs.Select(run => $"{run.Variant} {run.Seed}"));
        Assert.Equal(RunResult.Read(_toy.In("a", "stages", "fixed", "result.json")).Test, named.Runs[0].Test);

        ComparedRuns both = ComparedRuns.OfRuns([_toy.In("a", "stages", "fixed"), _toy.In("a", "stages", "tuned") + Path.DirectorySeparatorChar], []);
        Assert.Equal(["static 1", "non-static 1"], both.Runs.Select(run => $"{run.Variant} {run.Seed}"));
        Assert.Equal(RunResult.Read(_toy.In("a", "result.json")).Test, both.Runs[1].Test);

        InvalidInputException refused = Assert.Throws<InvalidInputException>(() => ComparedRuns.OfRuns([_toy.In("a"), _toy.In("nowhere"), _toy.Root], ["tunde"]));
        Assert.Equal(3, refused.Errors.Count);
        Assert.Contains("has no stage `tunde`. Did you mean `tuned`?", refused.Message, StringComparison.Ordinal);
    }

    private Task<RunResult> Train(string name, ulong seed, params string[] settings)
    {
        SweepRun run = _toy.Plan([], [seed], ["training.epochs=1", .. settings]).Runs[0];
        return new TrainingJob(run.Job, RunDirectory.CreateAt(_toy.In(name)), new ToySweep.Watcher()).RunAsync(false, null, default);
    }
}
