using System.Text.Json;
using DistEmbed.Protocol.Checkpoints;
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
public sealed class RunState
{
    /// <summary>Steps that are granted ahead of the last settled one: enough that no worker waits for a grant, few enough that a stop takes effect soon.</summary>
    public const int GrantAhead = 8;

    private readonly RunPlan _plan;
    private readonly int _shards;
    private readonly int _expectedWorkers;
    private readonly WorkLedger _ledger;
    private readonly CheckpointPlan _checkpoints;
    private readonly HashSet<int> _readyShards = [];
    private readonly HashSet<int> _answered = [];
    private readonly Dictionary<int, ShardWritten> _written = [];
    private readonly List<RunEffect> _effects = [];
    private Phase _phase = Phase.Joining;
    private ChunkEvaluated?[] _chunks = [];
    private EvaluationPart _part;
    private List<EvaluationRecord> _evaluations = [];
    private BestEvaluation? _best;
    private int _sinceBest;
    private RunTotals _totals = new();
    private long _sentHere;
    private long _writingSent;
    private readonly double _secondsBefore;
    private readonly RunTotals _before = new();
    private TimeSpan _startedAt;
    private int _endStep;
    private bool _stopping;
    private bool _bestPending;
    private CheckpointKind _kind;
    private int _writingStep = -1;
    private ResumeState? _writingState;
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
    public RunState(RunPlan plan, int workers, int shards)
    {
        _plan = plan;
        _expectedWorkers = workers;
        _shards = shards;
        _ledger = new WorkLedger(plan.Job.Training.Slices);
        _checkpoints = new CheckpointPlan(plan.Job.Checkpoints);
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

    /// <summary>Whether the run has ended, well or not.</summary>
    public bool IsOver => _phase == Phase.Over;

    /// <summary>A worker is ready.</summary>
    public IReadOnlyList<RunEffect> OnWorkerReady(string worker, TimeSpan now)
    {
        Enter(now);
        if (IsOver)
            return Done();
        bool first = _ledger.Workers.Count == 0;
        _ledger.Join(worker);
        Send(_ledger.GrantOrphans());
        if (first && _phase == Phase.Evaluating)
            SendChunks(OpenChunks);
        return _phase == Phase.Joining ? Begin() : Advance();
    }

    /// <summary>A worker is gone; what it held goes to the others.</summary>
    public IReadOnlyList<RunEffect> OnWorkerLost(string worker, TimeSpan now)
    {
        Enter(now);
        if (IsOver)
            return Done();
        Send(_ledger.Lose(worker));
        if (_phase == Phase.Evaluating)
            SendChunks(OpenChunks);
        return Done();
    }

    /// <summary>A shard is ready.</summary>
    public IReadOnlyList<RunEffect> OnShardReady(int shard, TimeSpan now)
    {
        Enter(now);
        _readyShards.Add(shard);
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
        IReadOnlyList<SettledStep> settled = _ledger.Complete(done);
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
        if (_phase != Phase.Evaluating || chunk.Generation != _generation || chunk.Part != _part || chunk.Step != _standsAt || _chunks[chunk.Chunk] is not null)
            return Done();
        _chunks[chunk.Chunk] = chunk;
        if (!Array.TrueForAll(_chunks, c => c is not null))
            return Done();

        // Summed in the order of chunks: the same loss for any number of workers.
        double loss = 0;
        int correct = 0, examples = 0;
        foreach (ChunkEvaluated? c in _chunks)
        {
            loss += c!.LossSum;
            correct += c.Correct;
            examples += c.Examples;
        }

        var record = new EvaluationRecord(_standsAt, _plan.EpochOf(_standsAt) - 1, loss / examples, (double)correct / examples);
        if (_part == EvaluationPart.Test)
        {
            _test = record;
            Finish();
            return Done();
        }

        _evaluations = [.. _evaluations, record];
        // Kim's rule: of equally good evaluations the latest counts, since its weights have seen more.
        bool best = _best is null || record.Accuracy >= _best.Metric;
        bool better = _best is null || record.Accuracy > _best.Metric;
        if (best)
        {
            _best = new BestEvaluation(record.Step, record.Accuracy);
            _bestPending = _plan.Job.Evaluation.KeepBest;
        }

        _sinceBest = better ? 0 : _sinceBest + 1;
        if (_plan.Job.Evaluation.Patience is { } patience && _sinceBest >= patience)
            _endStep = record.Step;
        Publish(new RunEvent.Evaluated(record, best));
        _phase = Phase.Training;
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
            _phase = Phase.Training;
        return Advance();
    }

    /// <summary>A shard's file is on disk.</summary>
    public IReadOnlyList<RunEffect> OnShardWritten(ShardWritten written, TimeSpan now)
    {
        Enter(now);
        if (IsOver)
            return Done();
        _written[written.Shard] = written;
        if (_written.Count == _shards)
            Commit();
        return Done();
    }

    /// <summary>A checkpoint is committed.</summary>
    public IReadOnlyList<RunEffect> OnCheckpointCommitted(int step, TimeSpan now)
    {
        Enter(now);
        _committedStep = step;
        _writingStep = -1;
        Publish(new RunEvent.CheckpointCommitted(step, _kind));
        return Advance();
    }

    /// <summary>The user wants the run to stop: what is granted is finished, a checkpoint committed, then it ends.</summary>
    public IReadOnlyList<RunEffect> OnStop(TimeSpan now)
    {
        Enter(now);
        _stopping = true;
        return Advance();
    }

    /// <summary>A worker or shard cannot go on: the run fails. Nothing is committed beyond the last checkpoint.</summary>
    public IReadOnlyList<RunEffect> OnFailed(NodeFailed failed, TimeSpan now)
    {
        Enter(now);
        if (_phase != Phase.Over)
        {
            _phase = Phase.Over;
            Publish(new RunEvent.Failed(failed.Node, failed.Reason));
        }

        return Done();
    }

    private IEnumerable<int> OpenChunks => Enumerable.Range(0, _chunks.Length).Where(c => _chunks[c] is null);

    /// <summary>What the run waits for, in words.</summary>
    public string Awaits => _phase switch
    {
        Phase.Joining => $"{_expectedWorkers - _ledger.Workers.Count} workers, {_shards - _readyShards.Count} shards",
        Phase.Evaluating => $"chunks {string.Join(", ", OpenChunks)} of {_part}",
        Phase.Training when _ledger.Awaited() is { Count: > 0 } slices =>
            $"step {_ledger.SettledStep + 1}: {string.Join(", ", slices.Select(s => $"slice {s.Slice} of {s.Worker}"))}",
        Phase.Training when _writingStep >= 0 => $"checkpoint of step {_writingStep}",
        _ => _phase.ToString(),
    };

    private double Elapsed => _secondsBefore + (_now - _startedAt).TotalSeconds;

    private void Enter(TimeSpan now)
    {
        _now = now;
        _effects.Clear();
    }

    private RunEffect[] Done() => [.. _effects];

    private void Publish(RunEvent happened) => _effects.Add(new RunEffect.Publish(happened));

    private void Send(IReadOnlyList<(string Worker, GrantLease Lease)> leases)
    {
        foreach ((string worker, GrantLease lease) in leases)
            _effects.Add(new RunEffect.ToWorker(worker, lease with { Generation = _generation }));
    }

    private RunEffect[] Begin()
    {
        if (_phase != Phase.Joining || _readyShards.Count < _shards || _ledger.Workers.Count < _expectedWorkers)
            return Done();
        _phase = Phase.Seeding;
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
        _phase = Phase.Training;
        if (_plan.Job.Evaluation.Patience is { } patience && _sinceBest >= patience)
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
        if (_writingStep != step && _committedStep != step && (ends || _bestPending || _checkpoints.IsDue(step, _now)))
        {
            if (_writingStep < 0) // else: one at a time; its commit comes back here
                BeginCheckpoint(step, ends);
            return Done();
        }

        if (!ends)
            GrantMore(step);
        else if (_writingStep < 0)
            Conclude(step);
        return Done();
    }

    private void GrantMore(int step)
    {
        if (_stopping || (_checkpoints.IsTimeUp(_now) && step > _checkpoints.LastStep))
            return;
        int boundary = Math.Min(_endStep, _checkpoints.NextAfter(step) ?? int.MaxValue);
        if (_plan.EvaluateEvery is { } every)
            boundary = Math.Min(boundary, (step / every + 1) * every);
        Send(_ledger.Grant(Math.Min(step + GrantAhead, boundary)));
    }

    private bool EvaluationDue(int step)
    {
        if (_plan.EvaluateEvery is not { } every || step == 0 || (_evaluations.Count > 0 && _evaluations[^1].Step >= step))
            return false;
        return step % every == 0 || step == _plan.TotalSteps;
    }

    private void Evaluate(EvaluationPart part)
    {
        _phase = Phase.Evaluating;
        _part = part;
        int examples = part == EvaluationPart.Dev ? _plan.DevExamples : _plan.TestExamples;
        _chunks = new ChunkEvaluated?[(examples + EvaluateChunks.ChunkSize - 1) / EvaluateChunks.ChunkSize];
        SendChunks(Enumerable.Range(0, _chunks.Length));
    }

    private void SendChunks(IEnumerable<int> chunks)
    {
        string[] workers = [.. _ledger.Workers];
        if (workers.Length == 0)
            return;
        foreach (IGrouping<int, int> share in chunks.GroupBy(c => c % workers.Length))
            _effects.Add(new RunEffect.ToWorker(workers[share.Key], new EvaluateChunks(_part, _standsAt, [.. share]) { Generation = _generation }));
    }

    private void BeginCheckpoint(int step, bool ends)
    {
        _kind = !ends ? _bestPending ? CheckpointKind.Best : CheckpointKind.Periodic
            : step >= _endStep ? CheckpointKind.Final : CheckpointKind.Interrupted;
        _phase = Phase.Snapshotting;
        _writingStep = step;
        _written.Clear();
        _bestPending = false;
        _checkpoints.Taken(step, _now);
        _writingState = State(step);
        _writingSent = _sentHere;
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
            g.First().Timeline.IsFrozen(step + 1),
            g.First().Timeline.FirstTunedStep == Protocol.Jobs.GroupTimeline.Never ? null : g.First().Timeline.FirstTunedStep)),
    };

    private void Commit()
    {
        // Nothing lost, nothing twice: every block that a settled slice sent was taken exactly once.
        long applied = _written.Values.Sum(w => w.Counters.Applied);
        if (applied != _writingSent)
        {
            _phase = Phase.Over;
            Publish(new RunEvent.Failed("coordinator", $"the push ledger does not balance at step {_writingStep}: {_writingSent} blocks sent, {applied} applied"));
            return;
        }

        IReadOnlyDictionary<string, string> hashes = TableHash.Of(
            [.. _plan.Tables.Select(t => t.Spec.Name)], [.. Enumerable.Range(0, _shards).Select(s => _written[s].Digests)]);
        RunTotals pushes = PushesOf(applied);
        _totals = _totals with { PushesSent = pushes.PushesSent, PushesApplied = pushes.PushesApplied, PushesRejected = pushes.PushesRejected };
        _hashes = hashes;
        var manifest = new CheckpointManifest
        {
            JobFingerprint = _plan.Fingerprint,
            JobName = _plan.Job.Name,
            Step = _writingStep,
            Epoch = _plan.EpochOf(_writingStep) - 1,
            Kind = _kind,
            Created = DateTimeOffset.UnixEpoch, // the shell, which has a clock, fills it in
            Shards = _shards,
            Files = [.. Enumerable.Range(0, _shards).Select(s => _written[s].File)],
            TableHashes = hashes,
            Resume = _writingState! with
            {
                Totals = _writingState!.Totals with
                {
                    PushesSent = pushes.PushesSent,
                    PushesApplied = pushes.PushesApplied,
                    PushesRejected = pushes.PushesRejected,
                },
            },
        };
        // The best as of this checkpoint, not as of now: a better one since has no checkpoint yet, and a run that resumes from this one will look for its best.
        int[] keep = _writingState.Best is { } best && _plan.Job.Evaluation.KeepBest ? [best.Step] : [];
        _effects.Add(new RunEffect.CommitCheckpoint(manifest, keep));
    }

    /// <summary>What became of all pushes, earlier processes' included, as the shards counted them: sent = applied + rejected.</summary>
    private RunTotals PushesOf(long applied)
    {
        var rejected = new SortedDictionary<string, long>(_before.PushesRejected.ToDictionary(), StringComparer.Ordinal);
        foreach (PushCounters counters in _written.Values.Select(w => w.Counters))
        {
            Add("duplicate", counters.Duplicates);
            foreach ((RefusalReason reason, long count) in counters.Refused)
                Add(JsonNamingPolicy.KebabCaseLower.ConvertName(reason.ToString()), count);
        }

        long all = _before.PushesApplied + applied;
        return new RunTotals { PushesApplied = all, PushesRejected = rejected, PushesSent = all + rejected.Values.Sum() };

        void Add(string reason, long count)
        {
            if (count > 0)
                rejected[reason] = rejected.GetValueOrDefault(reason) + count;
        }
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
        _phase = Phase.RestoringBest;
        Restore(WeightsStep);
    }

    private int WeightsStep => _plan.Job.Evaluation.KeepBest && _best is { } best ? best.Step : _ledger.SettledStep;

    private void Finish()
    {
        _phase = Phase.Over;
        int step = _ledger.SettledStep;
        Publish(new RunEvent.Finished(new RunOutcome(
            _stopping && step < _endStep, step, _endStep, State(step), _test, WeightsStep, _hashes)));
    }
}
