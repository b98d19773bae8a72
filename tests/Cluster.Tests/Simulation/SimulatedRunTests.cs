using DistEmbed.Coordinator.Run;
using DistEmbed.ParameterServer.Storage;
using DistEmbed.Protocol.Checkpoints;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Measures;
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
    [InlineData(Consistency.Sync)]
    [InlineData(Consistency.Bounded)]
    [InlineData(Consistency.Async)]
    public void The_last_worker_takes_up_what_the_others_left(Consistency consistency)
    {
        // Nothing is due between the first step and the last, so leases are as long as they get.
        string expected = Simulate(1, 1, new Faults(), 1, consistency, evaluateEvery: 24).Hash;
        for (ulong seed = 1; seed <= 40; seed++)
        {
            string hash = Simulate(3, 2, new Faults(WorkerCrash: 0.01, Replace: false), seed, consistency, evaluateEvery: 24, checkpointEvery: 24).Hash;
            Assert.True(expected == hash || consistency != Consistency.Sync, $"seed {seed}");
        }
    }

    [Theory]
    [InlineData(Consistency.Bounded)]
    [InlineData(Consistency.Async)]
    public void Other_consistencies_end_and_apply_every_push_once(Consistency consistency)
    {
        for (ulong seed = 1; seed <= 20; seed++)
        {
            RunSimulator run = Simulate(3, 2, new Faults(Duplicate: 0.1, Drop: 0.05, WorkerCrash: 0.002), seed, consistency);
            RunTotals totals = run.Outcome!.State.Totals;
            Assert.Equal(24 * 4 * 2, totals.PushesApplied); // steps, slices, shards
            Assert.Equal(totals.PushesSent, totals.PushesApplied + totals.PushesRejected.Values.Sum());
            Assert.Equal(24, run.Outcome.Step);
            Assert.Equal(run.Test(run.Outcome.WeightsStep), run.Outcome.Test);
        }
    }

    [Theory]
    [InlineData(Consistency.Sync, 0, 0)]
    [InlineData(Consistency.Bounded, 1, 1)]
    [InlineData(Consistency.Bounded, 3, 3)]
    [InlineData(Consistency.Async, 3, 24)]
    public void A_pull_is_answered_once_all_steps_but_the_allowed_ones_are_applied(Consistency consistency, int atLeast, int atMost)
    {
        int largest = 0;
        for (ulong seed = 1; seed <= 10; seed++)
        {
            RunSimulator run = Simulate(3, 2, new Faults(Duplicate: 0.05, Drop: 0.05, WorkerCrash: 0.002), seed, consistency, staleness: atMost);
            largest = Math.Max(largest, run.LargestStaleness);
        }

        Assert.InRange(largest, atLeast, atMost);
    }

    [Fact]
    public void A_run_that_dies_anywhere_and_resumes_on_another_cluster_ends_with_the_same_bits()
    {
        RunSimulator expected = Simulate(1, 1, new Faults(), 1);
        var faults = new Faults(Duplicate: 0.03, Drop: 0.03, WorkerCrash: 0.005);
        var random = new CounterRandom(2, RandomPurpose.DataSplit);
        int died = 0;
        for (ulong seed = 1; seed <= 60; seed++)
        {
            RunSimulator? run = null;
            for (int life = 0; run?.Outcome is null; life++)
            {
                run = Make(1 + random.NextInt(3), 1 + random.NextInt(4), faults, seed + 1000 * (ulong)life, before: run);
                died += run.Run(deliveries: life < 3 ? 1 + random.NextInt(1500) : int.MaxValue) ? 0 : 1;
            }

            Assert.True(expected.Hash == run.Hash, $"seed {seed}");
            Assert.Equal(expected.Outcome!.Test, run.Outcome.Test);
            Assert.Equal(expected.Outcome.State.Evaluations, run.Outcome.State.Evaluations);
        }

        Assert.InRange(died, 30, 180);
    }

    [Fact]
    public void A_run_that_is_stopped_anywhere_commits_a_checkpoint_and_resumes_to_the_same_bits()
    {
        RunSimulator expected = Simulate(1, 1, new Faults(), 1);
        var stopped = new HashSet<int>();
        for (ulong seed = 1; seed <= 60; seed++)
        {
            RunSimulator run = Simulate(2, 3, new Faults(Duplicate: 0.03, Drop: 0.03, WorkerCrash: 0.002, Stop: 0.001), seed);
            if (run.Outcome!.Interrupted)
            {
                Assert.Equal(run.Outcome.Step, run.Committed!.Step);
                stopped.Add(run.Outcome.Step);
                run = Make(3, 2, new Faults(), seed, before: run);
                run.Run();
            }

            Assert.True(expected.Hash == run.Hash, $"seed {seed}");
            Assert.Equal(expected.Outcome!.Test, run.Outcome!.Test);
        }

        Assert.InRange(stopped.Count, 3, 24);
    }

    [Theory]
    [InlineData(Consistency.Sync)]
    [InlineData(Consistency.Bounded)]
    [InlineData(Consistency.Async)]
    public void What_arrives_after_shards_went_back_to_the_best_weights_does_not_touch_them(Consistency consistency)
    {
        int wentBack = 0;
        for (ulong seed = 1; seed <= 20; seed++)
        {
            RunSimulator run = Simulate(3, 2, new Faults(Duplicate: 0.02, WorkerCrash: 0.002, Replay: true), seed, consistency, jobSeed: seed);
            Assert.Equal(run.Test(run.Outcome!.WeightsStep), run.Outcome.Test);
            wentBack += run.Outcome.WeightsStep < run.Outcome.Step ? 1 : 0;
        }

        Assert.InRange(wentBack, 5, 20);
    }

    [Fact]
    public void Of_a_long_run_even_the_last_steps_messages_may_arrive_late()
    {
        // The best weights lie further back than a shard takes pushes for.
        var tested = new HashSet<int>();
        for (ulong seed = 1; seed <= 12 && !tested.Contains(270); seed++)
        {
            RunSimulator run = Simulate(2, 2, new Faults(Replay: true), seed, jobSeed: seed, steps: 270 + ShardStore.MaxStepsAhead + 4, evaluateEvery: 270);
            tested.Add(run.Outcome!.WeightsStep);
            Assert.Equal(run.Test(run.Outcome.WeightsStep), run.Outcome.Test);
        }

        Assert.Contains(270, tested);
    }

    [Fact]
    public void Changes_pauses_checkpoints_drains_and_joins_at_any_moment_leave_one_result_for_the_changes_made()
    {
        var faults = new Faults(Duplicate: 0.03, Drop: 0.03, WorkerCrash: 0.002, Join: 0.002, Command: 0.01);
        int changed = 0;
        var hashes = new HashSet<string>();
        for (ulong seed = 1; seed <= 40; seed++)
        {
            RunSimulator run = Simulate(3, 3, faults, seed);
            RunSimulator again = Make(1, 1, new Faults(), 1, changes: run.Changes);
            again.Run();
            Assert.True(again.Hash == run.Hash, $"seed {seed}: {string.Join(", ", run.Changes)}");
            Assert.Equal(run.Changes, again.Committed!.Resume.Changes);
            Assert.Equal(run.Changes, run.Events.OfType<RunEvent.Changed>().Select(c => c.Change));
            Assert.Equal(24 * 4 * 3, run.Outcome!.State.Totals.PushesApplied);
            changed += run.Changes.Count;
            hashes.Add(run.Hash);
        }

        Assert.InRange(changed, 40, 1000);
        Assert.InRange(hashes.Count, 20, 40);
    }

    [Fact]
    public void A_run_with_changes_that_dies_or_stops_anywhere_makes_them_again()
    {
        var faults = new Faults(Duplicate: 0.02, Drop: 0.02, WorkerCrash: 0.002, Stop: 0.0005, Command: 0.01);
        var random = new CounterRandom(3, RandomPurpose.DataSplit);
        int died = 0, stopped = 0;
        for (ulong seed = 1; seed <= 40; seed++)
        {
            RunSimulator? run = null;
            for (int life = 0; run?.Outcome is null or { Interrupted: true }; life++)
            {
                stopped += run?.Outcome is null ? 0 : 1;
                // A run that was stopped has its changes in its checkpoint; one that died has later ones in its log alone.
                IReadOnlyList<PlanChange> log = run?.Outcome is null ? run?.Changes ?? [] : [];
                run = Make(1 + random.NextInt(3), 1 + random.NextInt(4), life < 5 ? faults : new Faults(), seed + 1000 * (ulong)life, before: run, changes: log);
                died += run.Run(deliveries: life < 3 ? 1 + random.NextInt(2500) : int.MaxValue) ? 0 : 1;
            }

            RunSimulator again = Make(1, 1, new Faults(), 1, changes: run.Changes);
            again.Run();
            Assert.True(again.Hash == run.Hash, $"seed {seed}: {string.Join(", ", run.Changes)}");
            Assert.Equal(again.Outcome!.Test, run.Outcome.Test);
        }

        Assert.InRange(died, 20, 120);
        Assert.InRange(stopped, 5, 120);
    }

    [Fact]
    public void Workers_that_stand_still_change_no_bit()
    {
        string expected = Simulate(1, 1, new Faults(), 1).Hash;
        int sleeps = 0;
        long again = 0;
        for (ulong seed = 1; seed <= 40; seed++)
        {
            RunSimulator run = Simulate(3, 2, new Faults(Duplicate: 0.01, Drop: 0.01, WorkerCrash: 0.001, Join: 0.001, Sleep: 0.004), seed);
            Assert.True(expected == run.Hash, $"seed {seed}");
            sleeps += run.Sleeps;
            again += run.Outcome!.State.Totals.PushesRejected.GetValueOrDefault("duplicate");
        }

        Assert.InRange(sleeps, 80, 2000);
        Assert.NotEqual(0, again);
    }

    [Theory]
    [InlineData(Consistency.Bounded)]
    [InlineData(Consistency.Async)]
    public void Workers_that_stand_still_apply_no_push_twice(Consistency consistency)
    {
        for (ulong seed = 1; seed <= 20; seed++)
        {
            RunSimulator run = Simulate(3, 2, new Faults(Duplicate: 0.02, WorkerCrash: 0.001, Join: 0.001, Sleep: 0.004, Command: 0.005), seed, consistency);
            RunTotals totals = run.Outcome!.State.Totals;
            Assert.Equal(24 * 4 * 2, totals.PushesApplied);
            Assert.Equal(totals.PushesSent, totals.PushesApplied + totals.PushesRejected.Values.Sum());
            Assert.Equal(run.Test(run.Outcome.WeightsStep), run.Outcome.Test);
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

    private static RunSimulator Simulate(
        int workers, int shards, Faults faults, ulong seed, Consistency consistency = Consistency.Sync, int staleness = 2, ulong jobSeed = 1, int steps = 24,
        int evaluateEvery = 6, int checkpointEvery = 5)
    {
        RunSimulator simulator = Make(workers, shards, faults, seed, consistency, staleness, jobSeed, steps, evaluateEvery, checkpointEvery);
        simulator.Run();
        return simulator;
    }

    private static RunSimulator Make(
        int workers, int shards, Faults faults, ulong seed, Consistency consistency = Consistency.Sync, int staleness = 2, ulong jobSeed = 1, int steps = 24,
        int evaluateEvery = 6, int checkpointEvery = 5, RunSimulator? before = null, IReadOnlyList<PlanChange>? changes = null)
    {
        var model = new TinyModel(50, 5);
        var job = new JobSpec
        {
            Name = "simulated",
            Seed = jobSeed,
            Data = new PlainTextData { Files = ["none"] },
            Model = new BagSpec(),
            Training = new TrainingSpec { Slices = 4, Steps = steps, Consistency = consistency, Staleness = consistency == Consistency.Bounded ? staleness : null },
            Evaluation = new EvaluationSpec { EverySteps = evaluateEvery },
            Checkpoints = new CheckpointSpec { EverySteps = checkpointEvery },
            Cluster = new ClusterSpec { Workers = workers, Shards = shards },
        };
        OptimizerSpec Optimizer(string group) => group == "embedding"
            ? new AdadeltaSpec { Untouched = UntouchedRows.Exact }
            : new SgdSpec { LearningRate = 0.05, Momentum = 0.9 };
        IReadOnlyList<TablePlan> Tables() => TablePlan.Of(model.Tables, Timeline, Optimizer, steps);
        GroupTimeline Timeline(string group) => new(group, Optimizer(group), steps, group == "embedding" ? 9 : 1, group == "embedding" ? 4 : 0);
        var plan = new RunPlan
        {
            Job = job,
            Fingerprint = "test",
            StepsPerEpoch = 6,
            TotalSteps = steps,
            DevExamples = 130,
            TestExamples = 70,
            Measures = MeasureSet.Accuracy,
            Tables = Tables(),
            Changes = changes ?? [],
        };
        return new RunSimulator(plan, Tables, model, Data, faults, seed, before);
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
