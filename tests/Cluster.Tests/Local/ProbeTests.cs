using DistEmbed.Coordinator.Local;
using DistEmbed.Coordinator.Reports;
using DistEmbed.Coordinator.Run;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Testing;
using DistEmbed.Worker.Evaluation.Intrinsic;

namespace DistEmbed.Cluster.Tests.Local;

/// <summary>probes.jsonl: a function of the checkpoints, whatever wrote them, and nothing to the training.</summary>
public sealed class ProbeTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public ProbeTests()
    {
        File.WriteAllText(_folder.In("pairs.txt"), "shared1 shared2 9\nshared3 shared4 3\nown0x1 own0x2 8\nown0x1 own2x1 1\nshared5 OWN1X1 4\nshared6 nowhere 2\n");
        File.WriteAllText(_folder.In("questions.txt"), ": own\nown0x1 own1x1 own0x2 own1x2\nown0x1 own2x1 own0x3 own2x3\n: gram\nshared1 shared2 shared3 shared4\nshared1 nowhere shared3 shared4\n");
    }

    /// <summary>Every row is moved at every step, touched or not, from step 6 on.</summary>
    private JobSpec Job => Toy.WithManyOptimizers(Toy.Job(Toy.Cnn)) with
    {
        Checkpoints = new CheckpointSpec { EverySteps = 1, Keep = 100 },
        Evaluation = new EvaluationSpec
        {
            EverySteps = 7,
            KeepBest = false,
            Probes =
            [
                new ProbeSpec { Pairs = _folder.In("pairs.txt") }, new ProbeSpec { Analogies = _folder.In("questions.txt"), Restrict = 55 },
                new ProbeSpec { Analogies = _folder.In("questions.txt"), Method = AnalogyMethod.Mul, Missing = MissingWords.Zero, CaseSensitive = true },
            ],
        },
    };

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task One_shard_or_three_write_the_same_bytes_and_the_training_is_that_without_probes()
    {
        var told = new List<ProbeRecord>();
        RunResult one = await Train(Job with { Cluster = new ClusterSpec { Workers = 2, Shards = 1 } }, "one", told: told.Add);
        RunResult three = await Train(Job with { Cluster = new ClusterSpec { Workers = 1, Shards = 3 } }, "three");
        RunResult without = await Train(Job with { Evaluation = Job.Evaluation with { Probes = [] } }, "without");
        Assert.Equal(Bytes("one"), Bytes("three"));
        Assert.Equal([without.TableHash, without.TableHash], new[] { one.TableHash, three.TableHash });
        Assert.False(File.Exists(_folder.In("without/probes.jsonl")));
        IReadOnlyList<ProbeRecord> log = ProbeLog.Read(_folder.In("one/probes.jsonl"));
        Assert.Equal(Enumerable.Range(0, 15), log.Select(r => r.Step));
        Assert.Equal(log.Select(r => r.Text()), told.Select(r => r.Text()));
        Assert.Equal(["pairs", "questions (55 words)", "questions (case counts, missing count, 3CosMul)"], log[0].Probes.Select(p => p.Name));
        Assert.Equal([(6, 5), (4, 3)], log[0].Probes.Where((_, i) => i != 1).Select(p => (p.Size, p.Covered)));
        Assert.All(log, r => Assert.Equal(r.Step < 6, r.Probes[0].Pearson == log[0].Probes[0].Pearson)); // frozen before
        Assert.All(log, r => Assert.Null(r.PassedOver));
    }

    [Fact]
    public async Task The_files_of_a_checkpoint_give_what_its_rows_in_memory_give()
    {
        await Train(Job, "run");
        IReadOnlyList<Probe> probes = Probe.ReadAll(Job);
        foreach (ProbeRecord record in ProbeLog.Read(_folder.In("run/probes.jsonl")))
        {
            using TrainedRun run = record.Step == 0 ? TrainedRun.OpenInitial(_folder.In("run")) : TrainedRun.Open(_folder.In("run"), step: record.Step);
            var words = WordDirections.Of(run.Vocabulary, run.Dimension, int.MaxValue, run.ScanOf("embedding"));
            var expected = new ProbeRecord(record.Step, record.Epoch, [.. probes.Select(p => p.Measure(words))]);
            Assert.Equal(Text(expected), Text(record));
        }

        static string Text(ProbeRecord record) => System.Text.Json.JsonSerializer.Serialize(record);
    }

    [Fact]
    public async Task Going_back_drops_later_lines_and_ends_with_the_same_bytes()
    {
        await Train(Job, "run");
        byte[] whole = Bytes("run");
        var told = new List<ProbeRecord>();
        int stoppedAt = (await Train(Job, "run", resume: true, fromStep: 5, stopAt: 6, told: told.Add)).Steps;
        Assert.Equal(5, told[0].Step);
        Assert.Equal(Enumerable.Range(0, stoppedAt + 1), ProbeLog.Read(_folder.In("run/probes.jsonl")).Select(r => r.Step));
        await Train(Job, "run", resume: true);
        Assert.Equal(whole, Bytes("run"));
        // Without probes the lines of steps that are taken again go too; with them again the start is measured again where no line is left.
        await Train(Job with { Evaluation = Job.Evaluation with { Probes = [] } }, "run", resume: true, fromStep: 7);
        Assert.Equal(Enumerable.Range(0, 8), ProbeLog.Read(_folder.In("run/probes.jsonl")).Select(r => r.Step));
        File.Delete(_folder.In("run/probes.jsonl"));
        await Train(Job, "run", resume: true, fromStep: 12);
        Assert.Equal([0, 12, 13, 14], ProbeLog.Read(_folder.In("run/probes.jsonl")).Select(r => r.Step));
    }

    [Fact]
    public async Task What_is_wrong_with_the_files_is_told_before_anything_is_trained()
    {
        File.WriteAllText(_folder.In("bad.txt"), ": s\na b c\n");
        JobSpec job = Job with
        {
            Evaluation = new EvaluationSpec
            {
                EverySteps = 7,
                Probes = [new ProbeSpec { Pairs = _folder.In("pairs.txt") }, new ProbeSpec { Pairs = "none.txt" }, new ProbeSpec { Analogies = _folder.In("bad.txt") }, new ProbeSpec { Analogies = _folder.Path }],
            },
        };
        InvalidInputException refused = await Assert.ThrowsAsync<InvalidInputException>(() => Train(job, "run"));
        Assert.Equal(["evaluation.probes.1.pairs", $"{_folder.In("bad.txt")}:2", "evaluation.probes.3.analogies"], refused.Errors.Select(e => e.Where));
        Assert.Contains("data.root, which is", refused.Errors[0].Fix, StringComparison.Ordinal);
    }

    private byte[] Bytes(string run) => File.ReadAllBytes(_folder.In($"{run}/probes.jsonl"));

    private async Task<RunResult> Train(JobSpec job, string name, bool resume = false, int? fromStep = null, int? stopAt = null, Action<ProbeRecord>? told = null)
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
            onProbed: told);
        RunDirectory directory = resume ? RunDirectory.Open(_folder.In(name)) : RunDirectory.CreateAt(_folder.In(name));
        return await new TrainingJob(JobFile.Of(new JobStage(job.Name, fitting)), directory, report).RunAsync(resume, fromStep, stop.Token).WaitAsync(LocalRun.Deadline);
    }
}
