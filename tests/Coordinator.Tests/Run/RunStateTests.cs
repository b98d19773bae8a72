using CsCheck;
using DistEmbed.Coordinator.Run;
using DistEmbed.Protocol.Checkpoints;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Messages;

namespace DistEmbed.Coordinator.Tests.Run;

public class RunStateTests
{
    private static readonly Gen<int?> OrNone = Gen.Int[0, 12].Select(n => n == 0 ? (int?)null : n);

    [Fact]
    public void No_lease_crosses_an_evaluation_a_checkpoint_or_the_end() =>
        Gen.Select(Gen.Int[1, 40], OrNone, OrNone).Sample((steps, evaluate, checkpoint) =>
        {
            RunDriver run = new RunDriver(RunDriver.Plan(steps, evaluate, checkpoint), "a", "b").Run();
            Assert.All(run.Leases, l =>
            {
                Assert.InRange(l.Lease.LastStep, l.Lease.FirstStep, Math.Min(steps, l.SettledThen + RunState.GrantAhead));
                for (int step = l.Lease.FirstStep; step < l.Lease.LastStep; step++)
                    Assert.True((evaluate is null || step % evaluate != 0) && (checkpoint is null || step % checkpoint != 0), $"{l.Lease}");
            });
            Assert.Equal(steps, run.Outcome.Step);
            Assert.Equal(Enumerable.Range(1, steps), run.Events.OfType<RunEvent.Settled>().Select(e => e.Step.Step));
            Assert.Equal(
                Enumerable.Range(1, steps).Where(s => evaluate is not null && (s % evaluate == 0 || s == steps)),
                run.Events.OfType<RunEvent.Evaluated>().Select(e => e.Record.Step));
            int[] committed = [.. run.Commits.Select(c => c.Manifest.Step)];
            Assert.Equal(committed.Order().Distinct(), committed);
            Assert.Contains(steps, committed);
            Assert.All(Enumerable.Range(1, steps).Where(s => checkpoint is not null && s % checkpoint == 0), s => Assert.Contains(s, committed));
        });

    [Fact]
    public void A_run_starts_when_every_worker_and_shard_is_there()
    {
        var state = new RunState(RunDriver.Plan(4), workers: 2, shards: 2);
        Assert.Empty(state.OnWorkerReady("a", default));
        Assert.Empty(state.OnShardReady(0, default));
        Assert.Empty(state.OnShardReady(0, default)); // the same again
        Assert.Empty(state.OnShardReady(1, default));
        Assert.IsType<RunEffect.SeedShards>(Assert.Single(state.OnWorkerReady("b", default)));
    }

    [Fact]
    public void A_stop_finishes_what_is_granted_commits_and_ends()
    {
        var run = new RunDriver(RunDriver.Plan(100, evaluateEvery: 30), "a", "b");
        run.Run(until: () => run.State.SettledStep == 5);
        run.Stop();
        int granted = run.Leases.Max(l => l.Lease.LastStep), leases = run.Leases.Count;
        run.Run();
        Assert.Equal((leases, true, granted, 100), (run.Leases.Count, run.Outcome.Interrupted, run.Outcome.Step, run.Outcome.EndStep));
        CheckpointManifest manifest = run.Commits[^1].Manifest;
        Assert.Equal((granted, CheckpointKind.Interrupted, granted + 1), (manifest.Step, manifest.Kind, manifest.Resume.NextStep));
        Assert.IsType<RunEvent.CheckpointCommitted>(run.Events[^2]);
        Assert.Null(run.Outcome.Test); // an interrupted run is not tested
    }

    [Fact]
    public void A_stop_before_the_first_step_commits_the_start()
    {
        var run = new RunDriver(RunDriver.Plan(10), "a");
        run.Stop();
        run.Run();
        Assert.Equal((true, 0), (run.Outcome.Interrupted, Assert.Single(run.Commits).Manifest.Step));
    }

    [Fact]
    public void Patience_ends_the_run_and_the_best_weights_are_restored_for_the_test()
    {
        // Of equally good evaluations the latest is the best, but only a better one renews the patience.
        double[] accuracy = [0, 0.5, 0.6, 0.6, 0.4, 0.9];
        RunDriver run = new RunDriver(RunDriver.Plan(20, evaluateEvery: 2, patience: 2), "a", "b") { Accuracy = step => accuracy[step / 2] }.Run();
        Assert.Equal([true, true, true, false], run.Events.OfType<RunEvent.Evaluated>().Select(e => e.IsBest));
        Assert.Equal((false, 8, 8, 6), (run.Outcome.Interrupted, run.Outcome.Step, run.Outcome.EndStep, run.Outcome.WeightsStep));
        Assert.Equal([6], run.Restores);
        Assert.All(run.Evaluations.Where(e => e.Chunks.Part == EvaluationPart.Test), e => Assert.Equal(6, e.Chunks.Step));
        Assert.Equal((6, 0.6), (run.Outcome.Test!.Step, Math.Round(run.Outcome.Test.Scores.Main, 2)));
        Assert.Equal(CheckpointKind.Best, run.Commits.Single(c => c.Manifest.Step == 6).Manifest.Kind);
        Assert.Contains(6, run.Commits[^1].KeepSteps);
        Assert.Equal(CheckpointKind.Final, run.Commits[^1].Manifest.Kind);
    }

    [Fact]
    public void Without_best_weights_the_last_are_tested_and_nothing_is_restored()
    {
        RunDriver run = new RunDriver(RunDriver.Plan(8, evaluateEvery: 2, keepBest: false), "a") { Accuracy = step => 1.0 / step }.Run();
        Assert.Equal((8, 8), (run.Outcome.WeightsStep, run.Outcome.Test!.Step));
        Assert.Empty(run.Restores);
        Assert.Equal([8], run.Commits.Select(c => c.Manifest.Step));
    }

    [Fact]
    public void A_commit_that_comes_after_a_better_evaluation_keeps_the_best_that_is_on_disk()
    {
        var state = new RunState(RunDriver.Plan(12, evaluateEvery: 2, checkpointEvery: 3, test: 0), 1, RunDriver.Shards);
        var slow = new Queue<Func<IReadOnlyList<RunEffect>>>();
        var commits = new List<RunEffect.CommitCheckpoint>();
        // Everything is answered at once but the files of step 3, which are written when nothing else can go on.
        void Take(IReadOnlyList<RunEffect> effects)
        {
            foreach (RunEffect effect in effects)
            {
                switch (effect)
                {
                    case RunEffect.SeedShards:
                        Take(state.OnSeeded(default));
                        break;
                    case RunEffect.ToWorker { Message: GrantLease lease }:
                        for (int step = lease.FirstStep; step <= lease.LastStep; step++)
                        {
                            foreach (int slice in lease.Slices)
                                Take(state.OnSliceCompleted(new SliceCompleted("a", step, slice, 1, 1, 0, 1, 1, new RowTraffic(0, 0, 0, 0, RunDriver.Shards)), default));
                        }

                        break;
                    case RunEffect.ToWorker { Message: EvaluateChunks chunks }:
                        foreach (int chunk in chunks.Chunks)
                            Take(state.OnChunkEvaluated(new ChunkEvaluated("a", chunks.Part, chunks.Step, chunk, 1, 64, [chunks.Step, 64]), default));
                        break;
                    case RunEffect.BeginCheckpoint begin:
                        Take(state.OnCheckpointBegun(begin.Step, "", default));
                        break;
                    case RunEffect.ToShards { Message: WriteShard write }:
                        for (int s = 0; s < RunDriver.Shards; s++)
                        {
                            ShardWritten written = RunDriver.Written(s, write.Step);
                            if (write.Step == 3)
                                slow.Enqueue(() => state.OnShardWritten(written, default));
                            else
                                Take(state.OnShardWritten(written, default));
                        }

                        for (int s = 0; s < RunDriver.Shards; s++)
                            Take(state.OnSnapshotTaken(new SnapshotTaken(s, write.Step), default));
                        break;
                    case RunEffect.CommitCheckpoint commit:
                        commits.Add(commit);
                        Take(state.OnCheckpointCommitted(commit.Manifest.Step, default));
                        break;
                }
            }
        }

        for (int shard = 0; shard < RunDriver.Shards; shard++)
            Take(state.OnShardReady(shard, default));
        Take(state.OnWorkerReady("a", default));
        Assert.Equal(4, state.SettledStep);
        while (slow.TryDequeue(out Func<IReadOnlyList<RunEffect>>? written))
            Take(written());
        RunEffect.CommitCheckpoint third = commits.Single(c => c.Manifest.Step == 3);
        Assert.Equal((2, 2), (third.Manifest.Resume.Best!.Step, Assert.Single(third.KeepSteps)));
    }

    [Fact]
    public void A_failure_ends_the_run_once_and_nothing_is_committed_after_it()
    {
        var run = new RunDriver(RunDriver.Plan(20, checkpointEvery: 4), "a", "b");
        run.Run(until: () => run.State.SettledStep == 4 && run.Events.Count > 4);
        run.Take(run.State.OnFailed(new NodeFailed("shard-1", "broke"), run.Now));
        run.Take(run.State.OnFailed(new NodeFailed("shard-0", "broke too"), run.Now));
        int commits = run.Commits.Count, leases = run.Leases.Count, events = run.Events.Count;
        while (run.Answer())
        {
        }

        run.Lose("a");
        run.Join("c");
        run.Stop();
        for (int shard = 0; shard < RunDriver.Shards; shard++)
            run.Take(run.State.OnShardWritten(RunDriver.Written(shard, 4), run.Now));
        Assert.Equal(new RunEvent.Failed("shard-1", "broke"), Assert.Single(run.Events.OfType<RunEvent.Failed>()));
        Assert.Equal((commits, leases), (run.Commits.Count, run.Leases.Count));
        Assert.DoesNotContain(run.Events.Skip(events), e => e is not RunEvent.CheckpointCommitted);
        Assert.True(run.State.IsOver);
    }

    [Theory]
    [InlineData(3, 6)]
    [InlineData(9, 18)]
    public void Pushes_that_do_not_balance_fail_the_run(long ofShard, long applied)
    {
        var run = new RunDriver(RunDriver.Plan(4), "a");
        run.Run(until: () => run.State.SettledStep == 4);
        for (int shard = 0; shard < RunDriver.Shards; shard++)
        {
            ShardWritten written = RunDriver.Written(shard, 4);
            run.Take(run.State.OnShardWritten(written with { Counters = written.Counters with { Applied = ofShard } }, run.Now));
        }

        string reason = Assert.Single(run.Events.OfType<RunEvent.Failed>()).Reason;
        Assert.Contains($"16 blocks sent, {applied} applied", reason, StringComparison.Ordinal);
        Assert.Empty(run.Commits);
    }

    [Fact]
    public void A_resumed_run_ends_as_one_that_never_stopped() =>
        Gen.Select(Gen.Int[0, 19], Gen.Int[2, 5], Gen.Int[2, 7]).Sample((stopAt, evaluate, checkpoint) =>
        {
            double Accuracy(int step) => (step * 7 % 11) / 11.0;
            RunDriver whole = new RunDriver(RunDriver.Plan(20, evaluate, checkpoint, patience: 4), "a", "b") { Accuracy = Accuracy, Duplicates = 3 }.Run();

            var first = new RunDriver(RunDriver.Plan(20, evaluate, checkpoint, patience: 4), "a", "b") { Accuracy = Accuracy, Duplicates = 1 };
            first.Run(until: () => first.State.SettledStep >= stopAt);
            first.Stop();
            first.Run();
            if (!first.Outcome.Interrupted)
                return;
            CheckpointManifest manifest = first.Commits[^1].Manifest;
            RunDriver second = new RunDriver(RunDriver.Plan(20, evaluate, checkpoint, patience: 4, resume: manifest), "c") { Accuracy = Accuracy, Duplicates = 2 }.Run();

            Assert.Equal(manifest.Step, second.Restores[0]);
            Assert.Equal(manifest.Step, Assert.Single(second.Events.OfType<RunEvent.Started>()).Step);
            RunOutcome expected = whole.Outcome, actual = second.Outcome;
            Assert.Equal((expected.Step, expected.EndStep, expected.Test, expected.WeightsStep), (actual.Step, actual.EndStep, actual.Test, actual.WeightsStep));
            Assert.Equal(expected.State.Evaluations, actual.State.Evaluations);
            Assert.Equal((expected.State.Best, expected.State.EvaluationsSinceBest), (actual.State.Best, actual.State.EvaluationsSinceBest));
            Dictionary<string, long> none = [];
            Assert.Equal(expected.State.Totals with { PushesRejected = none }, actual.State.Totals with { PushesRejected = none });
            if (second.Commits.Count > 0)
                Assert.Equal(expected.State.Totals.PushesRejected, actual.State.Totals.PushesRejected);
        });

    [Fact]
    public void A_lost_workers_slices_and_chunks_are_done_by_others()
    {
        var run = new RunDriver(RunDriver.Plan(12, evaluateEvery: 6), "a", "b");
        run.Run(until: () => run.State.SettledStep == 2);
        run.Lose("a");
        run.Run(until: () => run.Evaluations.Count > 0);
        Assert.All(run.Evaluations, e => Assert.Equal("b", e.Worker));
        run.Lose("b"); // nobody is left
        run.Run();
        Assert.False(run.State.IsOver);
        Assert.Contains("none is left", run.State.Progress(run.Now).Awaited[0].Why, StringComparison.Ordinal);
        run.Join("c");
        run.Run(until: () => run.State.SettledStep == 8);
        run.Lose("c");
        run.Run();
        Assert.Contains("none is left", run.State.Progress(run.Now).Awaited[0].Why, StringComparison.Ordinal);
        run.Join("d");
        run.Run();
        Assert.Equal(12, run.Outcome.Step);
        Assert.Equal(Enumerable.Range(1, 12), run.Events.OfType<RunEvent.Settled>().Select(e => e.Step.Step));
    }

    [Fact]
    public void Minutes_between_checkpoints_count_from_the_start_of_training_however_long_nodes_took_to_join()
    {
        RunPlan plan = RunDriver.Plan(40);
        plan = plan with { Job = plan.Job with { Checkpoints = new CheckpointSpec { EveryMinutes = 1 } } };
        var run = new RunDriver(plan, "a") { Now = TimeSpan.FromSeconds(100) };
        run.Run(until: () => run.State.SettledStep == 20);
        Assert.Empty(run.Commits);
        int granted = run.Leases.Max(l => l.Lease.LastStep);
        run.Now += TimeSpan.FromMinutes(1);
        run.Run();
        Assert.Equal([granted, 40], run.Commits.Select(c => c.Manifest.Step));
    }

    [Fact]
    public void The_manifest_says_where_training_goes_on()
    {
        var run = new RunDriver(RunDriver.Plan(6, checkpointEvery: 2), "a") { Now = TimeSpan.FromSeconds(1) };
        run.Run(until: () => run.State.SettledStep == 1);
        run.Now = TimeSpan.FromSeconds(11);
        run.Run();
        Assert.Equal([2, 4, 6], run.Commits.Select(c => c.Manifest.Step));
        CheckpointManifest manifest = run.Commits[1].Manifest;
        Assert.Equal(("f00d", "driven", 0, CheckpointKind.Periodic, 2, 2), (manifest.JobFingerprint, manifest.JobName, manifest.Epoch, manifest.Kind, manifest.Shards, manifest.Files.Count));
        Assert.Equal((5, 10.0, new GroupState(false, 3)), (manifest.Resume.NextStep, manifest.Resume.ElapsedSeconds, manifest.Resume.Groups["g"]));
        Assert.Equal(new GroupState(false, 3), run.Commits[0].Manifest.Resume.Groups["g"]); // step 3 tunes it
        RunTotals totals = manifest.Resume.Totals;
        Assert.Equal((16L, 80L, 48L, 32L, 16L, 16L), (totals.Examples, totals.Words, totals.RowsPulled, totals.RowsPushed, totals.PushesSent, totals.PushesApplied));
    }
}
