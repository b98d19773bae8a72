using System.Buffers;
using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Rows;
using DistEmbed.Protocol.Sharding;

namespace DistEmbed.Worker.Exchange;

/// <summary>
/// Puts together the answer to a pull: asks every shard that owns rows of the slice, and lays the parts that arrive, in whatever order and however often, into
/// one array a table. Knows no actor, clock or socket.
/// </summary>
public sealed class PullAssembly : IRowDestination
{
    private readonly PullRows?[] _requests;
    private readonly RowSplitter.ShardRows[][] _split;
    private readonly IReadOnlyList<int> _dimensions;
    private readonly bool[]?[] _received;
    private readonly AskedRows[][] _asked;
    private readonly int[]?[] _known;
    private readonly int _numberBytes;
    private readonly HashSet<(int Shard, int Part, int Table)> _taken = []; // locked by itself
    private bool _isClosed;
    private int _missingShards;

    /// <summary>Plans the pull.</summary>
    /// <param name="id">Its identity.</param>
    /// <param name="step">The step that computes with the rows.</param>
    /// <param name="rows">Sorted unique rows of each table.</param>
    /// <param name="dimensions">Numbers a row of each table.</param>
    /// <param name="map">Who owns which row.</param>
    /// <param name="generation">Generation of the run.</param>
    /// <param name="format">How values are written where they leave the process.</param>
    /// <param name="cache">Rows that the worker keeps; null: none.</param>
    public PullAssembly(
        PullId id, int step, IReadOnlyList<int[]> rows, IReadOnlyList<int> dimensions, ShardMap map, int generation = 0, RowFormat format = RowFormat.Full,
        RowCache? cache = null)
    {
        Id = id;
        _dimensions = dimensions;
        _numberBytes = format == RowFormat.Half ? BFloat16.Size : sizeof(float);
        _split = [.. rows.Select(r => RowSplitter.ByShard(map, r))];
        _requests = new PullRows?[map.Shards];
        _received = new bool[]?[map.Shards];
        Values = new float[rows.Count][];
        _known = new int[]?[rows.Count];
        _asked = new AskedRows[rows.Count][];
        for (int table = 0; table < rows.Count; table++)
        {
            Values[table] = ArrayPool<float>.Shared.Rent(Math.Max(1, rows[table].Length * dimensions[table]));
            RowCount += rows[table].Length;
            ByteCount += (long)rows[table].Length * dimensions[table] * _numberBytes;
            _known[table] = cache?.Fill(table, step, rows[table], Values[table]);
            _asked[table] = [.. _split[table].Select(mine => AskedRows.Of(mine, _known[table]))];
            if (_known[table] is { } known)
                CountKept(table, known.Count(k => k == RowCache.Settled));
        }

        for (int shard = 0; shard < map.Shards; shard++)
        {
            var tables = new List<RowIds>();
            for (int table = 0; table < rows.Count; table++)
            {
                if (_asked[table][shard].Rows.Length > 0)
                    tables.Add(_asked[table][shard].Of(table));
            }

            if (tables.Count == 0)
                continue;
            _requests[shard] = new PullRows(id, step, tables) { Generation = generation, Format = format, Into = this };
            _missingShards++;
        }
    }

    /// <summary>Identity of the pull.</summary>
    public PullId Id { get; }

    /// <summary>Rows of the slice.</summary>
    public long RowCount { get; }

    /// <summary>Bytes of their values.</summary>
    public long ByteCount { get; }

    /// <summary>Rows of the slice that no shard sent, since the worker has them.</summary>
    public long RowsKept { get; private set; }

    /// <summary>Bytes of their values.</summary>
    public long BytesKept { get; private set; }

    /// <summary>A table each, row after row; whole when <see cref="IsComplete"/>.</summary>
    public float[][] Values { get; }

    /// <summary>Where each table's rows stand on each shard.</summary>
    public IReadOnlyList<RowSplitter.ShardRows[]> Split => _split;

    /// <summary>Whether everything has arrived.</summary>
    public bool IsComplete => _missingShards == 0;

    /// <summary>What has to be asked of whom: at first everything, later what has not been answered whole. Asking again is harmless.</summary>
    public IEnumerable<(int Shard, PullRows Request)> Outstanding()
    {
        for (int shard = 0; shard < _requests.Length; shard++)
        {
            if (_requests[shard] is { } request)
                yield return (shard, request);
        }
    }

    /// <summary>Takes a part of an answer; a part that came before changes nothing. Its memory is returned.</summary>
    public void Take(RowsPulled part)
    {
        if (part.Id != Id || _requests[part.Shard] is null)
            return;
        bool[] received = _received[part.Shard] ??= new bool[part.Parts];
        if (received[part.Part])
            return;
        foreach (RowValues values in part.Values)
        {
            int dimension = _dimensions[values.Table];
            if (!TryMark(part.Shard, part.Part, values.Table) && RowMemory.ArrayOf(values.Values) == Values[values.Table])
                continue; // laid where it is wanted
            int[] positions = _asked[values.Table][part.Shard].Positions;
            Span<float> destination = Values[values.Table];
            ReadOnlySpan<float> source = values.Values.Span;
            int sent = 0;
            // One shard, or neighbours that one shard owns: as they come.
            bool whole = values.Unchanged is null && StandTogether(positions, values.Start, values.Count);
            if (whole)
            {
                sent = values.Count;
                source[..(sent * dimension)].CopyTo(destination[(positions[values.Start] * dimension)..]);
            }

            for (int i = 0; !whole && i < values.Count; i++)
            {
                if (values.IsUnchanged(i))
                    continue; // the kept value lies there already
                source.Slice(sent++ * dimension, dimension).CopyTo(destination[(positions[values.Start + i] * dimension)..]);
            }

            CountKept(values.Table, values.Count - sent);
            RowMemory.Return(values.Values);
        }

        received[part.Part] = true;
        if (Array.TrueForAll(received, r => r))
        {
            _requests[part.Shard] = null;
            _missingShards--;
        }

        if (IsComplete)
        {
            lock (_taken)
                _isClosed = true;
        }
    }

    /// <inheritdoc/>
    Memory<float> IRowDestination.Take(int shard, int part, int table, int start, int count)
    {
        if ((uint)shard >= (uint)_requests.Length)
            return default;
        int[] positions = _asked[table][shard].Positions;
        if (count > positions.Length - start || !StandTogether(positions, start, count))
            return default;
        lock (_taken)
        {
            // What has come is in use, or not this pull's any more: whatever a message says, nothing is laid there.
            if (_isClosed || !TryMark(shard, part, table))
                return default;
        }

        int dimension = _dimensions[table];
        return Values[table].AsMemory(positions[start] * dimension, count * dimension);
    }

    /// <summary>What <see cref="RowCache.Fill"/> said of a table's rows.</summary>
    public int[]? KnownOf(int table) => _known[table];

    /// <summary>Returns the arrays of <see cref="Values"/>, which must not be used any more.</summary>
    public void ReturnValues()
    {
        foreach (float[] values in Values)
            ArrayPool<float>.Shared.Return(values);
    }

    /// <summary>Marks the place of a part's rows as taken; false if it was.</summary>
    private bool TryMark(int shard, int part, int table)
    {
        lock (_taken)
            return _taken.Add((shard, part, table));
    }

    private static bool StandTogether(int[] positions, int start, int count) => count > 0 && positions[start + count - 1] - positions[start] == count - 1;

    private void CountKept(int table, int rows)
    {
        RowsKept += rows;
        BytesKept += (long)rows * _dimensions[table] * _numberBytes;
    }
}
