using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DistEmbed.ParameterServer.Optimizers;
using DistEmbed.Protocol.Jobs;

namespace DistEmbed.ParameterServer.Storage;

/// <summary>
/// The rows of one table on one shard: values and state side by side in native memory, taken when a step first touches a row. Before, a row that was given a first value
/// has that alone, without state, and any other costs at most its place in the index. One thread at a time, snapshots excepted.
/// </summary>
public sealed class RowTable : IDisposable
{
    /// <summary>What <see cref="KeepAside"/> says of a row that was never written.</summary>
    public const int NotStored = -1;

    private readonly TableSpec _spec;
    private readonly RowKinds _kinds;
    private readonly RowInitializer? _initializer;
    private readonly RowTable? _copyOf;
    private readonly StrongBox<long> _nativeBytes = new();
    private readonly float[] _scratch;
    private readonly int[] _storeOfKind;
    private readonly RowSlabs[] _stores; // by size of state; the first has none
    private int _moved; // rows that a step has taken from the first store to another
    private bool _hasCopies;
    private bool _disposed;

    /// <summary>Creates a table without stored rows whose rows are all alike.</summary>
    /// <param name="spec">The table.</param>
    /// <param name="optimizer">Its update rule; its state size must not change.</param>
    /// <param name="seed">Seed of the job.</param>
    /// <param name="copyOf">See the other constructor.</param>
    /// <exception cref="ArgumentException"><paramref name="copyOf"/> is not what the specification asks for.</exception>
    public RowTable(TableSpec spec, IRowOptimizer optimizer, ulong seed, RowTable? copyOf = null)
        : this(spec, RowKinds.Of(spec, optimizer), seed, copyOf)
    {
    }

    /// <summary>Creates a table without stored rows.</summary>
    /// <param name="spec">The table.</param>
    /// <param name="kinds">How its rows are changed and kept.</param>
    /// <param name="seed">Seed of the job.</param>
    /// <param name="copyOf">
    /// The table that <see cref="RowInit.CopyOf"/> names, else null. Rows are read from there until they are first written here, so it may be filled before
    /// training but never trained: from now on it refuses gradients.
    /// </param>
    /// <exception cref="ArgumentException"><paramref name="copyOf"/> is not what the specification asks for.</exception>
    public RowTable(TableSpec spec, RowKinds kinds, ulong seed, RowTable? copyOf = null)
    {
        if (spec.Init is RowInit.CopyOf source)
        {
            if (copyOf is null || copyOf._spec.Name != source.Table || copyOf.Dimension != spec.Dimension || copyOf._spec.Rows < spec.Rows)
            {
                string given = copyOf is null ? "none" : $"{copyOf._spec.Name}, {copyOf._spec.Rows} rows of {copyOf.Dimension}";
                throw new ArgumentException($"Table {spec.Name} copies {source.Table}, {spec.Rows} rows of {spec.Dimension}; given is {given}.", nameof(copyOf));
            }
            copyOf._hasCopies = true;
        }
        else
        {
            if (copyOf is not null)
                throw new ArgumentException($"Table {spec.Name} does not start as a copy.", nameof(copyOf));
            _initializer = new RowInitializer(spec, seed);
        }
        _spec = spec;
        _kinds = kinds;
        _copyOf = copyOf;
        StateSize = kinds.LargestState;
        KeptSize = Dimension + (!spec.AlwaysFrozen && kinds.MovesUntouched ? StateSize : 0);
        _scratch = new float[spec.Dimension + StateSize];
        int[] sizes = [0, .. kinds.All.Select(kind => kind.StateSize).Where(size => size > 0).Distinct()];
        _storeOfKind = [.. kinds.All.Select(kind => Array.IndexOf(sizes, kind.StateSize))];
        _stores = [.. sizes.Select(NewStore)];
    }

    /// <summary>Numbers a row.</summary>
    public int Dimension => _spec.Dimension;

    /// <summary>Floats of state of the rows that have most; none where the table is always frozen.</summary>
    public int StateSize { get; }

    /// <summary>Rows that are stored because they were written.</summary>
    public int AllocatedRows => _stores.Sum(store => store.Count) - _moved;

    /// <summary>Bytes that the table uses: values, state and index. Memory that only snapshots still hold is not counted.</summary>
    public long AllocatedBytes => _stores.Sum(store => store.Bytes);

    /// <summary>Native bytes alive on behalf of this table, its snapshots included; 0 once all are disposed. Any thread may read it.</summary>
    public long NativeBytes => Interlocked.Read(ref _nativeBytes.Value);

    /// <summary>Gives <paramref name="row"/> a value, such as a pretrained vector, as if it started with it: fresh state, last step 0.</summary>
    /// <exception cref="ArgumentException">The row is the padding row, or the length is not <see cref="Dimension"/>.</exception>
    public void Assign(int row, ReadOnlySpan<float> values)
    {
        CheckWrite(row, values.Length);
        if (!TryFind(row, out RowSlabs store, out int place))
            (store, place) = (_stores[0], _stores[0].Add(row));
        Span<float> stored = store.Write(place, out Span<int> lastStep);
        values.CopyTo(stored);
        _kinds.Of(row).Optimizer.InitializeState(values, stored[Dimension..]);
        lastStep[0] = 0;
    }

    /// <summary>
    /// Reads <paramref name="row"/> as of step <paramref name="asOfStep"/>, with what it owes for steps since its last one. Changes nothing that is stored: a later
    /// <see cref="Apply"/> gives the same bits with and without a read before it. A row that is further than that is read as it is.
    /// </summary>
    public void Read(int row, int asOfStep, Span<float> destination)
    {
        CheckRow(row);
        CheckLength(destination.Length);
        if (row == _spec.PaddingRow)
        {
            destination.Clear();
            return;
        }
        if (TryFind(row, out RowSlabs store, out int place))
        {
            ReadOnlySpan<float> stored = store.Read(place, out int lastStep);
            if (lastStep >= asOfStep || !MovesUntouched(row))
                stored[..Dimension].CopyTo(destination);
            else if (stored.Length < Dimension + _kinds.Of(row).StateSize)
                ReadUntouched(row, stored, asOfStep, destination);
            else
                ReadCaughtUp(row, stored, lastStep, asOfStep, destination);
            return;
        }
        ReadFirst(row, asOfStep, destination);
    }

    /// <summary>Applies <paramref name="step"/> to <paramref name="row"/>, after the steps that it missed.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The step, or a later one, is applied already.</exception>
    /// <exception cref="ArgumentException">The row is the padding row, or the length is not <see cref="Dimension"/>.</exception>
    /// <exception cref="InvalidOperationException">The table is always frozen, or another one starts as its copy.</exception>
    public void Apply(int row, int step, ReadOnlySpan<float> gradient) => ApplyStep(row, step, gradient, onArrival: false);

    /// <summary>
    /// As <see cref="Apply"/>, but a step may be applied to a row several times, and one that comes after a later step counts as that step: updates on arrival,
    /// without barriers.
    /// </summary>
    public void ApplyNow(int row, int step, ReadOnlySpan<float> gradient) => ApplyStep(row, step, gradient, onArrival: true);

    /// <summary>Floats that <see cref="KeepAside"/> copies of a row: its state only where reading may need it.</summary>
    public int KeptSize { get; }

    /// <summary>Copies what is needed to read <paramref name="row"/> later as it is now, without bringing it to any step.</summary>
    /// <returns>The step as of which it is; <see cref="NotStored"/> for a row that has its first value still, of which nothing is copied.</returns>
    public int KeepAside(int row, Span<float> kept)
    {
        CheckRow(row);
        if (!TryFind(row, out RowSlabs store, out int place))
            return NotStored;
        ReadOnlySpan<float> stored = store.Read(place, out int lastStep);
        bool withState = MovesUntouched(row);
        stored[..(withState ? stored.Length : Dimension)].CopyTo(kept);
        if (withState && stored.Length == Dimension)
            _kinds.Of(row).Optimizer.InitializeState(stored, kept.Slice(Dimension, _kinds.Of(row).StateSize));
        return lastStep;
    }

    /// <summary>Reads a row that <see cref="KeepAside"/> kept as of step <paramref name="asOfStep"/>, as <see cref="Read"/> would have then.</summary>
    public void ReadKept(int row, ReadOnlySpan<float> kept, int lastStep, int asOfStep, Span<float> destination)
    {
        CheckRow(row);
        CheckLength(destination.Length);
        if (lastStep == NotStored)
            ReadFirst(row, asOfStep, destination);
        else if (lastStep >= asOfStep || !MovesUntouched(row))
            kept[..Dimension].CopyTo(destination);
        else
            ReadCaughtUp(row, kept, lastStep, asOfStep, destination);
    }

    /// <summary>
    /// The last step that changed the value of <paramref name="row"/>, 0 where none has; <see cref="int.MaxValue"/> where a row changes with every step whether it
    /// is touched or not. A row that is read from another table has its first value, whichever row that is: what is copied is never trained.
    /// </summary>
    public int LastChange(int row)
    {
        CheckRow(row);
        if (MovesUntouched(row))
            return int.MaxValue;
        if (!TryFind(row, out RowSlabs store, out int place))
            return 0;
        store.Read(place, out int lastStep);
        return lastStep;
    }

    private void ReadFirst(int row, int asOfStep, Span<float> destination)
    {
        if (asOfStep <= 0 || !MovesUntouched(row))
        {
            FirstValue(row, destination);
            return;
        }
        FirstValue(row, destination);
        ReadUntouched(row, destination, asOfStep, destination);
    }

    /// <summary>Reads a row that no step has touched.</summary>
    private void ReadUntouched(int row, ReadOnlySpan<float> first, int asOfStep, Span<float> destination)
    {
        RowKind kind = _kinds.Of(row);
        Span<float> values = _scratch.AsSpan(0, Dimension), state = _scratch.AsSpan(Dimension, kind.StateSize);
        first.CopyTo(values);
        kind.Optimizer.InitializeState(values, state);
        kind.Optimizer.CatchUp(values, state, 0, asOfStep);
        values.CopyTo(destination);
    }

    private void ReadCaughtUp(int row, ReadOnlySpan<float> valuesAndState, int lastStep, int asOfStep, Span<float> destination)
    {
        RowKind kind = _kinds.Of(row);
        valuesAndState[..(Dimension + kind.StateSize)].CopyTo(_scratch);
        kind.Optimizer.CatchUp(_scratch.AsSpan(0, Dimension), _scratch.AsSpan(Dimension, kind.StateSize), lastStep, asOfStep);
        _scratch.AsSpan(0, Dimension).CopyTo(destination);
    }

    private void ApplyStep(int row, int step, ReadOnlySpan<float> gradient, bool onArrival)
    {
        CheckWrite(row, gradient.Length);
        if (_spec.AlwaysFrozen || _hasCopies)
            throw new InvalidOperationException($"Table {_spec.Name} cannot be trained: {(_hasCopies ? "rows of another table are read from it" : "it is always frozen")}.");
        int last = 0;
        if (TryFind(row, out RowSlabs found, out int at))
            found.Read(at, out last);
        if (onArrival)
            step = Math.Max(step, last);
        if ((step <= last && !onArrival) || step < 1)
            throw new ArgumentOutOfRangeException(nameof(step), step, $"Row {row} of table {_spec.Name} is at step {last}.");
        RowSlabs store = StoreOf(row);
        Span<float> stored = store.Write(at >= 0 && found == store ? at : Place(row, store), out Span<int> lastStep);
        Span<float> values = stored[..Dimension], state = stored[Dimension..];
        IRowOptimizer optimizer = _kinds.Of(row).Optimizer;
        if (last < step - 1)
            optimizer.CatchUp(values, state, last, step - 1);
        if (last < step)
            optimizer.Thaw(values, state, step);
        optimizer.Apply(values, state, gradient, step);
        lastStep[0] = step;
    }

    /// <summary>Puts a row back as a <see cref="RowVisitor"/> saw it.</summary>
    /// <exception cref="ArgumentException">The row is the padding row, or a length is not the table's.</exception>
    public void Restore(int row, int lastStep, ReadOnlySpan<float> values, ReadOnlySpan<float> state)
    {
        CheckWrite(row, values.Length);
        ArgumentOutOfRangeException.ThrowIfNegative(lastStep);
        if (state.Length != StateSize)
            throw new ArgumentException($"Table {_spec.Name} keeps {StateSize} floats of state a row, not {state.Length}.", nameof(state));
        if (!TryFind(row, out RowSlabs store, out int place))
        {
            store = lastStep == 0 && IsInitial(row, values, state) ? _stores[0] : StoreOf(row);
            place = store.Add(row);
        }
        else if (store != StoreOf(row))
        {
            place = Place(row, store = StoreOf(row));
        }
        Span<float> stored = store.Write(place, out Span<int> last);
        values.CopyTo(stored);
        state[..(stored.Length - Dimension)].CopyTo(stored[Dimension..]); // what is written to files has the size of the largest
        last[0] = lastStep;
    }

    /// <summary>Drops every stored row. Snapshots keep theirs.</summary>
    public void Clear()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _moved = 0;
        for (int i = 0; i < _stores.Length; i++)
        {
            _stores[i].Release();
            // Not emptied but replaced: snapshots go on reading the index.
            _stores[i] = NewStore(_stores[i].RowFloats - Dimension);
        }
    }

    /// <summary>The stored rows at this moment, for another thread to read while this table changes.</summary>
    public RowTableSnapshot Snapshot()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return new RowTableSnapshot([.. _stores.Select(store => store.Share())], _kinds, AllocatedRows, Dimension);
    }

    /// <summary>Calls <paramref name="visitor"/>, which must not change the table, for every stored row, in ascending order of rows.</summary>
    public void ForEach(RowVisitor visitor)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        RowSlabs.ForEach(_stores, _kinds, Dimension, visitor);
    }

    /// <summary>Gives the memory back, except what snapshots hold.</summary>
    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        foreach (RowSlabs store in _stores)
            store.Release();
    }

    private RowSlabs NewStore(int stateSize) => new(_spec.Rows, Dimension + stateSize, _nativeBytes);

    private RowSlabs StoreOf(int row) => _stores.Length == 1 ? _stores[0] : _stores[_storeOfKind[_kinds.IndexOf(row)]];

    private bool MovesUntouched(int row) => !_spec.AlwaysFrozen && _kinds.MovesUntouched && _kinds.Of(row).MovesUntouched;

    /// <summary>Where a row is stored: with its state, or before a step has touched it with its first value alone.</summary>
    private bool TryFind(int row, out RowSlabs store, out int place)
    {
        store = StoreOf(row);
        place = store.Find(row);
        if (place < 0 && store != _stores[0])
            (store, place) = (_stores[0], _stores[0].Find(row));
        return place >= 0;
    }

    /// <summary>Gives a row, which no step has touched, a place in the store where it belongs, with its first value.</summary>
    private int Place(int row, RowSlabs store)
    {
        int place = store.Add(row);
        Span<float> stored = store.Write(place, out Span<int> lastStep);
        int given = _stores[0] == store ? -1 : _stores[0].Find(row);
        if (given >= 0)
        {
            _stores[0].Read(given, out _).CopyTo(stored);
            _stores[0].Leave(given);
            _moved++;
        }
        else
        {
            FirstValue(row, stored[..Dimension]);
        }

        _kinds.Of(row).Optimizer.InitializeState(stored[..Dimension], stored[Dimension..]);
        lastStep[0] = 0;
        return place;
    }

    /// <summary>Whether a state is that of a row that no step has touched.</summary>
    private bool IsInitial(int row, ReadOnlySpan<float> values, ReadOnlySpan<float> state)
    {
        RowKind kind = _kinds.Of(row);
        Span<float> initial = _scratch.AsSpan(0, kind.StateSize);
        kind.Optimizer.InitializeState(values, initial);
        return MemoryMarshal.AsBytes(initial).SequenceEqual(MemoryMarshal.AsBytes(state[..kind.StateSize]));
    }

    private void FirstValue(int row, Span<float> values)
    {
        if (_copyOf is not null)
            _copyOf.Read(row, asOfStep: 0, values);
        else
            _initializer!.Fill(row, values);
    }

    private void CheckWrite(int row, int length)
    {
        CheckRow(row);
        CheckLength(length);
        if (row == _spec.PaddingRow)
            throw new ArgumentException($"Row {row} of table {_spec.Name} is the padding row, which stays zero.", nameof(row));
    }

    private void CheckRow(int row)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if ((uint)row >= (uint)_spec.Rows)
            throw new ArgumentOutOfRangeException(nameof(row), row, $"Table {_spec.Name} has {_spec.Rows} rows.");
    }

    private void CheckLength(int length)
    {
        if (length != Dimension)
            throw new ArgumentException($"Rows of table {_spec.Name} have {Dimension} numbers, not {length}.");
    }
}
