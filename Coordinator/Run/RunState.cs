using DistEmbed.Protocol.Checkpoints;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Messages;

namespace DistEmbed.Coordinator.Run;

/// <summary>
/// A run as the coordinator sees it: who is there, what is granted, what is due at the end of which step. Messages in, effects out; it knows no actor, clock,
/// disk or socket. Not safe for two threads.
/// <para>
/// Work is granted a few steps ahead and never across a step at whose end something is due (an evaluation, a checkpoint, the end). At such a step everything is
/// applied and nothing is in flight, so that what is due sees one state, and what comes after is decided with all that is known.
/// </para>
/// </summary>
public sealed partial class RunState
{
    /// <summary>Steps that are granted ahead of the last settled one: enough that no worker waits for a grant, few enough that a stop takes effect soon.</summary>
    public const int GrantAhead = 8;

    /// <summary>Seconds after which a piece of work counts as awaited: before, it is under way.</summary>
    private const double AwaitedAfter = 0.5;

    private readonly RunPlan _plan;
    private readonly int _shards;
    private readonly int _expectedWorkers;
    private readonly WorkLedger _ledger;
    private readonly CheckpointPlan _checkpoints;
    private readonly HashSet<int> _readyShards = [];
    private readonly HashSet<int> _answered = [];
    private readonly PlanChanges _changes;
    private readonly PhaseWatch _phases;
    private readonly DateTimeOffset _zero;
    private readonly NodeReports _reports = new();
    private readonly RecentSteps _recent = new();
    private readonly StragglerBound _sliceBound = new();
    private readonly StragglerBound _chunkBound = new();
    private readonly HashSet<string> _released = [];
    private readonly List<RunEffect> _effects = [];
    private Phase _phase = Phase.Joining;
    private TimeSpan _phaseSince;
    private ChunkLedger? _chunks;
    private List<EvaluationRecord> _evaluations = [];
    private BestEvaluation? _best;
    private int _sinceBest;
    private RunTotals _totals = new();
    private long _sentHere;
    private readonly double _secondsBefore;
    private readonly RunTotals _before = new();
    private TimeSpan _startedAt;
    private int _endStep;
    private bool _stopping;
    private bool _bestPending;
    private bool _checkpointAsked;
    private bool _paused;
    private int? _hold;
    private CheckpointDraft? _draft;
    private int _committedStep = -1;
    private int _standsAt;
    private int _generation;
    private EvaluationRecord? _test;
    private IReadOnlyDictionary<string, string> _hashes = new Dictionary<string, string>();
    private TimeSpan _now;

    /// <summary>Creates the run.</summary>
    /// <param name="plan">What is to be done.</param>
    /// <param name="workers">Workers to wait for before it starts; more may join later.</param>
    /// <param name="shards">Shards there are.</param>
    /// <param name="zero">The time, UTC, from which all others are counted: for what is logged.</param>
    public RunState(RunPlan plan, int workers, int shards, DateTimeOffset zero = default)
    {
        _plan = plan;
        _zero = zero;
        _phases = new PhaseWatch(plan.Freeze, TablePlan.Watched(plan.Tables));
        _expectedWorkers = workers;
        _shards = shards;
        _ledger = new WorkLedger(plan.Job.Training.Slices);
        _checkpoints = new CheckpointPlan(plan.Job.Checkpoints);
        _changes = new PlanChanges(plan.Tables, shards);
        foreach (PlanChange change in (plan.ResumeFrom?.Resume.Changes ?? []).Concat(plan.Changes))
            _changes.Make(change);
        _phases.Take(_changes.All);
        _endStep = plan.TotalSteps;
        if (plan.ResumeFrom is not { } manifest)
            return;
        ResumeState resume = manifest.Resume;
        _evaluations = [.. resume.Evaluations];
        _best = resume.Best;
        _sinceBest = resume.EvaluationsSinceBest;
        _totals = resume.Totals;
        _secondsBefore = resume.ElapsedSeconds;
        _before = resume.Totals;
        _committedStep = manifest.Step;
        _hashes = manifest.TableHashes;
        if (resume.Window is { } window)
            _phases.Restore(window);
    }

    private enum Phase
    {
        Joining,
        Seeding,
        Training,
        Evaluating,
        Snapshotting,
        RestoringBest,
        Over,
    }

    /// <summary>Every step up to this one is applied everywhere.</summary>
    public int SettledStep => _ledger.SettledStep;

    /// <summary>Changes of the plan, those of earlier processes included: what a node that joins has to know.</summary>
    public IReadOnlyList<PlanChange> Changes => _changes.All;

    /// <summary>Whether the run has ended, well or not.</summary>
    public bool IsOver => _phase == Phase.Over;

    /// <summary>A worker is ready.</summary>
    public IReadOnlyList<RunEffect> OnWorkerReady(string worker, TimeSpan now)
    {
        Enter(now);
        if (IsOver)
            return Done();
        _ledger.Join(worker);
        _reports.Join(worker, now);
        foreach (ChangePlan change in _changes.All.Select(c => new ChangePlan(c)))
            _effects.Add(new RunEffect.ToWorker(worker, change));
        GrantOrphans();
        return _phase == Phase.Joining ? Begin() : Advance();
    }

    /// <summary>A worker is gone; what it held goes to the others.</summary>
    public IReadOnlyList<RunEffect> OnWorkerLost(string worker, TimeSpan now)
    {
        Enter(now);
        if (IsOver)
            return Done();
        if (_ledger.Draining.Contains(worker))
            Release(worker);
        Send(_ledger.Lose(worker, now));
        _reports.Forget(worker);
        _chunks?.Forget(worker);
        SendChunks();
        return Done();
    }

    /// <summary>A shard is ready.</summary>
    public IReadOnlyList<RunEffect> OnShardReady(int shard, TimeSpan now)
    {
        Enter(now);
        _readyShards.Add(shard);
        _reports.Join(shard, now);
        return Begin();
    }

    /// <summary>The first rows are in place.</summary>
    public IReadOnlyList<RunEffect> OnSeeded(TimeSpan now)
    {
        Enter(now);
        return _phase == Phase.Seeding ? StartTraining(0) : Done();
    }

    /// <summary>A shard has taken its rows from a checkpoint.</summary>
    public IReadOnlyList<RunEffect> OnRestored(ShardRestored restored, TimeSpan now)
    {
        Enter(now);
        if (restored.Generation != _generation)
            return Done();
        _answered.Add(restored.Shard);
        if (_answered.Count < _shards)
            return Done();
        if (_phase == Phase.Seeding)
            return StartTraining(restored.Step);
        if (_phase == Phase.RestoringBest)
        {
            _standsAt = restored.Step;
            Evaluate(EvaluationPart.Test);
        }

        return Done();
    }

    /// <summary>A slice is done.</summary>
    public IReadOnlyList<RunEffect> OnSliceCompleted(SliceCompleted done, TimeSpan now)
    {
        Enter(now);
        if (IsOver || done.Generation != _generation)
            return Done();
        ClearLate(done.Worker);
        if (_ledger.AgeOf(done.Step, done.Slice, done.Worker, now) is { } took)
            _sliceBound.Note(took);
        IReadOnlyList<SettledStep> settled = _ledger.Complete(done, now);
        foreach (SettledStep step in settled)
        {
            _sentHere += step.Traffic.PushesSent;
            _totals = _totals with
            {
                Examples = _totals.Examples + step.Examples,
                Words = _totals.Words + step.Words,
                RowsPulled = _totals.RowsPulled + step.Traffic.RowsPulled,
                RowsPushed = _totals.RowsPushed + step.Traffic.RowsPushed,
                BytesPulled = _totals.BytesPulled + step.Traffic.BytesPulled,
                BytesPushed = _totals.BytesPushed + step.Traffic.BytesPushed,
                RowsKept = _totals.RowsKept + step.Traffic.RowsKept,
                BytesKept = _totals.BytesKept + step.Traffic.BytesKept,
            };
            _recent.Add(step, now);
            _phases.Add(step);
            Publish(new RunEvent.Settled(step, Elapsed));
        }

        if (settled.Count > 0)
        {
            _standsAt = _ledger.SettledStep;
            _effects.Add(new RunEffect.ToShards(new StepsSettled(_ledger.SettledStep)));
        }

        return Advance();
    }

    /// <summary>A chunk is evaluated.</summary>
    public IReadOnlyList<RunEffect> OnChunkEvaluated(ChunkEvaluated chunk, TimeSpan now)
    {
        Enter(now);
        if (IsOver || chunk.Generation != _generation)
            return Done();
        ClearLate(chunk.Worker);
        if (_phase != Phase.Evaluating || _chunks!.Complete(chunk, now) is not { } took)
            return Advance();
        _chunkBound.Note(took);
        if (!_chunks.IsDone)
            return Done();

        EvaluationRecord record = _chunks.Sum(_plan.EpochOf(_standsAt) - 1) with { Phase = _plan.Freeze.IsNamed ? _phases.NameOf(_phases.PhaseOf(_standsAt)) : null };
        if (_chunks.Part == EvaluationPart.Test)
        {
            _test = record;
            Finish();
            return Done();
        }

        _evaluations = [.. _evaluations, record];
        // Kim's rule: of equally good evaluations the latest counts, since its weights have seen more.
        bool best = _best is null || record.Scores.Main >= _best.Metric;
        bool better = _best is null || record.Scores.Main > _best.Metric;
        if (best)
        {
            _best = new BestEvaluation(record.Step, record.Scores.Main) { Phase = record.Phase };
            _bestPending = _plan.Job.Evaluation.KeepBest;
        }

        _sinceBest = better ? 0 : _sinceBest + 1;
        if (IsOutOfPatience(record.Step))
            _endStep = record.Step;
        Publish(new RunEvent.Evaluated(record, best));
        Go(Phase.Training);
        return Advance();
    }

    /// <summary>The folder of a checkpoint is there.</summary>
    public IReadOnlyList<RunEffect> OnCheckpointBegun(int step, string directory, TimeSpan now)
    {
        Enter(now);
        if (IsOver)
            return Done();
        _answered.Clear();
        _effects.Add(new RunEffect.ToShards(new WriteShard(step, directory, _plan.Fingerprint)));
        return Done();
    }

    /// <summary>A shard keeps its state aside.</summary>
    public IReadOnlyList<RunEffect> OnSnapshotTaken(SnapshotTaken taken, TimeSpan now)
    {
        Enter(now);
        _answered.Add(taken.Shard);
        if (_phase == Phase.Snapshotting && _answered.Count == _shards)
            Go(Phase.Training);
        return Advance();
    }

    /// <summary>A shard's file is on disk.</summary>
    public IReadOnlyList<RunEffect> OnShardWritten(ShardWritten written, TimeSpan now)
    {
        Enter(now);
        if (IsOver || _draft?.Step != written.Step)
            return Done();
        _draft.Take(written);
        if (_draft.IsWritten)
            Commit(_draft);
        return Done();
    }

    /// <summary>A checkpoint is committed.</summary>
    public IReadOnlyList<RunEffect> OnCheckpointCommitted(int step, TimeSpan now)
    {
        Enter(now);
        _committedStep = step;
        Publish(new RunEvent.CheckpointCommitted(step, _draft!.Kind));
        _draft = null;
        return Advance();
    }

    /// <summary>A worker says how it stands. One that was late and has nothing to do any more is taken in again.</summary>
    public IReadOnlyList<RunEffect> OnReport(WorkerReport report, TimeSpan now)
    {
        Enter(now);
        _reports.Take(report, now);
        if (IsOver || report.Doing != WorkerActivity.Idle || !_ledger.IsLate(report.Worker))
            return Done();
        ClearLate(report.Worker);
        return Advance();
    }

    /// <summary>A shard says how it stands.</summary>
    public IReadOnlyList<RunEffect> OnReport(ShardReport report, TimeSpan now)
    {
        Enter(now);
        _reports.Take(report, now);
        return Done();
    }

    /// <summary>
    /// Time has passed. What a worker holds that takes far longer than usual is granted to others too, all of it, so that one that stands still costs one wait;
    /// it is granted nothing until something comes of it. Changes that a shard has not confirmed are sent again.
    /// </summary>
    public IReadOnlyList<RunEffect> OnTick(TimeSpan now)
    {
        Enter(now);
        if (IsOver)
            return Done();
        foreach (string worker in _ledger.FindLate(now, _sliceBound.Value).Concat(_phase == Phase.Evaluating ? _chunks!.FindLate(now, _chunkBound.Value) : []))
            _ledger.SetLate(worker);
        GrantOrphans();
        if (_changes.IsOverdue(now) && _phase != Phase.Joining)
            SendChanges();
        return Done();
    }

    /// <summary>A shard is gone, where another attempt is possible: this one is over.</summary>
    public IReadOnlyList<RunEffect> OnShardLost(int shard, TimeSpan now)
    {
        Enter(now);
        if (!IsOver)
        {
            Go(Phase.Over);
            Publish(new RunEvent.ShardLost(shard));
        }

        return Done();
    }

    /// <summary>A worker or shard cannot go on: the run fails. Nothing is committed beyond the last checkpoint.</summary>
    public IReadOnlyList<RunEffect> OnFailed(NodeFailed failed, TimeSpan now)
    {
        Enter(now);
        if (_phase != Phase.Over)
        {
            Go(Phase.Over);
            Publish(new RunEvent.Failed(failed.Node, failed.Reason));
        }

        return Done();
    }

    private double Elapsed => _secondsBefore + (_now - _startedAt).TotalSeconds;

    private void Enter(TimeSpan now)
    {
        _now = now;
        _effects.Clear();
    }

    private RunEffect[] Done()
    {
        foreach (string worker in _ledger.Draining.Where(w => IsOver || (_ledger.OpenSlicesOf(w) == 0 && (_phase != Phase.Evaluating || _chunks!.OpenOf(w).Count == 0))))
            Release(worker);
        return [.. _effects];
    }

    private void Release(string worker)
    {
        if (_released.Add(worker))
            _effects.Add(new RunEffect.WorkerDrained(worker));
    }

    private void Go(Phase phase) => (_phase, _phaseSince) = (phase, _now);

    private void Publish(RunEvent happened) => _effects.Add(new RunEffect.Publish(happened));

    private void Send(IReadOnlyList<(string Worker, GrantLease Lease)> leases)
    {
        foreach ((string worker, GrantLease lease) in leases)
            _effects.Add(new RunEffect.ToWorker(worker, lease with { Generation = _generation }));
    }

    private void SendChanges()
    {
        foreach (ChangePlan change in _changes.Messages(_now))
            _effects.Add(new RunEffect.ToShards(change));
    }

    private void GrantOrphans()
    {
        Send(_ledger.GrantOrphans(_now));
        SendChunks();
    }

    private void ClearLate(string worker)
    {
        if (_ledger.ClearLate(worker))
            GrantOrphans();
    }

    private RunEffect[] Begin()
    {
        if (_phase != Phase.Joining || _readyShards.Count < _shards || _ledger.Workers.Count < _expectedWorkers)
            return Done();
        Go(Phase.Seeding);
        SendChanges();
        if (_plan.ResumeFrom is { } manifest)
            Restore(manifest.Step);
        else
            _effects.Add(new RunEffect.SeedShards());
        return Done();
    }

    private void Restore(int step)
    {
        _answered.Clear();
        _effects.Add(new RunEffect.RestoreShards(step, _generation));
    }

    private RunEffect[] StartTraining(int step)
    {
        _ledger.Reset(step);
        _standsAt = step;
        _checkpoints.Taken(step, _now);
        _startedAt = _now;
        Go(Phase.Training);
        if (IsOutOfPatience(step))
            _endStep = step;
        Publish(new RunEvent.Started(step, _secondsBefore));
        return Advance();
    }

    /// <summary>Decides what comes next: what is due at the end of this step, the next grant, or nothing while something is under way.</summary>
    private RunEffect[] Advance()
    {
        if (_phase != Phase.Training)
            return Done();
        int step = _ledger.SettledStep;
        if (!_ledger.IsQuiescent)
        {
            GrantMore(step);
            return Done();
        }

        if (EvaluationDue(step))
        {
            Evaluate(EvaluationPart.Dev);
            return Done();
        }

        bool ends = _stopping || step >= _endStep;
        if (step < _endStep && _phases.EndOf(step, _evaluations) is { } reason)
            Begin(_phases.PhaseOf(step) + 1, reason, _zero + _now);
        bool kept = _draft?.Step == step || _committedStep == step;
        if (kept)
            _checkpointAsked = false;
        if (!kept && (ends || _bestPending || _checkpointAsked || _checkpoints.IsDue(step, _now)))
        {
            if (_draft is null) // else: one at a time; its commit comes back here
                BeginCheckpoint(step, ends);
            return Done();
        }

        if (!ends)
            GrantMore(step);
        else if (_draft is null)
            Conclude(step);
        return Done();
    }

    private void GrantMore(int step)
    {
        if (_stopping || _paused || _checkpointAsked || !_changes.AreInPlace || (_checkpoints.IsTimeUp(_now) && step > _checkpoints.LastStep))
            return;
        int boundary = Math.Min(Math.Min(_endStep, _hold ?? int.MaxValue), _checkpoints.NextAfter(step) ?? int.MaxValue);
        if (_plan.EvaluateEvery is { } every)
            boundary = Math.Min(boundary, (step / every + 1) * every);
        if (_phases.NextCheck(step) is { } check)
            boundary = Math.Min(boundary, check);
        Send(_ledger.Grant(Math.Min(step + GrantAhead, boundary), _now));
    }

    /// <summary>Whether evaluations have brought nothing better for too long. Until the last phase there is always something else to try, so that only its evaluations count.</summary>
    private bool IsOutOfPatience(int step)
    {
        if (_plan.Job.Evaluation.Patience is not { } patience || !_phases.IsLast(Math.Max(1, step)))
            return false;
        int start = _phases.StartOf(_phases.PhaseOf(Math.Max(1, step)));
        return Math.Min(_sinceBest, _evaluations.Count(e => e.Step >= start)) >= patience;
    }

    private bool EvaluationDue(int step)
    {
        if (_plan.EvaluateEvery is not { } every || step == 0 || (_evaluations.Count > 0 && _evaluations[^1].Step >= step))
            return false;
        return step % every == 0 || step == _plan.TotalSteps;
    }

    private void Evaluate(EvaluationPart part)
    {
        Go(Phase.Evaluating);
        _chunks = new ChunkLedger(part, _standsAt, part == EvaluationPart.Dev ? _plan.DevExamples : _plan.TestExamples, _plan.Measures);
        SendChunks();
    }

    private void SendChunks()
    {
        if (_phase != Phase.Evaluating)
            return;
        foreach ((string worker, EvaluateChunks chunks) in _chunks!.Grant(_ledger.Available, _ledger.IsLate, _now))
            _effects.Add(new RunEffect.ToWorker(worker, chunks with { Generation = _generation }));
    }

    private void BeginCheckpoint(int step, bool ends)
    {
        CheckpointKind kind = !ends ? _bestPending ? CheckpointKind.Best : CheckpointKind.Periodic
            : step >= _endStep ? CheckpointKind.Final : CheckpointKind.Interrupted;
        Go(Phase.Snapshotting);
        _answered.Clear();
        _bestPending = _checkpointAsked = false;
        _checkpoints.Taken(step, _now);
        _draft = new CheckpointDraft(step, kind, State(step), _sentHere, _shards);
        _effects.Add(new RunEffect.BeginCheckpoint(step));
    }

    private ResumeState State(int step) => new()
    {
        NextStep = step + 1,
        Evaluations = _evaluations,
        Best = _best,
        EvaluationsSinceBest = _sinceBest,
        Totals = _totals,
        ElapsedSeconds = Elapsed,
        Groups = _plan.Tables.GroupBy(t => t.Spec.Group).ToDictionary(g => g.Key, g => new GroupState(
            g.All(table => table.IsFrozen(step + 1)),
            NextTunedStep(g, 1) is var first and not GroupTimeline.Never ? first : null)),
        Changes = _changes.All,
        Window = _plan.Freeze.Phases.Any(phase => phase.Until?.IsChecked == true) ? _phases.Window : null,
    };

    private void Commit(CheckpointDraft draft)
    {
        if (draft.Imbalance is { } imbalance)
        {
            Go(Phase.Over);
            Publish(new RunEvent.Failed("coordinator", imbalance));
            return;
        }

        CheckpointManifest manifest = draft.Manifest(_plan, _before);
        RunTotals pushes = manifest.Resume.Totals;
        _totals = _totals with { PushesSent = pushes.PushesSent, PushesApplied = pushes.PushesApplied, PushesRejected = pushes.PushesRejected };
        _hashes = manifest.TableHashes;
        // The best as of this checkpoint, not as of now: a better one since has no checkpoint yet, and a run that resumes from this one will look for its best.
        int[] keep = draft.State.Best is { } best && _plan.Job.Evaluation.KeepBest ? [best.Step] : [];
        _effects.Add(new RunEffect.CommitCheckpoint(manifest, keep));
    }

    private void Conclude(int step)
    {
        if (_stopping && step < _endStep || _plan.TestExamples == 0)
        {
            Finish();
            return;
        }

        if (WeightsStep == _standsAt)
        {
            Evaluate(EvaluationPart.Test);
            return;
        }

        // The shards step back: what was sent until now and is still under way must not be taken for work on the older weights.
        _generation++;
        Go(Phase.RestoringBest);
        Restore(WeightsStep);
    }

    private int WeightsStep => _plan.Job.Evaluation.KeepBest && _best is { } best ? best.Step : _ledger.SettledStep;

    private void Finish()
    {
        Go(Phase.Over);
        int step = _ledger.SettledStep;
        Publish(new RunEvent.Finished(new RunOutcome(
            _stopping && step < _endStep, step, _endStep, State(step), _test, WeightsStep, _hashes)));
    }
}
