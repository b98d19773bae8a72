using System.Numerics;
using System.Runtime.CompilerServices;

namespace DistEmbed.ParameterServer.Storage;

/// <summary>
/// Where each row of a table lies: an index from row to place in pages made on demand, and the slabs. Places are given out in the order of first writes and
/// never change, so that a snapshot can go on using the index while the table adds rows: it ignores places given out after it was taken.
/// </summary>
internal sealed class RowSlabs
{
    private const int PageRows = 4096;
    private const int LargestSlabRows = 256;
    private const int LargestSlabBytes = 1 << 20;

    private readonly int _rows;
    private readonly int _rowFloats;
    private readonly int _slabShift;
    private readonly int[]?[] _pages;
    private readonly StrongBox<long> _nativeBytes;
    private RowSlab?[] _slabs = []; // null: all its rows have left
    private int[] _left = [];
    private int _slabCount;
    private long _bytes;

    /// <summary>An empty store of <paramref name="rows"/> possible rows of <paramref name="rowFloats"/> floats.</summary>
    public RowSlabs(int rows, int rowFloats, StrongBox<long> nativeBytes)
    {
        _rows = rows;
        _rowFloats = rowFloats;
        _nativeBytes = nativeBytes;
        _pages = new int[]?[(rows + PageRows - 1) / PageRows];
        long fitting = Math.Min(LargestSlabRows, LargestSlabBytes / ((rowFloats + 1L) * sizeof(float)));
        // A power of two, so that a place splits by shift and mask; no larger than a small table needs.
        _slabShift = BitOperations.Log2((uint)Math.Clamp(fitting, 1, BitOperations.RoundUpToPowerOf2((uint)Math.Max(rows, 1))));
    }

    private RowSlabs(RowSlabs table)
    {
        (_rows, _rowFloats, _slabShift, _pages, _nativeBytes) = (table._rows, table._rowFloats, table._slabShift, table._pages, table._nativeBytes);
        (_slabs, _slabCount, Count) = (table._slabs[..table._slabCount], table._slabCount, table.Count);
        foreach (RowSlab? slab in _slabs)
            slab?.Share();
    }

    /// <summary>Rows that have a place.</summary>
    public int Count { get; private set; }

    /// <summary>Floats of values and state a row.</summary>
    public int RowFloats => _rowFloats;

    /// <summary>Bytes of slabs and index pages.</summary>
    public long Bytes => _bytes;

    /// <summary>The place of <paramref name="row"/>, or -1.</summary>
    public int Find(int row)
    {
        int place = _pages[row / PageRows] is { } page ? page[row % PageRows] - 1 : -1;
        return place < Count ? place : -1;
    }

    /// <summary>Gives <paramref name="row"/>, which has none, a place whose contents are not defined yet.</summary>
    public int Add(int row)
    {
        int place = Count;
        if (place >> _slabShift == _slabCount)
        {
            if (_slabCount == _slabs.Length)
            {
                Array.Resize(ref _slabs, Math.Max(4, 2 * _slabCount));
                Array.Resize(ref _left, _slabs.Length);
            }
            RowSlab slab = new(1 << _slabShift, _rowFloats, _nativeBytes);
            _slabs[_slabCount++] = slab;
            _bytes += slab.Bytes;
        }
        ref int[]? page = ref _pages[row / PageRows];
        if (page is null)
        {
            page = new int[Math.Min(PageRows, _rows - row / PageRows * PageRows)];
            _bytes += page.Length * sizeof(int);
        }
        Count++;
        page[row % PageRows] = place + 1;
        return place;
    }

    /// <summary>Values and state at <paramref name="place"/>, to read.</summary>
    public ReadOnlySpan<float> Read(int place, out int lastStep)
    {
        RowSlab slab = _slabs[place >> _slabShift]!;
        int index = place & ((1 << _slabShift) - 1);
        lastStep = slab.LastStep(index);
        return slab.Row(index);
    }

    /// <summary>Values and state at <paramref name="place"/>, to change: a slab that a snapshot holds too is copied first.</summary>
    public Span<float> Write(int place, out Span<int> lastStep)
    {
        ref RowSlab slab = ref _slabs[place >> _slabShift]!;
        if (slab.IsShared)
        {
            RowSlab shared = slab;
            slab = shared.Copy();
            shared.Release();
        }
        int index = place & ((1 << _slabShift) - 1);
        lastStep = new Span<int>(ref slab.LastStep(index));
        return slab.Row(index);
    }

    /// <summary>
    /// Notes that the row at <paramref name="place"/> is kept elsewhere from now on and not read here again. Its place stays, so that snapshots find it; memory is given back when
    /// a whole slab has left.
    /// </summary>
    public void Leave(int place)
    {
        int slab = place >> _slabShift;
        if (++_left[slab] < 1 << _slabShift)
            return;
        _bytes -= _slabs[slab]!.Bytes;
        _slabs[slab]!.Release();
        _slabs[slab] = null;
    }

    /// <summary>The same rows at this moment, for another thread to read.</summary>
    public RowSlabs Share() => new(this);

    /// <summary>Gives all slabs back.</summary>
    public void Release()
    {
        foreach (RowSlab? slab in _slabs.AsSpan(0, _slabCount))
            slab?.Release();
        (_slabs, _left, _slabCount, Count, _bytes) = ([], [], 0, 0, 0);
    }

    /// <summary>Calls <paramref name="visitor"/> for every row that has a place in one of the stores of a table, in ascending order.</summary>
    /// <param name="stores">
    /// The stores, all of as many possible rows. The first holds values without state: a row that has a place in another too is read there.
    /// </param>
    /// <param name="kinds">What a row's state is where no step has touched it. The visitor gets zeros behind a state that is not the largest.</param>
    /// <param name="dimension">Values a row.</param>
    /// <param name="visitor">Takes the rows.</param>
    public static void ForEach(RowSlabs[] stores, RowKinds kinds, int dimension, RowVisitor visitor)
    {
        var padded = new float[kinds.LargestState];
        for (int p = 0; p < stores[0]._pages.Length; p++)
        {
            if (Array.TrueForAll(stores, store => store._pages[p] is null))
                continue;
            int rows = Math.Min(PageRows, stores[0]._rows - (p * PageRows));
            for (int i = 0; i < rows; i++)
            {
                for (int s = stores.Length - 1; s >= 0; s--)
                {
                    int place = stores[s]._pages[p] is { } page ? page[i] - 1 : -1;
                    if (place < 0 || place >= stores[s].Count)
                        continue;
                    ReadOnlySpan<float> stored = stores[s].Read(place, out int lastStep), state = stored[dimension..];
                    if (state.Length < padded.Length)
                    {
                        padded.AsSpan().Clear();
                        RowKind kind = kinds.Of((p * PageRows) + i);
                        if (s == 0)
                            kind.Optimizer.InitializeState(stored, padded.AsSpan(0, kind.StateSize));
                        else
                            state.CopyTo(padded);
                        state = padded;
                    }

                    visitor((p * PageRows) + i, lastStep, stored[..dimension], state);
                    break;
                }
            }
        }
    }
}
