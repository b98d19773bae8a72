using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using DistEmbed.Coordinator.Local;
using DistEmbed.Coordinator.Reports;
using DistEmbed.Coordinator.Run;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Testing;
using Xunit.Abstractions;

namespace DistEmbed.Cluster.Tests.Local;

/// <summary>Sync mode: the same bits for any number of workers and shards, and those that a plain loop computes.</summary>
public class SameBitsTests(ITestOutputHelper output)
{
    public static TheoryData<string> Jobs => ["cnn", "multichannel", "many optimizers", "bag", "lstm", "tagger", "cbow", "skip-gram", "hierarchy", "glove", "parser", "trees", "binary trees", "tree pairs"];

    [Theory]
    [MemberData(nameof(Jobs))]
    public async Task A_run_computes_what_a_plain_loop_computes(string name)
    {
        PreparedStage stage = Toy.Prepare(JobOf(name));
        using var folder = new TempFolder();
        RunOutcome outcome = await LocalRun.Run(stage, LocalRun.PlanOf(stage, 2, 2), folder.Checkpoints);
        Assert.Equal(new ReferenceTrainer(stage).Train(), outcome.TableHashes);
    }

    [LongTheory]
    [MemberData(nameof(Jobs))]
    public async Task One_two_and_three_workers_end_with_the_same_bits(string name)
    {
        PreparedStage stage = Toy.Prepare(JobOf(name));
        string[] hashes = [await LocalRun.HashOf(stage, 1, 1), await LocalRun.HashOf(stage, 2, 1), await LocalRun.HashOf(stage, 3, 1)];
        Assert.Single(hashes.Distinct());
    }

    [Fact]
    public void Every_kind_of_model_is_tried()
    {
        IEnumerable<object?> all = typeof(ModelSpec).GetCustomAttributes<JsonDerivedTypeAttribute>(inherit: false).Select(kind => kind.TypeDiscriminator).Where(kind => !kind!.Equals("custom")); // whose sample is tried by its own tests
        Assert.Empty(all.Except(Jobs.Cast<object[]>().Select(job => JsonSerializer.SerializeToNode(JobOf((string)job[0]).Model, JobJson.Options)!["kind"]!.GetValue<string>())));
    }

    [Theory]
    [InlineData("many optimizers")]
    [InlineData("bag")]
    [InlineData("lstm")]
    [InlineData("tagger")]
    [InlineData("cbow")]
    [InlineData("hierarchy")]
    [InlineData("glove")]
    [InlineData("trees")]
    [InlineData("binary trees")]
    [InlineData("tree pairs")]
    public async Task Small_jobs_end_with_the_same_bits_on_every_grid(string name) => await LocalRun.SameHashOnEveryGrid(Toy.Prepare(JobOf(name)));

    [Fact]
    public async Task The_quickstart_ends_with_the_same_bits_on_every_grid()
    {
        JobSpec[] specs = [.. JobFile.Load(Checkout.In("deploy", "jobs", "quickstart.json")).Stages.Select(s => s.Spec)];
        JobSpec vectors = specs[0] with
        {
            Training = specs[0].Training with { Epochs = null, Steps = 6, InstructionSet = LocalRun.Instructions },
        };
        JobSpec tuned = specs[^1] with
        {
            Data = (DotnetDocsData)specs[^1].Data with { DevPerArea = 5, TestPerArea = 5 },
            Training = specs[^1].Training with { Epochs = null, Steps = 9 },
            Freeze = [specs[^1].Freeze[0] with { UntilEpoch = null, UntilStep = 5, WarmupSteps = 3 }],
            Evaluation = new EvaluationSpec { EverySteps = 4 },
            Checkpoints = new CheckpointSpec { EverySteps = 6 },
        };
        using var folder = new TempFolder();
        string runs = folder.In("vectors");
        var first = new TrainingJob(JobFile.Of(new JobStage("vectors", vectors)), RunDirectory.CreateAt(runs), new Silent());
        RunResult result = await first.RunAsync(resume: false, fromStep: null, CancellationToken.None).WaitAsync(LocalRun.Deadline);
        Assert.Equal(RunStatus.Done, result.Status);

        PreparedStage words = LocalRun.Prepare(vectors);
        Assert.Equal(result.TableHash, await LocalRun.HashOf(words, 1, 1));
        Assert.Equal(result.TableHash, await LocalRun.HashOf(words, 3, 3));
        await LocalRun.SameHashOnEveryGrid(LocalRun.Prepare(tuned, Path.Combine(runs, TrainingJob.VectorsFileName)));
    }

    [Fact]
    public async Task Kims_sentence_classifier_ends_with_the_same_bits_on_every_grid()
    {
        if (!SharedData.TryFind("sst/stsa.binary.train", out string train) || !SharedData.TryFind("vectors/glove.6B.100d.subset.txt.gz", out string vectors))
        {
            output.WriteLine($"not run: there is no {train}");
            return;
        }

        PreparedStage stage = LocalRun.Prepare(new JobSpec
        {
            Name = "kim-sst2-nonstatic",
            Data = new LabelledLinesData
            {
                Root = SharedData.Root,
                Train = "sst/stsa.binary.train",
                Dev = "sst/stsa.binary.dev",
                Test = "sst/stsa.binary.test",
                Tokenizer = TokenizerKind.Sst,
            },
            Vectors = new VectorsSpec { File = vectors },
            Model = new TextCnnSpec(),
            Optimizers = new Dictionary<string, OptimizerSpec> { ["default"] = new AdadeltaSpec { Untouched = UntouchedRows.Exact } },
            Training = new TrainingSpec { Batch = 50, Slices = 2, Steps = 8 },
            Evaluation = new EvaluationSpec { EverySteps = 100 },
        });
        // The whole dev and test parts would take most of the time and add nothing to the hash.
        await LocalRun.SameHashOnEveryGrid(stage with { Data = stage.Data with { Dev = null, Test = null } });
    }

    private static JobSpec JobOf(string name) => name switch
    {
        "cnn" => Toy.Job(Toy.Cnn) with { Optimizers = new Dictionary<string, OptimizerSpec> { ["default"] = new AdadeltaSpec { Untouched = UntouchedRows.Exact } } },
        "multichannel" => Toy.Job(Toy.Cnn with { Channels = ChannelMode.Multichannel }),
        "many optimizers" => Toy.WithManyOptimizers(Toy.Job(Toy.Cnn)),
        "bag" => Toy.Job(new BagSpec()) with { Optimizers = new Dictionary<string, OptimizerSpec> { ["default"] = new AdamSpec(), ["output"] = new AdaGradSpec { LearningRate = 0.1 } } },
        "lstm" => Toy.Job(new LstmSpec { Hidden = 9, Layers = 2, Bidirectional = true }),
        "tagger" => Toy.Tags(new TaggerSpec { Hidden = 9 }),
        "cbow" => Toy.Words(new CbowSpec { Window = 3 }),
        "hierarchy" => Toy.Words(new CbowSpec { Window = 3, Output = WordOutput.HierarchicalSoftmax }),
        "glove" => Toy.Words(new GloVeSpec { Window = 4, XMax = 3 }) with { Cluster = new ClusterSpec { CellMegabytes = 0 } },
        "parser" => Toy.Job(new ParserSpec { Hidden = 20, SymbolDimension = 5 }) with { Data = Toy.Dependencies },
        "trees" => Toy.Trees(),
        "binary trees" => Toy.BinaryTrees(),
        "tree pairs" => Toy.TreePairs(),
        "skip-gram" => Toy.Words(new SkipGramSpec { Window = 3 }),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, null),
    };
}
