using DistEmbed.Protocol.Messages;

namespace DistEmbed.Coordinator.Tests.Run;

/// <summary>Workers that are drained, late or lost, and those that come back.</summary>
public class RunStateWorkerTests
{
    [Fact]
    public void A_draining_worker_that_dies_is_drained_and_what_it_held_is_done_by_others()
    {
        var run = new RunDriver(RunDriver.Plan(40), "a", "b");
        run.Run(until: () => run.State.SettledStep == 5);
        run.Take(run.State.OnDrain(new DrainWorker("a", "ann"), run.Now));
        Assert.Empty(run.Drained); // it has slices to do
        run.Lose("a");
        Assert.Equal(["a"], run.Drained);
        run.Run();
        Assert.Equal(40, run.Outcome.Step);
        Assert.Equal(["a"], run.Drained);
    }

    [Fact]
    public void A_worker_that_dies_without_being_drained_is_not_reported_as_drained()
    {
        var run = new RunDriver(RunDriver.Plan(40), "a", "b");
        run.Run(until: () => run.State.SettledStep == 5);
        run.Lose("a");
        run.Run();
        Assert.Equal(40, run.Outcome.Step);
        Assert.Empty(run.Drained);
    }

    [Fact]
    public void A_worker_that_was_drained_and_lost_works_when_it_joins_again_and_can_be_drained_again()
    {
        var run = new RunDriver(RunDriver.Plan(60), "a", "b");
        run.Run(until: () => run.State.SettledStep == 5);
        run.Take(run.State.OnDrain(new DrainWorker("a", "ann"), run.Now));
        run.Lose("a");
        int leases = run.Leases.Count;
        run.Lost.Remove("a");
        run.Join("a");
        run.Run(until: () => run.State.SettledStep == 30);
        Assert.Contains(run.Leases.Skip(leases), l => l.Worker == "a");
        run.Take(run.State.OnDrain(new DrainWorker("a", "ann"), run.Now));
        run.Run();
        Assert.Equal(["a", "a"], run.Drained);
        Assert.Equal(60, run.Outcome.Step);
    }

    [Fact]
    public void A_straggler_that_is_lost_and_joins_again_under_its_name_is_granted_work()
    {
        (RunDriver run, int leases) = WithStraggler();
        run.Lose("b");
        run.Lost.Remove("b");
        run.Join("b");
        run.Run();
        Assert.Contains(run.Leases.Skip(leases), l => l.Worker == "b");
        Assert.Equal(60, run.Outcome.Step);
    }

    [Fact]
    public void A_straggler_whose_result_comes_is_granted_work_again()
    {
        (RunDriver run, int leases) = WithStraggler();
        run.Lost.Remove("b");
        run.Take(run.State.OnSliceCompleted(new SliceCompleted("b", 21, 1, 1, 2, 1, 10, 2, new RowTraffic(6, 4, 60, 40, RunDriver.Shards)), run.Now));
        run.Run();
        Assert.Contains(run.Leases.Skip(leases), l => l.Worker == "b");
        Assert.Equal(60, run.Outcome.Step);
    }

    [Theory]
    [InlineData(WorkerActivity.Preparing)]
    [InlineData(WorkerActivity.Pulling)]
    [InlineData(WorkerActivity.Computing)]
    [InlineData(WorkerActivity.Pushing)]
    public void A_straggler_that_says_it_is_at_work_stays_one(WorkerActivity doing)
    {
        (RunDriver run, int leases) = WithStraggler();
        run.Take(run.State.OnReport(new WorkerReport("b", doing, 21, 1, [], 0, 0, 0, 0), run.Now));
        run.Run();
        // All further steps are granted and done by the other one.
        Assert.All(run.Leases.Skip(leases), l => Assert.Equal("a", l.Worker));
        Assert.Equal(60, run.Outcome.Step);
    }

    /// <summary>A run of two workers in which b has not answered since step 20, and its slices are granted to a too.</summary>
    /// <returns>The run, and how many leases there are by then.</returns>
    private static (RunDriver Run, int Leases) WithStraggler()
    {
        var run = new RunDriver(RunDriver.Plan(60), "a", "b");
        run.Run(until: () => run.State.SettledStep == 20);
        run.Lost.Add("b");
        run.Run();
        run.Now += TimeSpan.FromSeconds(3);
        run.Take(run.State.OnTick(run.Now));
        return (run, run.Leases.Count);
    }
}
