using DistEmbed.Coordinator.Run;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Randomness;
using DistEmbed.Worker.Corpus;

namespace DistEmbed.Cluster.Tests.Simulation;

public class SimulatedRunTests
{
    private static readonly ExampleSet Data = MakeData();

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 3)]
    [InlineData(2, 2)]
    [InlineData(3, 1)]
    [InlineData(3, 5)]
    public void Sync_runs_end_with_the_same_bits_for_any_number_of_workers_and_shards(int workers, int shards) =>
        Assert.Equal(Simulate(1, 1, new Faults(), 1).Hash, Simulate(workers, shards, new Faults(), 7).Hash);

    [Fact]
    public void Lost_repeated_and_overtaking_row_messages_change_no_bit()
    {
        string expected = Simulate(1, 1, new Faults(), 1).Hash;
        for (ulong seed = 1; seed <= 40; seed++)
            Assert.True(expected == Simulate(2, 3, new Faults(Duplicate: 0.1, Drop: 0.1), seed).Hash, $"seed {seed}");
    }

    [Fact]
    public void Workers_that_die_and_are_replaced_change_no_bit()
    {
        string expected = Simulate(1, 1, new Faults(), 1).Hash;
        for (ulong seed = 1; seed <= 60; seed++)
            Assert.True(expected == Simulate(3, 2, new Faults(Duplicate: 0.03, Drop: 0.03, WorkerCrash: 0.01), seed).Hash, $"seed {seed}");
    }

    [Theory]
    [InlineData(Consistency.Bounded)]
    [InlineData(Consistency.Async)]
    public void Other_consistencies_end_and_apply_every_push_once(Consistency consistency)
    {
        for (ulong seed = 1; seed <= 20; seed++)
        {
            RunSimulator run = Simulate(3, 2, new Faults(Duplicate: 0.1, Drop: 0.05, WorkerCrash: 0.002), seed, consistency);
            Assert.Equal(run.Outcome!.State.Totals.PushesSent, run.Outcome.State.Totals.PushesApplied);
            Assert.Equal(24, run.Outcome.Step);
        }
    }

    [Fact]
    public void Every_evaluation_and_checkpoint_happens_at_its_step()
    {
        RunSimulator run = Simulate(2, 2, new Faults(), 3);
        Assert.Equal([6, 12, 18, 24], run.Events.OfType<RunEvent.Evaluated>().Select(e => e.Record.Step));
        Assert.Equal([5, 10, 15, 20], run.Events.OfType<RunEvent.CheckpointCommitted>().Select(c => c.Step).Where(s => s % 5 == 0));
        Assert.Contains(24, run.Events.OfType<RunEvent.CheckpointCommitted>().Select(c => c.Step));
        Assert.NotNull(run.Outcome!.Test);
    }

    private static RunSimulator Simulate(int workers, int shards, Faults faults, ulong seed, Consistency consistency = Consistency.Sync)
    {
        var model = new TinyModel(50, 5);
        var job = new JobSpec
        {
            Name = "simulated",
            Data = new PlainTextData { Files = ["none"] },
            Model = new BagSpec(),
            Training = new TrainingSpec { Slices = 4, Steps = 24, Consistency = consistency, Staleness = consistency == Consistency.Bounded ? 2 : null },
            Evaluation = new EvaluationSpec { EverySteps = 6 },
            Checkpoints = new CheckpointSpec { EverySteps = 5 },
            Cluster = new ClusterSpec { Workers = workers, Shards = shards },
        };
        OptimizerSpec Optimizer(string group) => group == "embedding"
            ? new AdadeltaSpec { Untouched = UntouchedRows.Exact }
            : new SgdSpec { LearningRate = 0.05, Momentum = 0.9 };
        GroupTimeline Timeline(string group) => new(group, Optimizer(group), 24, group == "embedding" ? 9 : 1, group == "embedding" ? 4 : 0);
        var plan = new RunPlan
        {
            Job = job,
            Fingerprint = "test",
            StepsPerEpoch = 6,
            TotalSteps = 24,
            DevExamples = 130,
            TestExamples = 70,
            Tables = TablePlan.Of(model.Tables, Timeline, Optimizer, 24),
        };
        var simulator = new RunSimulator(plan, model, Data, faults, seed);
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
