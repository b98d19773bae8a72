using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Rows;
using DistEmbed.Protocol.Serialization;
using DistEmbed.Protocol.Sharding;

namespace DistEmbed.ParameterServer.Storage;

/// <summary>An answer that a shard gives.</summary>
/// <param name="Worker">The worker's incarnation that it goes to.</param>
/// <param name="Message">The message.</param>
public readonly record struct ShardReply(string Worker, object Message);

/// <summary>
/// A shard of the parameter server: its rows, which pushes were taken, and the order in which they apply. Messages in, answers out; it knows no actor, clock or
/// socket. Not safe for two threads.
/// <para>
/// In sync mode each row is changed once a step, when its gradients of all slices are in, which are added in the order of slices, so that arrival decides nothing
/// (<see cref="SliceSum"/>). A pull for step t is answered with the rows as of step t-1, also when t is applied already or in part: a slice whose worker was lost can
/// be computed again from the same bits.
/// </para>
/// </summary>
public sealed class ShardStore : IDisposable
{
    /// <summary>How many steps beyond the last applied one pushes and pulls may be: more than any lease is long.</summary>
    public const int MaxStepsAhead = 256;

    private readonly int _shard;
    private readonly ShardMap _map;
    private readonly IReadOnlyList<TablePlan> _plans;
    private readonly RowTable[] _tables;
    private readonly Consistency _consistency;
    private readonly int _staleness;
    private readonly PushLedger _ledger;
    private readonly UndoLog _undo;
    private readonly Dictionary<PullId, PullParts> _held = [];
    private readonly int[] _dimensions;
    private readonly SliceSum _sum;
    private readonly RowFaults _faults;
    private readonly UnchangedRows _unchanged;
    private readonly Dictionary<RefusalReason, long> _refused = [];
    private readonly HashSet<PlanChange> _changes = [];
    private int _summing;
    private long _applied;
    private long _duplicates;
    private long _frozenRows;
    private (long Rows, long Bytes) _read;
    private (long Rows, long Bytes) _written;

    /// <summary>Creates an empty shard.</summary>
    /// <param name="shard">Its number.</param>
    /// <param name="map">Who owns which row.</param>
    /// <param name="plans">The tables with their rules.</param>
    /// <param name="training">Slices and consistency.</param>
    /// <param name="seed">The job's seed, for first values.</param>
    public ShardStore(int shard, ShardMap map, IReadOnlyList<TablePlan> plans, TrainingSpec training, ulong seed)
    {
        _shard = shard;
        _map = map;
        _plans = plans;
        _consistency = training.Consistency;
        _staleness = training.Consistency == Consistency.Bounded ? training.Staleness ?? 1 : 0;
        _unchanged = new UnchangedRows(_consistency, _staleness);
        _ledger = new PushLedger(training.Slices);
        _tables = new RowTable[plans.Count];
        for (int table = 0; table < plans.Count; table++)
        {
            TablePlan plan = plans[table];
            RowTable? source = plan.Spec.Init is RowInit.CopyOf copy ? _tables[IndexOf(plans, copy.Table)] : null;
            _tables[table] = new RowTable(plan.Spec, RowKinds.Of(plan), seed, source);
        }

        _undo = new UndoLog(_tables);
        _dimensions = [.. _tables.Select(t => t.Dimension)];
        _sum = new SliceSum(_dimensions, training.Slices);
        _faults = new RowFaults(shard, map, plans);
    }

    /// <summary>Every step up to this one is applied.</summary>
    public int AppliedStep => _ledger.CompleteStep;

    /// <summary>Whether the step after <see cref="AppliedStep"/> is applied in part: what is stored is then the state of no step.</summary>
    public bool IsInStep => _summing > AppliedStep && !_sum.IsAtStart;

    /// <summary>Generation of the run: pulls and pushes of another are refused, since their steps are counted from another state.</summary>
    public int Generation { get; private set; }

    /// <summary>The tables, in the job's order.</summary>
    public IReadOnlyList<RowTable> Tables => _tables;

    /// <summary>What became of the pushes so far.</summary>
    public PushCounters Counters => new(_applied, _duplicates, new Dictionary<RefusalReason, long>(_refused), _frozenRows);

    /// <summary>Pulls that wait for a step, with the step that each waits for.</summary>
    public IEnumerable<(PullId Pull, int AwaitedStep)> Waiting => _held.Values.Select(p => (p.Pull.Id, AwaitedBy(p.Pull)));

    /// <summary>Slices of the step after <see cref="AppliedStep"/> that are not complete: who is waited for.</summary>
    public IReadOnlyList<int> MissingSlices => _ledger.MissingSlices(AppliedStep + 1);

    /// <summary>How the shard stands.</summary>
    public ShardReport Report() => new(
        _shard, AppliedStep, MissingSlices, _held.Count, _tables.Sum(t => (long)t.AllocatedRows), _read.Rows, _written.Rows, _read.Bytes, _written.Bytes);

    /// <summary>Makes a change of the plan, before any push of its step.</summary>
    /// <returns>How many changes are made.</returns>
    public int Make(PlanChange change)
    {
        TablePlan.Make(_plans, change);
        _changes.Add(change);
        return _changes.Count;
    }

    /// <summary>Gives rows their first values (pretrained vectors).</summary>
    public void Assign(AssignRows assign)
    {
        RowTable table = _tables[assign.Table];
        for (int i = 0; i < assign.Rows.Length; i++)
            table.Assign(assign.Rows[i], assign.Values.AsSpan(i * table.Dimension, table.Dimension));
    }

    /// <summary>Gives those of the rows that are this shard's their first values.</summary>
    /// <exception cref="ArgumentException">The block does not fit the tables.</exception>
    public void AssignOwn(AssignRows block)
    {
        if (block.Table >= _tables.Length || block.Values.Length != block.Rows.Length * _tables[block.Table].Dimension || block.Rows[^1] >= _plans[block.Table].Spec.Rows)
            throw new ArgumentException($"first rows for table {block.Table} do not fit the model", nameof(block));
        RowTable table = _tables[block.Table];
        for (int i = 0; i < block.Rows.Length; i++)
        {
            if (_map.ShardOf(block.Rows[i]) == _shard)
                table.Assign(block.Rows[i], block.Values.AsSpan(i * table.Dimension, table.Dimension));
        }
    }

    /// <summary>Takes a pull: answers it, holds it until its step may read, or refuses it.</summary>
    public void Pull(PullRows pull, ICollection<ShardReply> replies)
    {
        if (FaultOf(pull) is { } reason)
        {
            replies.Add(new ShardReply(pull.Id.Worker, new PullRefused(pull.Id, _shard, reason) { Generation = Generation }));
            return;
        }

        _held[pull.Id] = new PullParts(pull, _dimensions); // a repeat of a held pull takes its place
        AnswerHeld(replies);
    }

    /// <summary>Takes a block of gradients: acknowledges it and applies what has become complete, or refuses it.</summary>
    public void Push(PushRows push, ICollection<ShardReply> replies)
    {
        if (FaultOf(push) is { } reason)
        {
            _refused[reason] = _refused.GetValueOrDefault(reason) + 1;
            replies.Add(new ShardReply(push.Worker, new PushRefused(_shard, push.Step, push.Slice, push.Block, reason) { Generation = Generation }));
            return;
        }

        if (_ledger.TryTake(push, keep: _consistency != Consistency.Async))
        {
            _applied++;
            foreach (RowGradients gradients in push.Gradients)
                _written = (_written.Rows + gradients.Rows.Length, _written.Bytes + BytesOf(gradients));
            if (_consistency == Consistency.Async)
                ApplyOnArrival(push);
        }
        else
        {
            _duplicates++;
        }

        replies.Add(new ShardReply(push.Worker, new PushAcknowledged(_shard, push.Step, push.Slice, push.Block) { Generation = Generation }));
        while (_ledger.Next is { } slices && TryFinishStep(slices))
            AnswerHeld(replies);
        AnswerHeld(replies);
    }

    /// <summary>Notes that every shard has applied <paramref name="step"/>: what was kept to compute it again is dropped.</summary>
    public void Settle(int step) => _undo.DropThrough(step);

    /// <summary>Keeps the state aside for a reader on another thread; training goes on.</summary>
    public IReadOnlyList<RowTableSnapshot> Snapshot() => [.. _tables.Select(t => t.Snapshot())];

    /// <summary>Drops everything and stands at <paramref name="step"/>, empty; rows follow through <see cref="Restore"/>.</summary>
    /// <param name="step">The step that counts as applied.</param>
    /// <param name="generation">Generation that begins: what was sent in another, and arrives late, is refused.</param>
    public void Reset(int step, int generation = 0)
    {
        Generation = generation;
        foreach (RowTable table in _tables)
            table.Clear();
        _ledger.Reset(step);
        _undo.Clear();
        _held.Clear();
        _summing = 0;
    }

    /// <summary>Puts back a row from a checkpoint, unless it belongs to another shard.</summary>
    /// <returns>Whether it is one of this shard's rows.</returns>
    public bool Restore(int table, int row, int lastStep, ReadOnlySpan<float> values, ReadOnlySpan<float> state)
    {
        if (_map.ShardOf(row) != _shard)
            return false;
        _tables[table].Restore(row, lastStep, values, state);
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (RowTable table in _tables)
            table.Dispose();
    }

    private long BytesOf(RowGradients gradients) => (long)gradients.Rows.Length * _tables[gradients.Table].Dimension * sizeof(float);

    private static int IndexOf(IReadOnlyList<TablePlan> plans, string name)
    {
        for (int i = 0; i < plans.Count; i++)
        {
            if (plans[i].Spec.Name == name)
                return i;
        }

        throw new ArgumentException($"no table '{name}' to copy");
    }

    private int AwaitedBy(PullRows pull) => pull.Step - 1 - _staleness;

    private bool MayRead(int step) => _consistency == Consistency.Async || AppliedStep >= step - 1 - _staleness;

    private RefusalReason? FaultOf(PullRows pull)
    {
        if (pull.Generation != Generation)
            return RefusalReason.OtherGeneration;
        if (pull.Step > AppliedStep + MaxStepsAhead)
            return RefusalReason.TooFarAhead;
        if (_consistency == Consistency.Sync && pull.Step <= AppliedStep && !_undo.Covers(pull.Step, AppliedStep))
            return RefusalReason.TooLate;
        return _faults.Of(pull.Tables);
    }

    private RefusalReason? FaultOf(PushRows push)
    {
        if (push.Generation != Generation)
            return RefusalReason.OtherGeneration;
        if (push.Step > AppliedStep + MaxStepsAhead)
            return RefusalReason.TooFarAhead;
        if (push.Step < 1 || !_ledger.Fits(push))
            return RefusalReason.Malformed;
        return _faults.Of(push.Gradients);
    }

    /// <summary>
    /// Sends of the pulls that are held what can be sent: all, where the step that they wait for is applied, and the first parts where it is applied that far. A worker's
    /// pulls are answered one after the other: it computes with the first while the next is under way.
    /// </summary>
    private void AnswerHeld(ICollection<ShardReply> replies)
    {
        if (_held.Count == 0)
            return;
        var behind = new HashSet<string>();
        foreach (PullParts parts in _held.Values.OrderBy(p => p.Pull.Id.Sequence).ToArray())
        {
            PullRows pull = parts.Pull;
            bool whole = MayRead(pull.Step), part = AwaitedBy(pull) == _summing && !behind.Contains(pull.Id.Worker);
            for (; parts.Sent < parts.Count && (whole || (part && _sum.IsPassed(parts.NextEnd))); parts.Sent++)
            {
                RowValues[] values = [.. parts.Next.Select(run => ReadRun(parts, run))];
                replies.Add(new ShardReply(pull.Id.Worker, new RowsPulled(pull.Id, _shard, parts.Sent, parts.Count, values) { Format = pull.Format }));
            }

            if (parts.Sent == parts.Count)
                _held.Remove(pull.Id);
            else
                behind.Add(pull.Id.Worker);
        }
    }

    private RowValues ReadRun(PullParts parts, RowRun part)
    {
        (PullRows pull, (RowIds ids, int start, int count)) = (parts.Pull, part);
        RowTable table = _tables[ids.Table];
        int dimension = table.Dimension, sent = count;
        // What an applied step read is always sent.
        bool applied = pull.Step <= AppliedStep, again = _consistency == Consistency.Sync && (applied || pull.Step == _summing);
        byte[]? unchanged = again && applied ? null : _unchanged.Of(table, ids, pull.Step, start, count, out sent);
        Memory<float> place = unchanged is null ? pull.Into?.Take(_shard, parts.Sent, ids.Table, start, count) ?? default : default;
        if (place.IsEmpty)
            place = RowMemory.Rent(sent * dimension);
        var run = new RowValues(ids.Table, start, count, place) { Unchanged = unchanged };
        Span<float> values = place.Span;
        for (int i = 0, at = 0; i < count; i++)
        {
            if (run.IsUnchanged(i))
                continue;
            int row = ids.Rows[start + i];
            Span<float> destination = values.Slice(at++ * dimension, dimension);
            if (!again || !_undo.TryRead(ids.Table, row, pull.Step, destination))
                table.Read(row, pull.Step - 1, destination);
        }

        if (pull.Format == RowFormat.Half)
            BFloat16.Round(values);
        _read = (_read.Rows + sent, _read.Bytes + (long)sent * dimension * RowPayload.BytesOf(pull.Format));
        return run;
    }

    /// <summary>Applies what has come of the next step, as far as it is certain; true when that is all of it.</summary>
    private bool TryFinishStep(PushRows?[]?[] slices)
    {
        if (_consistency == Consistency.Async)
            return _ledger.TryComplete();
        int step = AppliedStep + 1;
        if (_summing == step)
        {
            _sum.Resume();
        }
        else
        {
            _summing = step;
            _sum.Start(slices);
            if (_consistency == Consistency.Sync)
                _undo.Begin(step);
        }

        ApplySums(step);
        if (!_sum.IsAtEnd || !_ledger.TryComplete())
            return false;
        foreach (PushRows push in slices.SelectMany(blocks => blocks!).Select(block => block!))
            Return(push);
        return true;
    }

    private void ApplySums(int step)
    {
        int current = -1;
        bool frozen = false, mixed = false;
        while (_sum.TryNext(out int table, out int row, out ReadOnlySpan<float> gradient))
        {
            TablePlan plan = _plans[table];
            if (table != current)
                (current, frozen, mixed) = (table, plan.IsFrozen(step), plan.IsMixed(step));
            if (frozen || row == plan.Spec.PaddingRow || (mixed && plan.TimelineOf(row).IsFrozen(step)))
            {
                _frozenRows++;
                continue;
            }

            if (_consistency == Consistency.Sync)
                _undo.Keep(table, row);
            _tables[table].Apply(row, step, gradient);
        }
    }

    private void ApplyOnArrival(PushRows push)
    {
        foreach (RowGradients gradients in push.Gradients)
        {
            RowTable table = _tables[gradients.Table];
            TablePlan plan = _plans[gradients.Table];
            bool frozen = plan.IsFrozen(push.Step), mixed = plan.IsMixed(push.Step);
            for (int i = 0; i < gradients.Rows.Length; i++)
            {
                if (frozen || gradients.Rows[i] == plan.Spec.PaddingRow || (mixed && plan.TimelineOf(gradients.Rows[i]).IsFrozen(push.Step)))
                    _frozenRows++;
                else
                    table.ApplyNow(gradients.Rows[i], push.Step, gradients.Row(i, table.Dimension));
            }
        }

        Return(push);
    }

    private static void Return(PushRows push)
    {
        foreach (RowGradients gradients in push.Gradients)
            RowMemory.Return(gradients.Values);
    }
}
