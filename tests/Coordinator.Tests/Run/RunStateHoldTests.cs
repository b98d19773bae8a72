using DistEmbed.Coordinator.Run;

namespace DistEmbed.Coordinator.Tests.Run;

public sealed class RunStateHoldTests
{
    [Fact]
    public void A_run_that_is_held_trains_to_that_step_and_no_further_and_says_so()
    {
        var run = new RunDriver(RunDriver.Plan(40), "a", "b");
        run.Take(run.State.OnHold(13, run.Now));
        run.Run();
        Assert.Equal(13, run.State.SettledStep);
        Assert.Equal(13, run.Leases.Max(lease => lease.Lease.LastStep));
        Assert.Equal(new Awaited("hold", "a test holds the run at step 13", 0), Assert.Single(run.State.Progress(run.Now).Awaited));
    }

    [Fact]
    public void A_hold_that_is_moved_or_gone_lets_it_continue()
    {
        var run = new RunDriver(RunDriver.Plan(40), "a", "b");
        run.Take(run.State.OnHold(5, run.Now));
        run.Run();
        run.Take(run.State.OnHold(21, run.Now));
        run.Run();
        Assert.Equal(21, run.State.SettledStep);
        run.Take(run.State.OnHold(null, run.Now));
        run.Run();
        Assert.Equal(40, run.Outcome.Step);
    }

    [Fact]
    public void What_is_granted_already_is_finished()
    {
        var run = new RunDriver(RunDriver.Plan(40), "a", "b");
        run.Run(until: () => run.State.SettledStep == 2);
        int granted = run.Leases.Max(lease => lease.Lease.LastStep);
        run.Take(run.State.OnHold(1, run.Now));
        run.Run();
        Assert.Equal(granted, run.State.SettledStep);
    }

    [Fact]
    public void A_held_run_can_be_stopped_and_evaluates_at_the_step_where_it_is_held()
    {
        var run = new RunDriver(RunDriver.Plan(40, evaluateEvery: 10), "a", "b");
        run.Take(run.State.OnHold(10, run.Now));
        run.Run();
        Assert.Equal(10, Assert.Single(run.Events.OfType<RunEvent.Evaluated>()).Record.Step);
        run.Stop();
        run.Run();
        Assert.Equal((10, true), (run.Outcome.Step, run.Outcome.Interrupted));
    }
}
