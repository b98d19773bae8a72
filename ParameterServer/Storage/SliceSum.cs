using System.Runtime.Intrinsics;
using DistEmbed.Protocol.Messages;

namespace DistEmbed.ParameterServer.Storage;

/// <summary>
/// Goes through the rows that a step's pushes touch, in <see cref="RowOrder"/>, each once with the sum of its gradients. Sums are formed in the order of slices,
/// whatever the order of arrival: floating-point addition is not associative, and the order is what makes runs repeat.
/// <para>
/// It need not wait for the whole step. The rows of a slice rise from block to block, so that a row is certain to get no more gradients once every slice has
/// come as far: rows are applied while the blocks behind them are still under way.
/// </para>
/// </summary>
public sealed class SliceSum
{
    private readonly IReadOnlyList<int> _dimensions;
    private readonly Cursor[] _cursors;
    private readonly float[] _sum;
    private long _passed = RowOrder.Start;
    private long _next;
    private long _certain;

    /// <summary>Creates the sum of a shard.</summary>
    /// <param name="dimensions">Numbers a row of each table.</param>
    /// <param name="slices">Slices of a step.</param>
    public SliceSum(IReadOnlyList<int> dimensions, int slices)
    {
        _dimensions = dimensions;
        _cursors = [.. Enumerable.Range(0, slices).Select(_ => new Cursor())];
        _sum = new float[dimensions.DefaultIfEmpty().Max()];
    }

    /// <summary>Whether no row of the step has been given.</summary>
    public bool IsAtStart => _passed == RowOrder.Start;

    /// <summary>Whether every row of the step has been given.</summary>
    public bool IsAtEnd => _passed == RowOrder.End;

    /// <summary>Starts on a step.</summary>
    /// <param name="slices">The blocks of each slice that have come, null where one has not; those that come later are looked for here.</param>
    public void Start(PushRows?[]?[] slices)
    {
        _passed = RowOrder.Start;
        for (int slice = 0; slice < _cursors.Length; slice++)
            _cursors[slice].Start(slices, slice);
        Resume();
    }

    /// <summary>Whether the step's gradients of the row at this place of the <see cref="RowOrder"/> have all been given, or it has none.</summary>
    public bool IsPassed(long place) => place <= _passed;

    /// <summary>The next row and its summed gradient, valid until the next call; false at the end, and where a slice has not come as far yet.</summary>
    public bool TryNext(out int table, out int row, out ReadOnlySpan<float> gradient)
    {
        long place = _next;
        (table, row) = (RowOrder.Table(place), RowOrder.Row(place));
        gradient = default;
        if (place > _certain || place == RowOrder.End)
        {
            _passed = Math.Min(place, _certain);
            return false;
        }

        int dimension = _dimensions[table], found = 0;
        (_next, _certain) = (RowOrder.End, RowOrder.End);
        foreach (Cursor cursor in _cursors)
        {
            if (cursor.Place == place && !cursor.IsWaiting)
            {
                ReadOnlySpan<float> values = cursor.Values(dimension);
                cursor.Advance();
                if (++found == 1)
                {
                    gradient = values; // most rows are touched by one slice: no copy
                }
                else
                {
                    if (found == 2)
                        gradient.CopyTo(_sum);
                    Add(values, _sum.AsSpan(0, dimension));
                }
            }

            Note(cursor);
        }

        if (found > 1)
            gradient = _sum.AsSpan(0, dimension);
        return true;
    }

    /// <summary>Looks for blocks that were missing when the sum last came to their place.</summary>
    public void Resume()
    {
        (_next, _certain) = (RowOrder.End, RowOrder.End);
        foreach (Cursor cursor in _cursors)
        {
            if (cursor.IsWaiting)
                cursor.Find();
            Note(cursor);
        }
    }

    private void Note(Cursor cursor)
    {
        if (cursor.IsWaiting)
            _certain = Math.Min(_certain, cursor.Place);
        else
            _next = Math.Min(_next, cursor.Place);
    }

    private static void Add(ReadOnlySpan<float> values, Span<float> sum)
    {
        int i = 0;
        for (; i <= values.Length - Vector256<float>.Count; i += Vector256<float>.Count)
            (Vector256.Create(sum[i..]) + Vector256.Create(values[i..])).CopyTo(sum[i..]);
        for (; i < values.Length; i++)
            sum[i] += values[i];
    }

    /// <summary>Where the sum stands in a slice.</summary>
    private sealed class Cursor
    {
        private PushRows?[]?[] _slices = [];
        private int _slice;
        private int _block;
        private int _run;
        private int _index;
        private RowGradients? _gradients;

        /// <summary>Place of the row that it is at; while it waits for a block that of the last row before it: what is to come lies behind.</summary>
        public long Place { get; private set; }

        public bool IsWaiting { get; private set; }

        public void Start(PushRows?[]?[] slices, int slice) => (_slices, _slice, _block, _run, Place, IsWaiting) = (slices, slice, 0, 0, RowOrder.Start, true);

        public ReadOnlySpan<float> Values(int dimension) => _gradients!.Row(_index, dimension);

        public void Advance()
        {
            if (++_index < _gradients!.Rows.Length)
            {
                Place = RowOrder.Of(_gradients.Table, _gradients.Rows[_index]);
                return;
            }

            _run++;
            Find();
        }

        /// <summary>Stops at the first row from the current run on, at the end, or before a block that has not come.</summary>
        public void Find()
        {
            (_index, _gradients, IsWaiting) = (0, null, true);
            if (_slices[_slice] is not { } blocks)
                return;
            for (; _block < blocks.Length; _block++, _run = 0)
            {
                if (blocks[_block] is not { } push)
                    return;
                for (; _run < push.Gradients.Count; _run++)
                {
                    if (push.Gradients[_run] is not { Rows.Length: > 0 } found)
                        continue;
                    (Place, _gradients, IsWaiting) = (RowOrder.Of(found.Table, found.Rows[0]), found, false);
                    return;
                }
            }

            (Place, IsWaiting) = (RowOrder.End, false);
        }
    }
}
