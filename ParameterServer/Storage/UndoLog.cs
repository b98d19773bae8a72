namespace DistEmbed.ParameterServer.Storage;

/// <summary>
/// What rows were before the steps that are not settled on every shard. A worker may be lost after some shards have all its gradients and others have not; the
/// shards that went on answer the repeated pull from here, so that the slice is computed from the same bits.
/// </summary>
public sealed class UndoLog(IReadOnlyList<RowTable> tables)
{
    private readonly Queue<StepRecord> _steps = new();
    private readonly Stack<float[]> _free = new();
    private StepRecord? _current;

    /// <summary>Opens the record of a step that is about to be applied.</summary>
    public void Begin(int step)
    {
        _current = new StepRecord(step, _free.TryPop(out float[]? data) ? data : new float[1 << 14]);
        _steps.Enqueue(_current);
    }

    /// <summary>Keeps a row as it is now, before the step that was begun changes it.</summary>
    public void Keep(int table, int row)
    {
        RowTable rows = tables[table];
        int size = rows.Dimension + rows.StateSize;
        StepRecord record = _current!;
        if (record.Used + size > record.Data.Length)
        {
            float[] larger = new float[Math.Max(record.Data.Length * 2, record.Used + size)];
            record.Data.AsSpan(0, record.Used).CopyTo(larger);
            record.Data = larger;
        }

        int lastStep = rows.ReadStored(row, record.Data.AsSpan(record.Used, size));
        record.Rows[Key(table, row)] = (record.Used, lastStep);
        record.Used += size;
    }

    /// <summary>Reads a row as <paramref name="step"/> read it, if a step from there on changed it; else the row stands in the table.</summary>
    public bool TryRead(int table, int row, int step, Span<float> destination)
    {
        foreach (StepRecord record in _steps)
        {
            if (record.Step < step || !record.Rows.TryGetValue(Key(table, row), out (int Offset, int LastStep) kept))
                continue;
            RowTable rows = tables[table];
            rows.ReadKept(record.Data.AsSpan(kept.Offset, rows.Dimension + rows.StateSize), kept.LastStep, step - 1, destination);
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
            if (_free.Count < 4)
                _free.Push(oldest.Data);
            _steps.Dequeue();
        }
    }

    /// <summary>Drops all records.</summary>
    public void Clear() => _steps.Clear();

    private static long Key(int table, int row) => ((long)table << 32) | (uint)row;

    private sealed class StepRecord(int step, float[] data)
    {
        public int Step { get; } = step;

        public float[] Data { get; set; } = data;

        public int Used { get; set; }

        public Dictionary<long, (int Offset, int LastStep)> Rows { get; } = [];
    }
}
