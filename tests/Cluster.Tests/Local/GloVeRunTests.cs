using DistEmbed.Coordinator.Local;
using DistEmbed.Coordinator.Reports;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Vectors;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Testing;
using DistEmbed.Worker.Evaluation;

namespace DistEmbed.Cluster.Tests.Local;

/// <summary>GloVe from text to vectors. That its bits are those of a plain loop and of any grid is in <see cref="SameBitsTests"/>.</summary>
public sealed class GloVeRunTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private static JobSpec Job => Toy.Words(new GloVeSpec { Window = 4, XMax = 3 }) with
    {
        Optimizers = new Dictionary<string, OptimizerSpec> { ["default"] = new AdaGradSpec { LearningRate = 0.5, InitialAccumulator = 25 } },
        Checkpoints = new CheckpointSpec { EverySteps = 5, Keep = 9 },
    };

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_run_that_goes_on_with_other_workers_shards_and_memory_ends_on_the_same_bits()
    {
        RunResult whole = await Train(Job with { Cluster = new ClusterSpec { Workers = 3, Shards = 2 } }, "whole");
        await Train(Job with { Cluster = new ClusterSpec { Workers = 1, Shards = 1, CellMegabytes = 0 } }, "parts");
        RunResult parts = await Train(Job with { Cluster = new ClusterSpec { Workers = 2, Shards = 3 } }, "parts", fromStep: 5);
        Assert.Equal((14, whole.TableHash), (parts.Steps, parts.TableHash));
        Assert.Equal(["context", "context.bias", "embedding", "embedding.bias"], whole.Tables.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_loss_falls_below_its_half()
    {
        await Train(Job with { Training = Job.Training with { Steps = 300 }, Report = new ReportSpec { MetricsEverySteps = 20 } }, "run");
        double[] losses = [.. MetricsLog.Read(_folder.In("run/metrics.jsonl")).Select(line => line.Loss)];
        Assert.True(losses[^1] < losses[0] / 2, string.Join(' ', losses));
    }

    [Theory]
    [InlineData(GloVeVectors.Sum)]
    [InlineData(GloVeVectors.Embedding)]
    public async Task A_words_vector_is_the_sum_of_its_rows_unless_the_job_says_otherwise(GloVeVectors vectors)
    {
        JobSpec job = Job with { Model = (GloVeSpec)Job.Model with { WordVectors = vectors } };
        await Train(job, "run");
        using TrainedRun run = TrainedRun.Open(_folder.In("run"));
        int rows = run.Vocabulary.Rows, dimension = run.Dimension;
        float[] expected = run.ReadRows("embedding", 0, rows);
        Assert.All(new[] { "embedding", "context" }, table => Assert.Contains(run.ReadRows(table, 0, rows), v => Math.Abs(v) > 1e-3f));
        if (vectors == GloVeVectors.Sum)
            expected = [.. expected.Zip(run.ReadRows("context", 0, rows), (word, context) => word + context)];

        Assert.Equal(expected, Scanned(rows, dimension, run.ScanVectors()));
        WordVectors read = run.ReadVectors();
        Assert.Equal(expected, Enumerable.Range(0, rows).SelectMany(row => read.Vector(row).ToArray()));
        StageRows stage = run.ReadStart();
        using (CheckpointRows files = CheckpointRows.Open(run.Directory.Checkpoints.Get(run.Step)))
            Assert.Equal(expected, Scanned(rows, dimension, stage.Scan(files)));
        LoadedVectors written = VectorLoader.Load(_folder.In("run/vectors.bin"), run.Vocabulary, lowerCaseFallback: false);
        Assert.Equal(expected[(WordVocabulary.FirstWordRow * dimension)..], written.Values);

        using TrainedRun initial = TrainedRun.OpenInitial(_folder.In("run"));
        Assert.Equal(Scanned(rows, dimension, initial.ScanVectors()), Scanned(rows, dimension, stage.ScanStart()));
    }

    [Fact]
    public async Task A_later_stage_starts_from_the_sums()
    {
        var file = JobFile.Parse($$"""
            {
              "name": "two", "data": { "format": "plain-text", "root": {{System.Text.Json.JsonSerializer.Serialize(((PlainTextData)Job.Data).Root)}}, "files": ["train.txt"] },
              "vectors": { "dimension": 6 }, "model": { "kind": "glove", "window": 3, "xMax": 2 },
              "optimizers": { "default": { "kind": "adagrad", "learningRate": 0.5, "initialAccumulator": 25 } }, "training": { "batch": 500, "steps": 3 },
              "stages": [ { "name": "first" }, { "name": "second", "vectors": { "file": "stage:first", "dimension": null }, "model": { "wordVectors": "embedding" } } ]
            }
            """, "two.json");
        await new TrainingJob(file, RunDirectory.CreateAt(_folder.In("run")), new Silent()).RunAsync(resume: false, fromStep: null, CancellationToken.None).WaitAsync(LocalRun.Deadline);
        using TrainedRun first = TrainedRun.Open(_folder.In("run"), "first"), start = TrainedRun.OpenInitial(_folder.In("run"), "second");
        Assert.Equal(Scanned(first.Vocabulary.Rows, 6, first.ScanVectors()), Scanned(first.Vocabulary.Rows, 6, start.ScanVectors()));
    }

    private static float[] Scanned(int rows, int dimension, WordRowScan scan)
    {
        var values = new float[rows * dimension];
        scan((row, of) => of.CopyTo(values.AsSpan(row * dimension)));
        return values;
    }

    private async Task<RunResult> Train(JobSpec job, string name, int? fromStep = null)
    {
        string path = _folder.In(name);
        var training = new TrainingJob(
            JobFile.Of(new JobStage("glove", (job with { Training = job.Training with { InstructionSet = LocalRun.Instructions } }).Resolved())),
            fromStep is null ? RunDirectory.CreateAt(path) : RunDirectory.Open(path), new Silent());
        return await training.RunAsync(resume: fromStep is not null, fromStep, CancellationToken.None).WaitAsync(LocalRun.Deadline);
    }
}
