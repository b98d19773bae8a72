using System.Runtime.Intrinsics;
using DistEmbed.Protocol.Messages;

namespace DistEmbed.ParameterServer.Storage;

/// <summary>
/// Goes through the rows of one table that a step's pushes touch, in row order, each once with the sum of its gradients. Sums are formed in the order of slices,
/// whatever the order of arrival: floating-point addition is not associative, and the order is what makes runs repeat.
/// </summary>
public sealed class SliceSum
{
    private readonly List<Cursor> _cursors = [];
    private float[] _sum = [];
    private int _dimension;

    /// <summary>Starts on a table.</summary>
    /// <param name="pushes">The step's blocks in the order of slices and blocks; rows of a table rise within a slice.</param>
    /// <param name="table">Index of the table.</param>
    /// <param name="dimension">Numbers a row.</param>
    public void Start(IReadOnlyList<PushRows> pushes, int table, int dimension)
    {
        _cursors.Clear();
        _dimension = dimension;
        if (_sum.Length < dimension)
            _sum = new float[dimension];
        foreach (PushRows push in pushes)
        {
            foreach (RowGradients gradients in push.Gradients)
            {
                if (gradients.Table != table || gradients.Rows.Length == 0)
                    continue;
                if (_cursors.Count == 0 || _cursors[^1].Slice != push.Slice)
                    _cursors.Add(new Cursor(push.Slice));
                _cursors[^1].Segments.Add(gradients);
            }
        }
    }

    /// <summary>The next row and its summed gradient, valid until the next call; false at the end.</summary>
    public bool TryNext(out int row, out ReadOnlySpan<float> gradient)
    {
        row = int.MaxValue;
        gradient = default;
        foreach (Cursor cursor in _cursors)
            row = Math.Min(row, cursor.Row);
        if (row == int.MaxValue)
            return false;

        int found = 0;
        foreach (Cursor cursor in _cursors)
        {
            if (cursor.Row != row)
                continue;
            ReadOnlySpan<float> values = cursor.Values(_dimension);
            cursor.Advance();
            if (found++ == 0)
            {
                gradient = values; // most rows are touched by one slice: no copy
                continue;
            }

            if (found == 2)
                gradient.CopyTo(_sum);
            Add(values, _sum.AsSpan(0, _dimension));
        }

        if (found > 1)
            gradient = _sum.AsSpan(0, _dimension);
        return true;
    }

    private static void Add(ReadOnlySpan<float> values, Span<float> sum)
    {
        int i = 0;
        for (; i <= values.Length - Vector256<float>.Count; i += Vector256<float>.Count)
            (Vector256.Create(sum[i..]) + Vector256.Create(values[i..])).CopyTo(sum[i..]);
        for (; i < values.Length; i++)
            sum[i] += values[i];
    }

    private sealed class Cursor(int slice)
    {
        private int _segment;
        private int _index;

        public int Slice { get; } = slice;

        public List<RowGradients> Segments { get; } = [];

        public int Row => _segment < Segments.Count ? Segments[_segment].Rows[_index] : int.MaxValue;

        public ReadOnlySpan<float> Values(int dimension) => Segments[_segment].Values.AsSpan(_index * dimension, dimension);

        public void Advance()
        {
            if (++_index < Segments[_segment].Rows.Length)
                return;
            _index = 0;
            _segment++;
        }
    }
}
