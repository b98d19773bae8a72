namespace DistEmbed.ParameterServer.Storage;

/// <summary>
/// What rows were before the steps that are not settled on every shard. A worker may be lost after some shards have all its gradients and others have not; the
/// shards that went on answer the repeated pull from here, so that the slice is computed from the same bits.
/// <para>Every row of every step is kept and next to none is ever read, so keeping is a copy and a note, and a record is indexed when it is first asked.</para>
/// </summary>
public sealed class UndoLog(IReadOnlyList<RowTable> tables)
{
    private const int SpareRecords = 4;

    private readonly Queue<StepRecord> _steps = new();
    private readonly Stack<StepRecord> _spare = new();
    private StepRecord? _current;

    /// <summary>Opens the record of a step that is about to be applied.</summary>
    public void Begin(int step)
    {
        _current = _spare.TryPop(out StepRecord? spare) ? spare : new StepRecord();
        _current.Start(step);
        _steps.Enqueue(_current);
    }

    /// <summary>Keeps a row as it is now, before the step that was begun changes it.</summary>
    public void Keep(int table, int row)
    {
        RowTable rows = tables[table];
        StepRecord record = _current!;
        int lastStep = rows.KeepAside(row, record.Room(rows.KeptSize));
        record.Add(table, row, lastStep, lastStep == RowTable.NotStored ? 0 : rows.KeptSize);
    }

    /// <summary>Reads a row as <paramref name="step"/> read it, if a step from there on changed it; else the row stands in the table.</summary>
    public bool TryRead(int table, int row, int step, Span<float> destination)
    {
        foreach (StepRecord record in _steps)
        {
            if (record.Step < step || !record.TryFind(table, row, tables[table].KeptSize, out ReadOnlySpan<float> kept, out int lastStep))
                continue;
            tables[table].ReadKept(row, kept, lastStep, step - 1, destination);
            return true;
        }

        return false;
    }

    /// <summary>Whether what <paramref name="step"/> read can still be given, when steps up to <paramref name="applied"/> are applied.</summary>
    public bool Covers(int step, int applied) => step > applied || (_steps.TryPeek(out StepRecord? oldest) && oldest.Step <= step);

    /// <summary>Drops the records of steps up to <paramref name="step"/>.</summary>
    public void DropThrough(int step)
    {
        while (_steps.TryPeek(out StepRecord? oldest) && oldest.Step <= step)
        {
            _steps.Dequeue();
            if (_spare.Count < SpareRecords)
                _spare.Push(oldest);
        }
    }

    /// <summary>Drops all records.</summary>
    public void Clear() => _steps.Clear();

    private sealed class StepRecord
    {
        private readonly List<(int Table, int Row, int LastStep, int Offset)> _rows = [];
        private Dictionary<(int Table, int Row), int>? _index;
        private float[] _data = new float[1 << 14];
        private int _used;
        private int _indexed;

        public int Step { get; private set; }

        public void Start(int step)
        {
            Step = step;
            _rows.Clear();
            _index = null;
            _indexed = 0;
            _used = 0;
        }

        /// <summary>Where the next row's numbers go.</summary>
        public Span<float> Room(int size)
        {
            if (_used + size > _data.Length)
                Array.Resize(ref _data, Math.Max(_data.Length * 2, _used + size));
            return _data.AsSpan(_used, size);
        }

        public void Add(int table, int row, int lastStep, int size)
        {
            _rows.Add((table, row, lastStep, _used));
            _used += size;
        }

        public bool TryFind(int table, int row, int size, out ReadOnlySpan<float> kept, out int lastStep)
        {
            _index ??= new Dictionary<(int, int), int>(_rows.Count);
            for (; _indexed < _rows.Count; _indexed++) // a step may be asked while it is being applied
                _index[(_rows[_indexed].Table, _rows[_indexed].Row)] = _indexed;

            kept = default;
            lastStep = 0;
            if (!_index.TryGetValue((table, row), out int found))
                return false;
            lastStep = _rows[found].LastStep;
            if (lastStep != RowTable.NotStored)
                kept = _data.AsSpan(_rows[found].Offset, size);
            return true;
        }
    }
}
