using DistEmbed.Coordinator.Run;
using DistEmbed.Protocol.Checkpoints;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Messages;

namespace DistEmbed.Coordinator.Tests.Run;

public class RunStateCommandTests
{
    private static readonly PhaseSpec[] TwoPhases = [new() { Name = "head", Until = new PhaseEndSpec { Step = 30 } }, new() { Name = "all" }];

    private static readonly DateTimeOffset Noon = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_paused_run_grants_nothing_more_until_it_is_resumed()
    {
        var run = new RunDriver(RunDriver.Plan(40, evaluateEvery: 30), "a", "b");
        run.Run(until: () => run.State.SettledStep == 5);
        run.Take(run.State.OnPause(new PauseRun("ana"), run.Now));
        int granted = run.Leases.Max(l => l.Lease.LastStep);
        run.Run();
        Assert.Equal((granted, granted, true), (run.State.SettledStep, run.State.Progress(run.Now).GrantedStep, run.State.Progress(run.Now).Paused));
        Assert.DoesNotContain(run.State.Progress(run.Now + TimeSpan.FromMinutes(1)).Awaited, a => a.Who == "workers");
        run.Take(run.State.OnPause(new PauseRun("bo"), run.Now)); // paused already
        run.Take(run.State.OnResume(new ResumeRun("ana"), run.Now));
        run.Run();
        Assert.Equal(40, run.Outcome.Step);
        Assert.Equal(Enumerable.Repeat(new CommandAccepted(granted + 1), 3), run.Answers);
        Assert.Equal(new RunEvent.Paused("ana", granted + 1), Assert.Single(run.Events.OfType<RunEvent.Paused>()));
        Assert.Equal(new RunEvent.Resumed("ana", granted + 1), Assert.Single(run.Events.OfType<RunEvent.Resumed>()));
    }

    [Fact]
    public void The_next_phase_begins_with_the_step_after_the_last_granted_one()
    {
        RunPlan plan = RunDriver.Plan(40);
        var run = new RunDriver(plan with { Job = plan.Job with { Phases = TwoPhases } }, "a", "b");
        Assert.Equal(new TrainingPhase(1, 2, "head", 1, "step 30"), run.State.Progress(run.Now).TrainingPhase);
        run.Run(until: () => run.State.SettledStep == 5);
        int granted = run.Leases.Max(l => l.Lease.LastStep);
        run.Take(run.State.OnNextPhase(new NextPhase("ana", Noon), run.Now));
        run.Take(run.State.OnNextPhase(new NextPhase("bo", Noon), run.Now));
        run.Run();
        Assert.Equal([new CommandAccepted(granted + 1), new CommandRefused("Phase 'all' is the last of the job's 2.")], run.Answers);
        PlanChange change = new(granted + 1, "", null, null, "ana", Noon) { BeginsPhase = 1 };
        Assert.Equal(change, Assert.Single(run.Sent));
        Assert.Equal(["a", "b"], run.WorkersKnow.Where(k => k.Change == change).Select(k => k.Worker));
        Assert.Equal(change, Assert.Single(run.Outcome.State.Changes));
        Assert.Equal(new TrainingPhase(2, 2, "all", granted + 1, ""), run.State.Progress(run.Now).TrainingPhase);
    }

    [Fact]
    public void A_job_without_phases_has_no_next_one()
    {
        var run = new RunDriver(RunDriver.Plan(40), "a");
        run.Run(until: () => run.State.SettledStep == 5);
        run.Take(run.State.OnNextPhase(new NextPhase("ana", Noon), run.Now));
        Assert.Equal(new CommandRefused("The job has no phases: freeze, thaw and lr change a group."), Assert.Single(run.Answers));
        Assert.Null(run.State.Progress(run.Now).TrainingPhase);
    }

    /// <summary>Evaluations of the first phase that bring nothing better end that phase, or nothing; only in the last do they end the run.</summary>
    [Fact]
    public void Patience_counts_in_the_last_phase()
    {
        RunPlan plan = RunDriver.Plan(60, evaluateEvery: 2, patience: 3);
        var run = new RunDriver(plan with { Job = plan.Job with { Phases = TwoPhases } }, "a") { Accuracy = _ => 0.5 };
        run.Run();
        Assert.Equal(36, run.Outcome.Step);
        Assert.Equal(("head", "all"), (run.Outcome.State.Evaluations[0].Phase, run.Outcome.State.Best!.Phase));
    }

    [Fact]
    public void A_phase_that_waits_for_dev_to_stall_ends_with_the_evaluation_that_shows_it()
    {
        RunPlan plan = RunDriver.Plan(60, evaluateEvery: 5);
        PhaseSpec[] phases = [new() { Until = new PhaseEndSpec { DevStalled = 2 } }, new()];
        var run = new RunDriver(plan with { Job = plan.Job with { Phases = phases } }, "a") { Accuracy = step => Math.Min(step, 20) / 1000.0 };
        run.Run();
        Assert.Equal(31, Assert.Single(run.Sent).Step);
        Assert.Equal("dev stalled for 2", Assert.Single(run.Events.OfType<RunEvent.Changed>()).Change.Who);
        Assert.All(run.Leases, l => Assert.False(l.Lease.FirstStep <= 30 && l.Lease.LastStep > 30));
    }

    [Fact]
    public void A_checkpoint_is_taken_at_the_end_of_the_last_granted_step()
    {
        var run = new RunDriver(RunDriver.Plan(60), "a", "b");
        run.Run(until: () => run.State.SettledStep == 5);
        run.Take(run.State.OnTakeCheckpoint(new TakeCheckpoint("ana"), run.Now));
        int granted = run.Leases.Max(l => l.Lease.LastStep);
        run.Run();
        Assert.Equal(new CommandAccepted(granted), Assert.Single(run.Answers));
        Assert.Equal([granted, 60], run.Commits.Select(c => c.Manifest.Step));
        Assert.Equal(CheckpointKind.Periodic, run.Commits[0].Manifest.Kind);
    }

    [Fact]
    public void A_change_holds_from_the_step_after_the_last_granted_one_which_waits_for_every_shard()
    {
        var run = new RunDriver(RunDriver.Plan(40), "a", "b");
        run.Run(until: () => run.State.SettledStep == 5);
        int granted = run.Leases.Max(l => l.Lease.LastStep), leases = run.Leases.Count;
        IReadOnlyList<RunEffect> effects = run.State.OnChangeGroup(new ChangeGroup("g", true, 0.5, "ana", Noon), run.Now);
        var change = new PlanChange(granted + 1, "g", true, 0.5, "ana", Noon);
        // Nobody answers yet: all that was granted is finished, and nothing more comes.
        run.Run();
        Assert.Equal((granted, leases), (run.State.SettledStep, run.Leases.Count));
        Assert.Equal(["shard-0", "shard-1"], run.State.Progress(run.Now).Awaited.Select(a => a.Who));
        run.Take(effects);
        run.Answer();
        Assert.Equal(leases, run.Leases.Count);
        run.Take(run.State.OnPlanChanged(new PlanChanged(0, 1), run.Now)); // the same shard again
        Assert.Equal(leases, run.Leases.Count);
        run.Run();
        Assert.Equal(40, run.Outcome.Step);
        Assert.Equal([("a", change), ("b", change)], run.WorkersKnow);
        Assert.Equal(new CommandAccepted(change.Step), Assert.Single(run.Answers));
        Assert.Equal(change, Assert.Single(run.Events.OfType<RunEvent.Changed>()).Change);
        Assert.Equal([change], run.Commits[^1].Manifest.Resume.Changes);
        Assert.True(run.Commits[^1].Manifest.Resume.Groups["g"].Frozen);
        Assert.Equal(new GroupStatus("g", true, 0, null), Assert.Single(run.State.Progress(run.Now).Groups));
    }

    [Fact]
    public void Who_joins_hears_of_every_change_before_it_is_granted_anything()
    {
        var run = new RunDriver(RunDriver.Plan(40), "a");
        run.Take(run.State.OnChangeGroup(new ChangeGroup("g", null, 0.5, "ana", Noon), run.Now)); // before training
        Assert.Contains("not begun", Assert.IsType<CommandRefused>(run.Answers[^1]).Reason, StringComparison.Ordinal);
        run.Run(until: () => run.State.SettledStep == 1);
        run.Take(run.State.OnChangeGroup(new ChangeGroup("g", null, 0.5, "ana", Noon), run.Now));
        run.Take(run.State.OnChangeGroup(new ChangeGroup("g", true, null, "bo", Noon), run.Now)); // both at one step
        IReadOnlyList<RunEffect> effects = run.State.OnWorkerReady("b", run.Now);
        Assert.Equal(run.State.Changes, effects.OfType<RunEffect.ToWorker>().TakeWhile(e => e.Message is ChangePlan).Select(e => ((ChangePlan)e.Message).Change));
        Assert.Equal(2, run.State.Changes.Count);
        run.Take(effects);
        run.Run();
        Assert.Equal(40, run.Outcome.Step);
    }

    [Theory]
    [InlineData("h", true, null, "no group 'h'. Its groups: frozen, g")]
    [InlineData("frozen", false, null, "frozen for the whole run")]
    [InlineData("g", null, null, "Nothing to change")]
    [InlineData("g", null, -1.0, "learningRate")]
    [InlineData("g", null, double.NaN, "learningRate")]
    public void A_change_that_cannot_be_made_is_refused_with_the_reason(string group, bool? frozen, double? rate, string reason)
    {
        RunPlan plan = RunDriver.Plan(40);
        var never = new GroupTimeline("frozen", new SgdSpec(), 40, GroupTimeline.Never);
        plan = plan with { Tables = [.. plan.Tables, new TablePlan(new TableSpec("f", "frozen", 4, 2, new RowInit.Zero(), true), new SgdSpec(), never)] };
        var run = new RunDriver(plan, "a");
        run.Answer();
        run.Take(run.State.OnChangeGroup(new ChangeGroup(group, frozen, rate, "ana", Noon), run.Now));
        Assert.Contains(reason, Assert.IsType<CommandRefused>(Assert.Single(run.Answers)).Reason, StringComparison.Ordinal);
        Assert.Empty(run.State.Changes);
    }

    [Fact]
    public void Changes_that_no_shard_confirms_are_sent_again()
    {
        var run = new RunDriver(RunDriver.Plan(40), "a");
        run.Answer();
        Assert.NotEmpty(run.State.OnChangeGroup(new ChangeGroup("g", true, null, "ana", Noon), run.Now)); // and the message is lost
        run.Run();
        run.Now += TimeSpan.FromSeconds(6);
        run.Take(run.State.OnTick(run.Now));
        run.Run();
        Assert.Equal(40, run.Outcome.Step);
    }

    [Fact]
    public void A_drained_worker_finishes_what_it_has_and_is_granted_nothing_more()
    {
        var run = new RunDriver(RunDriver.Plan(40, evaluateEvery: 20), "a", "b");
        run.Run(until: () => run.State.SettledStep == 5);
        run.Take(run.State.OnDrain(new DrainWorker("c", "ann"), run.Now));
        Assert.Contains("a, b", Assert.IsType<CommandRefused>(run.Answers[^1]).Reason, StringComparison.Ordinal);
        int leases = run.Leases.Count;
        run.Take(run.State.OnDrain(new DrainWorker("a", "ann"), run.Now));
        Assert.Equal(("ann", "a"), run.Events.OfType<RunEvent.DrainAsked>().Select(d => (d.Who, d.Worker)).Single());
        Assert.Empty(run.Drained);
        Assert.True(run.State.Progress(run.Now).Workers[0].Draining);
        run.Take(run.State.OnDrain(new DrainWorker("b", "ann"), run.Now));
        Assert.Contains("last worker", Assert.IsType<CommandRefused>(run.Answers[^1]).Reason, StringComparison.Ordinal);
        run.Run(until: () => run.Drained.Count > 0);
        Assert.Equal(0, run.State.Progress(run.Now).Workers[0].OpenSlices);
        run.Lose("a");
        run.Run();
        Assert.Equal(["a"], run.Drained);
        Assert.All(run.Leases.Skip(leases), l => Assert.Equal("b", l.Worker));
        Assert.All(run.Evaluations, e => Assert.Equal("b", e.Worker));
        Assert.Equal(40, run.Outcome.Step);
    }

    [Fact]
    public void A_worker_that_stands_still_costs_one_wait_and_is_taken_in_when_something_comes_of_it()
    {
        var run = new RunDriver(RunDriver.Plan(60, evaluateEvery: 30), "a", "b");
        run.Run(until: () => run.State.SettledStep == 20);
        run.Lost.Add("b"); // its answers never come, but nobody says that it is gone
        int waits = 0;
        for (; !run.State.IsOver && waits < 100; waits++)
        {
            run.Run();
            run.Now += TimeSpan.FromMilliseconds(1600);
            Awaited[] awaited = [.. run.State.Progress(run.Now).Awaited];
            Assert.True(run.State.IsOver || awaited.Any(a => a.Who == "b" && a.Why.Contains("silent for", StringComparison.Ordinal)), string.Join(", ", awaited.AsEnumerable()));
            run.Now += TimeSpan.FromSeconds(1);
            run.Take(run.State.OnTick(run.Now));
        }

        Assert.Equal((60, 1), (run.Outcome.Step, waits - 1));
    }

    [Fact]
    public void A_late_worker_is_granted_work_again_when_it_idles_and_not_while_it_computes()
    {
        var run = new RunDriver(RunDriver.Plan(60), "a", "b");
        run.Run(until: () => run.State.SettledStep == 20);
        run.Lost.Add("b");
        run.Run();
        run.Now += TimeSpan.FromSeconds(3);
        run.Take(run.State.OnTick(run.Now));
        int leases = run.Leases.Count;
        run.Lost.Remove("b");
        run.Take(run.State.OnReport(new WorkerReport("b", WorkerActivity.Computing, 21, 1, [], 0, 0, 0, 0), run.Now));
        run.Run(until: () => run.State.SettledStep == 40); // steps after the granted ones are granted too
        Assert.All(run.Leases.Skip(leases), l => Assert.Equal("a", l.Worker));
        leases = run.Leases.Count;
        run.Take(run.State.OnReport(new WorkerReport("b", WorkerActivity.Idle, 0, 0, [], 0, 0, 0, 0), run.Now));
        run.Run();
        Assert.Contains(run.Leases.Skip(leases), l => l.Worker == "b");
        Assert.Equal(60, run.Outcome.Step);
    }

    [Fact]
    public void Progress_says_who_is_awaited_and_why()
    {
        var state = new RunState(RunDriver.Plan(4), workers: 2, shards: 2);
        state.OnWorkerReady("a", default);
        state.OnShardReady(1, default);
        RunProgress joining = state.Progress(TimeSpan.FromSeconds(3));
        Assert.Equal(("joining", "1 of 2 have not joined"), (joining.Phase, joining.Awaited[0].Why));
        Assert.Equal(["workers", "shard-0"], joining.Awaited.Select(a => a.Who));

        var run = new RunDriver(RunDriver.Plan(60), "a", "b");
        run.Run(until: () => run.State.SettledStep == 20);
        run.Lost.UnionWith(["a", "b"]);
        run.Run();
        run.Now += TimeSpan.FromSeconds(3);
        run.State.OnReport(new WorkerReport("a", WorkerActivity.Computing, 21, 0, [], 10, 10, 100, 100), run.Now);
        run.State.OnReport(new WorkerReport("b", WorkerActivity.Pulling, 21, 1, [1], 10, 10, 100, 100), run.Now);
        run.State.OnReport(new ShardReport(0, 20, [0, 1], 0, 5, 6, 7, 8, 9), run.Now);
        run.State.OnReport(new ShardReport(1, 20, [0, 1], 0, 5, 6, 7, 8, 9), run.Now);
        run.Now += TimeSpan.FromSeconds(1);
        RunProgress progress = run.State.Progress(run.Now);
        Assert.Equal(("training", 20, 3), (progress.Phase, progress.Step, progress.Awaited.Count));
        Assert.Contains(progress.Awaited, a => a.Who == "a" && a.Why == "slice 0 of step 21: computing for 1.0 s");
        Assert.Contains(progress.Awaited, a => a.Who == "b" && a.Why == "slice 1 of step 21: pulling rows for 1.0 s, waits for shard-1");
        Assert.Contains(progress.Awaited, a => a.Who == "shard-1" && a.Seconds == 1);
        Assert.Equal(0.5, progress.Loss); // two losses of sum 1 a slice
        Assert.Equal(progress.Awaited.Select(a => a.Seconds).OrderDescending(), progress.Awaited.Select(a => a.Seconds));
    }

    [Fact]
    public void A_lost_shard_ends_the_attempt_and_is_no_failure()
    {
        var run = new RunDriver(RunDriver.Plan(40), "a");
        run.Run(until: () => run.State.SettledStep == 5);
        run.Take(run.State.OnShardLost(1, run.Now));
        run.Take(run.State.OnShardLost(0, run.Now));
        Assert.True(run.State.IsOver);
        Assert.Equal(new RunEvent.ShardLost(1), run.Events[^1]);
        run.Take(run.State.OnPause(new PauseRun("ana"), run.Now));
        Assert.IsType<CommandRefused>(run.Answers[^1]);
    }
}
