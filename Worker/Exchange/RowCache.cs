using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Worker.Exchange;

/// <summary>
/// Rows that a worker keeps so as not to read them again: those of evaluations, and those of tables that are frozen. Rows that a slice is about to change are not
/// kept, so that training them costs nothing here. Knows no actor, clock or socket. Not safe for two threads.
/// <para>
/// A row that was pulled for step a and is needed for step t is not asked at all where every step from a to t-1 leaves its table frozen. Otherwise it is asked
/// with a (<see cref="Protocol.Messages.RowIds.Known"/>), and the shard, which knows each row's last step, answers that it is unchanged or sends it. Both give
/// the bits that would have been sent:
/// in sync mode a value pulled for step a is the value as of step a-1. In the other modes it may be older, so that only a table that was never tuned before step t,
/// or a row pulled for the very same step, goes unasked. So it is where rows catch up with the steps that missed them: a frozen step adds nothing, but the
/// value is rounded anew for each step as of which it is read.
/// </para>
/// <para>Memory is bounded. When it is full nothing more is kept, except that rows of a frozen table take the room of tables that are tuned: they serve every epoch.</para>
/// </summary>
public sealed class RowCache
{
    /// <summary>What <see cref="Fill"/> says of a row that need not be asked.</summary>
    public const int Settled = -1;

    private const int SlabFloats = 1 << 15;
    private const int IndexBytes = 32; // a row's place in the dictionary, and its step

    private readonly IReadOnlyList<TablePlan> _plans;
    private readonly Table[] _tables;
    private readonly bool _sync;
    private readonly long _bound;

    /// <summary>Creates an empty cache.</summary>
    /// <param name="plans">The tables with their rules.</param>
    /// <param name="consistency">When a pull is answered.</param>
    /// <param name="bytes">Largest memory; 0: nothing is kept.</param>
    public RowCache(IReadOnlyList<TablePlan> plans, Consistency consistency, long bytes)
    {
        _plans = plans;
        _sync = consistency == Consistency.Sync;
        _bound = bytes;
        _tables = [.. plans.Select(plan => new Table(plan))];
    }

    /// <summary>Bytes used.</summary>
    public long Bytes { get; private set; }

    /// <summary>Lays the kept ones of <paramref name="rows"/> into <paramref name="values"/>.</summary>
    /// <param name="table">Index of the table.</param>
    /// <param name="step">The step that computes with them.</param>
    /// <param name="rows">Row ids.</param>
    /// <param name="values">Row after row; rows that are not kept are left alone.</param>
    /// <returns>
    /// For each row the step that its value was pulled for, 0 where it is not kept, <see cref="Settled"/> where it is kept and certain to be what a shard would send;
    /// null: none is kept.
    /// </returns>
    public int[]? Fill(int table, int step, int[] rows, Span<float> values)
    {
        Table kept = _tables[table];
        if (kept.Places.Count == 0)
            return null;
        kept.See(step);
        int[]? known = null;
        for (int i = 0; i < rows.Length; i++)
        {
            if (!kept.Places.TryGetValue(rows[i], out int place))
                continue;
            int pulled = kept.StepOf(place);
            if (pulled > step)
                continue; // the value of a later step: this slice was another worker's
            kept.Row(place).CopyTo(values[(i * kept.Dimension)..]);
            known ??= new int[rows.Length];
            known[i] = pulled == step || pulled >= kept.FrozenSince(rows[i], step, exact: !_sync) ? Settled : pulled;
        }

        return known;
    }

    /// <summary>Takes rows that were pulled, as far as there is room.</summary>
    /// <param name="table">Index of the table.</param>
    /// <param name="step">The step that they were pulled for.</param>
    /// <param name="rows">Row ids.</param>
    /// <param name="values">Row after row.</param>
    /// <param name="known">What <see cref="Fill"/> said of them.</param>
    /// <param name="evenIfTuned">Whether rows that the step tunes are taken too.</param>
    public void Keep(int table, int step, int[] rows, ReadOnlySpan<float> values, int[]? known, bool evenIfTuned = true)
    {
        if (_bound == 0)
            return;
        Table kept = _tables[table];
        for (int i = 0; i < rows.Length; i++)
        {
            if (known?[i] == Settled || (!evenIfTuned && !_plans[table].TimelineOf(rows[i]).IsFrozen(step)))
                continue;
            if (!kept.Places.TryGetValue(rows[i], out int place))
            {
                if (!HasRoom(table, step))
                    continue;
                place = kept.Places.Count;
                kept.Places.Add(rows[i], place);
            }
            else if (kept.StepOf(place) > step)
            {
                continue;
            }

            values.Slice(i * kept.Dimension, kept.Dimension).CopyTo(kept.Row(place));
            kept.StepOf(place) = step;
        }
    }

    /// <summary>Drops everything: steps are counted from another state.</summary>
    public void Clear()
    {
        foreach (Table table in _tables)
            table.Clear();
        Bytes = 0;
    }

    private bool HasRoom(int table, int step)
    {
        Table kept = _tables[table];
        if (kept.Places.Count < kept.Room)
            return true;
        if (Bytes + kept.SlabBytes > _bound && _plans[table].IsFrozen(step))
        {
            for (int other = 0; other < _tables.Length && Bytes + kept.SlabBytes > _bound; other++)
            {
                if (other == table || _plans[other].IsFrozen(step))
                    continue;
                Bytes -= _tables[other].Bytes;
                _tables[other].Clear();
            }
        }

        if (Bytes + kept.SlabBytes > _bound)
            return false;
        kept.AddSlab();
        Bytes += kept.SlabBytes;
        return true;
    }

    private sealed class Table
    {
        private readonly RowRules? _rules;
        private readonly IReadOnlyList<GroupTimeline> _timelines;
        private readonly bool _catchesUp;
        private readonly int _perSlab;
        private readonly List<(float[] Values, int[] Steps)> _slabs = [];
        private readonly int[] _since;
        private int _seen = 1;

        public Table(TablePlan plan)
        {
            (_rules, _timelines) = (plan.Rows, plan.Timelines);
            _since = new int[_timelines.Count];
            Array.Fill(_since, 1);
            _catchesUp = plan.Optimizer.Untouched == UntouchedRows.Exact;
            Dimension = plan.Spec.Dimension;
            _perSlab = Math.Clamp(SlabFloats / Dimension, 1, plan.Spec.Rows);
        }

        public Dictionary<int, int> Places { get; } = [];

        public int Dimension { get; }

        public int Room => _slabs.Count * _perSlab;

        public long SlabBytes => (long)_perSlab * (Dimension * sizeof(float) + IndexBytes);

        public long Bytes => _slabs.Count * SlabBytes;

        public Span<float> Row(int place) => _slabs[place / _perSlab].Values.AsSpan(place % _perSlab * Dimension, Dimension);

        public ref int StepOf(int place) => ref _slabs[place / _perSlab].Steps[place % _perSlab];

        public void AddSlab() => _slabs.Add((GC.AllocateUninitializedArray<float>(_perSlab * Dimension), new int[_perSlab]));

        /// <summary>Notes which steps before <paramref name="step"/> are frozen. Steps before one that has been granted are never planned anew, so what was seen of them stays.</summary>
        public void See(int step)
        {
            for (; _seen < step; _seen++)
            {
                for (int i = 0; i < _since.Length; i++)
                {
                    if (!_timelines[i].IsFrozen(_seen))
                        _since[i] = _seen + 1;
                }
            }
        }

        /// <summary>A value of a row pulled for this step or a later one is that of <paramref name="step"/>: the first of the frozen steps that end with the step before.</summary>
        public int FrozenSince(int row, int step, bool exact)
        {
            if (step < _seen)
                return step; // long past: asking is never wrong
            int since = _since[_rules is null ? 0 : _rules.IndexOf(row)];
            return since == 1 || !(exact || _catchesUp) ? since : step;
        }

        public void Clear()
        {
            Places.Clear();
            _slabs.Clear();
            _seen = 1;
            Array.Fill(_since, 1);
        }
    }
}
