using DistEmbed.Coordinator.Run;
using DistEmbed.Protocol.Checkpoints;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Measures;
using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Randomness;
using DistEmbed.Worker.Corpus;

namespace DistEmbed.Cluster.Tests.Simulation;

/// <summary>Rows that workers keep change the traffic and no bit, whatever happens on the way.</summary>
public class KeptRowsSimulationTests
{
    private static readonly ExampleSet Data = MakeData();

    public static TheoryData<OptimizerSpec, int> Embeddings => new()
    {
        { new SgdSpec { LearningRate = 0.05 }, 1 },
        { new SgdSpec { LearningRate = 0.05 }, 9 },
        { new AdadeltaSpec { Untouched = UntouchedRows.Exact }, 9 },
        { new AdadeltaSpec { Untouched = UntouchedRows.Exact }, GroupTimeline.Never },
    };

    [Theory]
    [MemberData(nameof(Embeddings))]
    public void Kept_rows_change_no_bit_under_faults(OptimizerSpec embedding, int firstTuned)
    {
        RunSimulator expected = Simulate(embedding, firstTuned, 1, 1, new Faults(), 1, megabytes: 0);
        Assert.Equal(0, TotalsOf(expected).RowsKept);
        for (ulong seed = 1; seed <= 25; seed++)
        {
            var faults = new Faults(Duplicate: 0.05, Drop: 0.05, WorkerCrash: seed % 2 == 0 ? 0.005 : 0, Replay: seed % 3 == 0);
            RunSimulator run = Simulate(embedding, firstTuned, 1 + (int)(seed % 3), 2, faults, seed);
            Assert.True(expected.Hash == run.Hash, $"seed {seed}");
            Assert.Equal(expected.Outcome!.Test, run.Outcome!.Test);
            Assert.Equal(expected.Outcome.State.Evaluations, run.Outcome.State.Evaluations);
            Assert.Equal(TotalsOf(expected).RowsPulled, TotalsOf(run).RowsPulled + TotalsOf(run).RowsKept);
            Assert.True(TotalsOf(run).RowsKept > 0, $"seed {seed}");
            // What frozen rows are decides no bit of the tables, but of the losses.
            foreach ((double before, double now) in LossesOf(expected).Zip(LossesOf(run)))
                Assert.True(Math.Abs(before - now) <= 1e-12 * Math.Abs(before), $"seed {seed}");
        }
    }

    [Fact]
    public void Of_a_frozen_table_nothing_is_sent_after_the_first_epoch()
    {
        // Going back to the best weights would begin a generation, which reads anew.
        RunSimulator run = Simulate(new SgdSpec(), GroupTimeline.Never, 1, 2, new Faults(), 1, keepBest: false);
        Assert.True(run.RowAnswers.Where(a => a.Table == 0 && a.Step <= Epoch + 1).Sum(a => a.Rows) > 0);
        Assert.Equal(0, run.RowAnswers.Where(a => a.Table == 0 && a.Step > Epoch + 1).Sum(a => a.Rows));
        Assert.True(run.RowAnswers.Where(a => a.Table == 1 && a.Step > Epoch + 1).Sum(a => a.Rows) > 0);

        RunSimulator off = Simulate(new SgdSpec(), GroupTimeline.Never, 1, 2, new Faults(), 1, megabytes: 0, keepBest: false);
        Assert.True(off.RowAnswers.Where(a => a.Table == 0 && a.Step > Epoch + 1).Sum(a => a.Rows) > 0);
    }

    [Fact]
    public void Half_rows_end_with_the_same_bits_for_any_cluster_and_with_others_than_full_ones()
    {
        string full = Simulate(new SgdSpec(), 9, 1, 1, new Faults(), 1).Hash;
        string half = Simulate(new SgdSpec(), 9, 1, 1, new Faults(), 1, megabytes: 0, wire: RowFormat.Half).Hash;
        Assert.NotEqual(full, half);
        for (ulong seed = 1; seed <= 10; seed++)
            Assert.True(half == Simulate(new SgdSpec(), 9, 3, 2, new Faults(0.05, 0.05, 0.005), seed, wire: RowFormat.Half).Hash, $"seed {seed}");
    }

    // Forty examples, twelve a step.
    private const int Epoch = 10;

    private static RunTotals TotalsOf(RunSimulator run) => run.Outcome!.State.Totals;

    private static double[] LossesOf(RunSimulator run) =>
        [.. run.Events.OfType<RunEvent.Settled>().OrderBy(s => s.Step.Step).Select(s => s.Step.LossSum)];

    private static RunSimulator Simulate(
        OptimizerSpec embedding, int firstTuned, int workers, int shards, Faults faults, ulong seed, int megabytes = 1, RowFormat wire = RowFormat.Full, bool keepBest = true)
    {
        const int Steps = 24;
        var model = new TinyModel(50, 5);
        var job = new JobSpec
        {
            Name = "simulated",
            Data = new PlainTextData { Files = ["none"] },
            Model = new BagSpec(),
            Training = new TrainingSpec { Slices = 4, Steps = Steps, Wire = wire },
            Evaluation = new EvaluationSpec { EverySteps = 4, KeepBest = keepBest },
            Checkpoints = new CheckpointSpec { EverySteps = 5 },
            Cluster = new ClusterSpec { Workers = workers, Shards = shards, RowCacheMegabytes = megabytes },
        };
        OptimizerSpec Optimizer(string group) => group == "embedding" ? embedding : new SgdSpec { LearningRate = 0.05, Momentum = 0.9 };
        GroupTimeline Timeline(string group) => new(group, Optimizer(group), Steps, group == "embedding" ? firstTuned : 1);
        IReadOnlyList<TablePlan> Tables() => TablePlan.Of(model.Tables, Timeline, Optimizer, Steps);
        var plan = new RunPlan
        {
            Job = job,
            Fingerprint = "test",
            StepsPerEpoch = Epoch,
            TotalSteps = Steps,
            DevExamples = 130,
            TestExamples = 70,
            Measures = MeasureSet.Accuracy,
            Tables = Tables(),
        };
        var simulator = new RunSimulator(plan, Tables, model, Data, faults, seed);
        simulator.Run();
        return simulator;
    }

    private static ExampleSet MakeData()
    {
        var random = new CounterRandom(5, RandomPurpose.DataSplit);
        var starts = new List<int> { 0 };
        var tokens = new List<int>();
        for (int example = 0; example < 40; example++)
        {
            int length = random.NextInt(7);
            for (int i = 0; i < length; i++)
                tokens.Add(random.NextInt(50));
            starts.Add(tokens.Count);
        }

        return new ExampleSet([.. starts], [.. tokens], new int[40]);
    }
}
