using DistEmbed.Coordinator.Local;
using DistEmbed.Coordinator.Reports;
using DistEmbed.Coordinator.Run;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Randomness;
using DistEmbed.Testing;

namespace DistEmbed.Cluster.Tests.Local;

public class RunTests
{
    [Fact]
    public async Task Frozen_rows_keep_every_bit_and_move_after_the_thaw()
    {
        JobSpec job = Toy.WithManyOptimizers(Toy.Job(Toy.Cnn)) with { Checkpoints = new CheckpointSpec { EverySteps = 1, Keep = 100 } };
        using var folder = new TempFolder();
        await Train(job, folder.In("run"));
        using TrainedRun initial = TrainedRun.OpenInitial(folder.In("run"));
        int rows = initial.Vocabulary.Rows;
        string output = initial.Plans.First(p => p.Spec.Group == "output").Spec.Name;
        float[] before = initial.ReadRows("embedding", 0, rows);
        for (int step = 1; step <= 7; step++)
        {
            using TrainedRun run = TrainedRun.Open(folder.In("run"), step: step);
            bool same = before.AsSpan().SequenceEqual(run.ReadRows("embedding", 0, rows));
            Assert.True(same == step < 6, $"step {step}"); // thawed from step 6 on
            Assert.NotEqual(initial.ReadRows(output, 0, 3), run.ReadRows(output, 0, 3));
        }
    }

    [Fact]
    public async Task A_run_resumed_from_any_step_ends_with_the_same_bits()
    {
        JobSpec job = Toy.WithManyOptimizers(Toy.Job(Toy.Cnn)) with { Checkpoints = new CheckpointSpec { EverySteps = 1, Keep = 100 } };
        using var folder = new TempFolder();
        RunResult whole = await Train(job, folder.In("run"));
        for (int step = whole.Steps - 1; step >= 1; step -= TestScope.Of(1, 4))
        {
            JobSpec shaped = job with { Cluster = new ClusterSpec { Workers = 1 + step % 3, Shards = 1 + step / 3 % 3 } };
            RunResult resumed = await Train(shaped, folder.In("run"), resume: true, fromStep: step);
            Assert.True(whole.TableHash == resumed.TableHash, $"from step {step}");
            Assert.Equal(whole.Test, resumed.Test);
            Assert.Equal(resumed.Pushes.Sent, resumed.Pushes.Applied);
        }
    }

    [Fact]
    public async Task A_run_that_is_stopped_anywhere_and_resumed_ends_with_the_same_bits()
    {
        JobSpec job = Toy.WithManyOptimizers(Toy.Job(Toy.Cnn)) with { Training = new TrainingSpec { Batch = 30, Slices = 3, Steps = 40 } };
        using var folder = new TempFolder();
        RunResult whole = await Train(job, folder.In("whole"));
        var random = new CounterRandom(1, RandomPurpose.DataSplit);
        for (int trial = 0; trial < TestScope.Of(4, 2); trial++)
        {
            int stopAt = random.NextInt(25);
            string path = folder.In($"stopped-{trial}");
            RunResult part = await Train(job, path, stopAt: stopAt);
            Assert.Equal(RunStatus.Interrupted, part.Status);
            Assert.InRange(part.Steps, stopAt, stopAt + RunState.GrantAhead);
            RunResult rest = await Train(job, path, resume: true);
            Assert.Equal((RunStatus.Done, whole.TableHash, whole.Test, whole.Dev), (rest.Status, rest.TableHash, rest.Test, rest.Dev));
        }
    }

    [Fact]
    public async Task Training_stops_when_dev_gets_no_better_and_the_best_weights_are_tested()
    {
        // Dev is labelled wrongly, so that it gets worse with every step and its best comes early.
        JobSpec job = Toy.Job(Toy.Cnn, dev: "mislabelled.txt") with
        {
            Training = new TrainingSpec { Batch = 30, Slices = 3, Steps = 200 },
            Evaluation = new EvaluationSpec { EverySteps = 2, Patience = 4 },
            Checkpoints = new CheckpointSpec { EverySteps = 3, Keep = 2 },
        };
        using var folder = new TempFolder();
        RunResult whole = await Train(job, folder.In("run"));
        Assert.InRange(whole.Steps, 8, 100);
        Assert.True(whole.WeightsStep < whole.Steps, $"best at step {whole.WeightsStep} of {whole.Steps}");

        PreparedStage stage = Toy.Prepare(job);
        using TrainedRun best = TrainedRun.Open(folder.In("run"));
        Assert.Equal(whole.WeightsStep, best.Step);
        Assert.Equal(whole.Test, best.Evaluate(stage.Data.Test!));
        using TrainedRun last = TrainedRun.Open(folder.In("run"), step: whole.Steps);
        Assert.NotEqual(whole.Test, last.Evaluate(stage.Data.Test!));

        await Train(job, folder.In("stopped"), stopAt: 1);
        RunResult resumed = await Train(job, folder.In("stopped"), resume: true);
        Assert.Equal((whole.TableHash, whole.Steps, whole.WeightsStep, whole.Test), (resumed.TableHash, resumed.Steps, resumed.WeightsStep, resumed.Test));
    }

    [Theory]
    [InlineData(Consistency.Bounded)]
    [InlineData(Consistency.Async)]
    public async Task Without_a_barrier_the_task_is_learned_and_every_push_applied_once(Consistency consistency)
    {
        JobSpec job = Toy.Job(new BagSpec()) with
        {
            Training = new TrainingSpec { Batch = 30, Slices = 3, Steps = 120, Consistency = consistency, Staleness = consistency == Consistency.Bounded ? 2 : null },
            Cluster = new ClusterSpec { Workers = 3, Shards = 2 },
        };
        using var folder = new TempFolder();
        RunResult result = await Train(job, folder.In("run"));
        Assert.Equal(RunStatus.Done, result.Status);
        Assert.InRange(result.Test!.Main, 0.85, 1);
        Assert.Equal(120 * 3 * 2, result.Pushes.Sent);
        Assert.Equal(result.Pushes.Sent, result.Pushes.Applied);
        Assert.Empty(result.Pushes.Rejected);
    }

    private static async Task<RunResult> Train(JobSpec job, string path, bool resume = false, int? fromStep = null, int? stopAt = null)
    {
        JobSpec fitting = (job with { Training = job.Training with { InstructionSet = LocalRun.Instructions } }).Resolved();
        Assert.Empty(JobValidator.Validate(fitting));
        using var stop = new CancellationTokenSource();
        var report = new Silent(happened =>
        {
            if ((happened is RunEvent.Settled settled && settled.Step.Step == stopAt) || (happened is RunEvent.Started && stopAt == 0))
                stop.Cancel();
        });
        RunDirectory directory = resume ? RunDirectory.Open(path) : RunDirectory.CreateAt(path);
        return await new TrainingJob(JobFile.Of(new JobStage(job.Name, fitting)), directory, report).RunAsync(resume, fromStep, stop.Token).WaitAsync(LocalRun.Deadline);
    }
}
