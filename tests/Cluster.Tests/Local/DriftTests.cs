using DistEmbed.Coordinator.Local;
using DistEmbed.Coordinator.Reports;
using DistEmbed.Coordinator.Run;
using DistEmbed.Protocol.Checkpoints;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Testing;
using DistEmbed.Worker.Evaluation;

namespace DistEmbed.Cluster.Tests.Local;

/// <summary>drift.jsonl: a function of the checkpoints, whatever wrote them.</summary>
public class DriftTests
{
    /// <summary>Under momentum and decay untouched rows move too, so that what rows owe has to be made up for; the embedding is frozen until step 6.</summary>
    private static JobSpec Job => Toy.WithManyOptimizers(Toy.Job(Toy.Cnn)) with { Checkpoints = new CheckpointSpec { EverySteps = 1, Keep = 1 }, Evaluation = new EvaluationSpec { EverySteps = 7, KeepBest = false } };

    [Fact]
    public async Task One_shard_or_three_write_the_same_bytes_and_frozen_steps_move_nothing()
    {
        using var folder = new TempFolder();
        var told = new List<DriftRecord>();
        await Train(Job with { Cluster = new ClusterSpec { Workers = 2, Shards = 1 } }, folder.In("one"), told: told.Add);
        await Train(Job with { Cluster = new ClusterSpec { Workers = 1, Shards = 3 } }, folder.In("three"));
        Assert.Equal(Bytes(folder, "one"), Bytes(folder, "three"));
        Assert.Equal(File.ReadAllBytes(folder.In("one/neighbors.json")), File.ReadAllBytes(folder.In("three/neighbors.json")));
        IReadOnlyList<DriftRecord> log = DriftLog.Read(folder.In("one/drift.jsonl"));
        Assert.Equal(Enumerable.Range(1, 14), log.Select(r => r.Step));
        Assert.Equal(log.Select(r => r.Step), told.Select(r => r.Step));
        Assert.All(log, r => Assert.Equal(r.Step >= 6, r.Tables[0].Whole().MovedShare > 0));
        Assert.All(log.Where(r => r.Step >= 6), r => Assert.Equal(r.Tables[0].Whole().Rows, r.Tables[0].Whole().Moved)); // decay moves every row, touched or not
        Assert.All(log, r => Assert.Null(r.PassedOver));
    }

    [Fact]
    public async Task The_files_of_a_checkpoint_give_what_its_rows_in_memory_give()
    {
        using var folder = new TempFolder();
        await Train(Job with { Checkpoints = new CheckpointSpec { EverySteps = 3, Keep = 9 } }, folder.In("run"));
        foreach (DriftRecord record in DriftLog.Read(folder.In("run/drift.jsonl")))
        {
            using TrainedRun before = TrainedRun.OpenInitial(folder.In("run")), after = TrainedRun.Open(folder.In("run"), step: record.Step);
            StageRows start = after.ReadStart();
            WordVectors first = before.ReadVectors(), last = after.ReadVectors();
            DriftReport expected = DriftMeasure.Of(after.Vocabulary, 12, (row, values) => first.Vector(row).Span.CopyTo(values), start.First("embedding").HasVector, visitor =>
            {
                for (int row = 0; row < after.Vocabulary.Rows; row++)
                    visitor(row, last.Vector(row).Span);
            }).Report("embedding", DriftRecord.WordsNamed);
            Assert.Equal(Text(expected), Text(record.Tables[0]));
            Assert.InRange(expected.Classes.Single(c => c.Name == DriftClass.NoVector).Rows, 1, expected.Whole().Rows - 1);
        }

        static string Text(DriftReport report) => System.Text.Json.JsonSerializer.Serialize(report);
    }

    [Fact]
    public async Task Going_back_drops_later_lines_and_ends_with_the_same_bytes()
    {
        JobSpec job = Job with { Checkpoints = new CheckpointSpec { EverySteps = 1, Keep = 100 } };
        using var folder = new TempFolder();
        await Train(job, folder.In("run"));
        byte[] whole = Bytes(folder, "run");
        var told = new List<DriftRecord>();
        int stoppedAt = (await Train(job, folder.In("run"), resume: true, fromStep: 5, stopAt: 6, told: told.Add)).Steps;
        Assert.Equal(5, told[0].Step); // what the status shows until the next one
        Assert.Equal(Enumerable.Range(1, stoppedAt), DriftLog.Read(folder.In("run/drift.jsonl")).Select(r => r.Step));
        Assert.False(File.Exists(folder.In("run/neighbors.json")));
        await Train(job, folder.In("run"), resume: true);
        Assert.Equal(whole, Bytes(folder, "run"));
        // A process that died before it had measured its last checkpoint.
        string[] lines = File.ReadAllLines(folder.In("run/drift.jsonl"));
        File.WriteAllText(folder.In("run/drift.jsonl"), string.Concat(lines[..6].Select(l => l + "\n")) + lines[6][..40]);
        await Train(job, folder.In("run"), resume: true, fromStep: 7);
        Assert.Equal(whole, Bytes(folder, "run"));
    }

    [Fact]
    public async Task A_checkpoint_that_is_removed_before_it_is_measured_gets_its_line()
    {
        using var folder = new TempFolder();
        await Train(Job with { Checkpoints = new CheckpointSpec { EverySteps = 1, Keep = 100 } }, folder.In("run"));
        byte[] whole = Bytes(folder, "run");
        RunDirectory directory = RunDirectory.Open(folder.In("run"));
        StageRows stage = StageRows.Of(Toy.Prepare(Job));
        using var held = new ManualResetEventSlim();
        using (CheckpointWatch<DriftRecord> watch = DriftWatch.Start(directory, stage, null, _ => Assert.True(held.Wait(LocalRun.Deadline)))!)
        {
            foreach (CheckpointEntry entry in directory.Checkpoints.List().Reverse())
            {
                watch.OnEvent(new RunEvent.CheckpointCommitted(entry.Step, CheckpointKind.Periodic));
                watch.OnEvent(new RunEvent.CheckpointCommitted(entry.Step, CheckpointKind.Final)); // the same rows
                Directory.Delete(entry.Path, recursive: true);
            }

            held.Set();
        }

        Assert.Equal(whole, Bytes(folder, "run"));
    }

    [Fact]
    public async Task Of_more_checkpoints_than_may_wait_the_oldest_are_passed_over_and_a_line_tells_how_many()
    {
        const int Steps = CheckpointWatch<DriftRecord>.MaxWaiting + 5;
        using var folder = new TempFolder();
        await Train(Job with { Training = new TrainingSpec { Batch = 30, Slices = 3, Steps = Steps }, Checkpoints = new CheckpointSpec { EverySteps = 1, Keep = 100 } }, folder.In("run"));
        RunDirectory directory = RunDirectory.Open(folder.In("run"));
        using ManualResetEventSlim held = new(), busy = new();
        using (CheckpointWatch<DriftRecord> watch = DriftWatch.Start(directory, StageRows.Of(Toy.Prepare(Job)), null, _ =>
        {
            busy.Set();
            Assert.True(held.Wait(LocalRun.Deadline));
        })!)
        {
            watch.OnEvent(new RunEvent.CheckpointCommitted(1, CheckpointKind.Periodic));
            Assert.True(busy.Wait(LocalRun.Deadline));
            for (int step = 2; step <= Steps; step++)
                watch.OnEvent(new RunEvent.CheckpointCommitted(step, CheckpointKind.Periodic));
            held.Set();
        }

        Assert.Equal(
            [(1, null), (6, 4), .. Enumerable.Range(7, Steps - 6).Select(step => (step, (int?)null))],
            DriftLog.Read(folder.In("run/drift.jsonl")).Select(r => (r.Step, r.PassedOver)));
    }

    [Fact]
    public async Task A_checkpoint_that_does_not_read_ends_the_run()
    {
        using var folder = new TempFolder();
        await Train(Job with { Checkpoints = new CheckpointSpec { Keep = 100 } }, folder.In("run"));
        RunDirectory directory = RunDirectory.Open(folder.In("run"));
        CheckpointEntry entry = directory.Checkpoints.Get(14);
        string file = Directory.GetFiles(entry.Path, "*.rows")[0];
        byte[] bytes = File.ReadAllBytes(file);
        bytes[^40] ^= 1;
        File.WriteAllBytes(file, bytes);
        CheckpointWatch<DriftRecord> watch = DriftWatch.Start(directory, StageRows.Of(Toy.Prepare(Job)), null, _ => { })!;
        watch.OnEvent(new RunEvent.CheckpointCommitted(14, CheckpointKind.Final));
        Assert.Contains("the checkpoint of step 14", Assert.Throws<RunFailedException>(watch.Dispose).Message, StringComparison.Ordinal);
    }

    private static byte[] Bytes(TempFolder folder, string run) => File.ReadAllBytes(folder.In($"{run}/drift.jsonl"));

    private static async Task<RunResult> Train(JobSpec job, string path, bool resume = false, int? fromStep = null, int? stopAt = null, Action<DriftRecord>? told = null)
    {
        JobSpec fitting = (job with { Training = job.Training with { InstructionSet = LocalRun.Instructions } }).Resolved();
        Assert.Empty(JobValidator.Validate(fitting));
        using var stop = new CancellationTokenSource();
        var report = new Silent(
            happened =>
            {
                if (happened is RunEvent.Settled settled && settled.Step.Step == stopAt)
                    stop.Cancel();
            },
            told);
        RunDirectory directory = resume ? RunDirectory.Open(path) : RunDirectory.CreateAt(path);
        return await new TrainingJob(JobFile.Of(new JobStage(job.Name, fitting)), directory, report).RunAsync(resume, fromStep, stop.Token).WaitAsync(LocalRun.Deadline);
    }
}
