using Akka.Actor;
using DistEmbed.Coordinator.Local;
using DistEmbed.Coordinator.Run;
using DistEmbed.Protocol.Checkpoints;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Testing;
using DistEmbed.Worker.Models;

namespace DistEmbed.Cluster.Tests.Local;

public class FailureTests
{
    private static readonly PreparedStage Stage = Toy.Prepare(Toy.Job(new BagSpec()) with
    {
        Training = new TrainingSpec { Batch = 30, Slices = 3, Steps = 30 },
        Checkpoints = new CheckpointSpec { EverySteps = 4 },
    });

    [Theory]
    [InlineData("train")]
    [InlineData("prepare")]
    [InlineData("nan")]
    public async Task A_model_that_fails_ends_the_run_with_worker_and_step_and_leaves_a_whole_checkpoint(string what)
    {
        using var folder = new TempFolder();
        RunPlan plan = LocalRun.PlanOf(Stage, 2, 2);
        RunFailedException failed = await Assert.ThrowsAsync<RunFailedException>(() =>
            LocalRun.Run(Stage, plan, folder.Checkpoints, wrap: model => new Disturbed(model, what, step: 11)));
        Assert.Matches(@"^worker-\d: ", failed.Message);
        Assert.Contains("step 11", failed.Message);
        Assert.Contains(what == "nan" ? "not a finite number" : "went wrong", failed.Message);

        CheckpointChoice choice = folder.Checkpoints.LatestGood();
        Assert.True(choice.Found);
        Assert.Empty(choice.Problems);
        Assert.Contains(choice.Entry.Step, new[] { 4, 7, 8 }); // the last before it, or the one before if that was not written yet; 7 is the first best
        RunOutcome resumed = await LocalRun.Run(Stage, LocalRun.PlanOf(Stage, 2, 2, choice.Manifest), folder.Checkpoints);
        Assert.Equal(await LocalRun.HashOf(Stage, 1, 1), TableHash.Of(resumed.TableHashes));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(9)]
    [InlineData(17)]
    public async Task Slices_of_a_worker_that_stops_go_to_the_others(int step)
    {
        using var folder = new TempFolder();
        ActorSystem? system = null;
        RunOutcome outcome = await LocalRun.Run(Stage, LocalRun.PlanOf(Stage, 3, 2), folder.Checkpoints, started: s => system = s, watch: happened =>
        {
            if (happened is RunEvent.Settled settled && settled.Step.Step == step)
            {
                system!.ActorSelection("/user/worker-0").Tell(PoisonPill.Instance);
                system.ActorSelection("/user/worker-2").Tell(Kill.Instance);
            }
        });
        Assert.Equal(await LocalRun.HashOf(Stage, 1, 1), TableHash.Of(outcome.TableHashes));
    }

    [Fact]
    public async Task A_run_without_workers_ends()
    {
        using var folder = new TempFolder();
        ActorSystem? system = null;
        RunFailedException failed = await Assert.ThrowsAsync<RunFailedException>(() =>
            LocalRun.Run(Stage, LocalRun.PlanOf(Stage, 2, 2), folder.Checkpoints, started: s => system = s, watch: happened =>
            {
                if (happened is RunEvent.Settled { Step.Step: 5 })
                    system!.ActorSelection("/user/worker-*").Tell(PoisonPill.Instance);
            }));
        Assert.Contains("no worker is left", failed.Message);
    }

    [Fact]
    public async Task A_shard_that_stops_ends_the_run()
    {
        using var folder = new TempFolder();
        ActorSystem? system = null;
        RunFailedException failed = await Assert.ThrowsAsync<RunFailedException>(() =>
            LocalRun.Run(Stage, LocalRun.PlanOf(Stage, 2, 2), folder.Checkpoints, started: s => system = s, watch: happened =>
            {
                if (happened is RunEvent.Settled { Step.Step: 5 })
                    system!.ActorSelection("/user/shard-1").Tell(PoisonPill.Instance);
            }));
        Assert.Equal("shard-1: stopped", failed.Message);
    }

    [Fact]
    public async Task Whoever_watches_and_throws_ends_the_run_with_that()
    {
        using var folder = new TempFolder();
        IOException full = await Assert.ThrowsAsync<IOException>(() => LocalRun.Run(Stage, LocalRun.PlanOf(Stage, 2, 2), folder.Checkpoints, watch: happened =>
        {
            if (happened is RunEvent.Settled { Step.Step: 5 })
                throw new IOException("No space left on device");
        }));
        Assert.Equal("No space left on device", full.Message);
    }

    private sealed class Disturbed(IEmbeddingModel model, string what, int step) : IEmbeddingModel
    {
        public IReadOnlyList<TableSpec> Tables => model.Tables;

        public PreparedSlice Prepare(Slice slice) =>
            what == "prepare" && slice.Step == step ? throw new InvalidOperationException("went wrong") : model.Prepare(slice);

        public SliceLoss Train(PreparedSlice prepared, IReadOnlyList<float[]> values, IReadOnlyList<float[]?> gradients)
        {
            if (what == "train" && prepared.Slice.Step == step)
                throw new InvalidOperationException("went wrong");
            SliceLoss loss = model.Train(prepared, values, gradients);
            return what == "nan" && prepared.Slice.Step == step ? loss with { Sum = double.NaN } : loss;
        }

        public float[] Predict(PreparedSlice prepared, IReadOnlyList<float[]> values) => model.Predict(prepared, values);

        public void Dispose() => model.Dispose();
    }
}
