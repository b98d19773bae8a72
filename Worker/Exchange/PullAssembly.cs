using System.Buffers;
using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Sharding;

namespace DistEmbed.Worker.Exchange;

/// <summary>
/// Puts together the answer to a pull: asks every shard that owns rows of the slice, and lays the parts that arrive, in whatever order and however often, into
/// one array a table. Knows no actor, clock or socket.
/// </summary>
public sealed class PullAssembly
{
    private readonly PullRows?[] _requests;
    private readonly RowSplitter.ShardRows[][] _split;
    private readonly IReadOnlyList<int> _dimensions;
    private readonly bool[]?[] _received;
    private int _missingShards;

    /// <summary>Plans the pull.</summary>
    /// <param name="id">Its identity.</param>
    /// <param name="step">The step that computes with the rows.</param>
    /// <param name="rows">Sorted unique rows of each table.</param>
    /// <param name="dimensions">Numbers a row of each table.</param>
    /// <param name="map">Who owns which row.</param>
    /// <param name="generation">Generation of the run.</param>
    public PullAssembly(PullId id, int step, IReadOnlyList<int[]> rows, IReadOnlyList<int> dimensions, ShardMap map, int generation = 0)
    {
        Id = id;
        _dimensions = dimensions;
        _split = [.. rows.Select(r => RowSplitter.ByShard(map, r))];
        _requests = new PullRows?[map.Shards];
        _received = new bool[]?[map.Shards];
        Values = new float[rows.Count][];
        for (int table = 0; table < rows.Count; table++)
        {
            Values[table] = ArrayPool<float>.Shared.Rent(Math.Max(1, rows[table].Length * dimensions[table]));
            RowCount += rows[table].Length;
            ByteCount += (long)rows[table].Length * dimensions[table] * sizeof(float);
        }

        for (int shard = 0; shard < map.Shards; shard++)
        {
            var tables = new List<RowIds>();
            for (int table = 0; table < rows.Count; table++)
            {
                if (_split[table][shard].Rows.Length > 0)
                    tables.Add(new RowIds(table, _split[table][shard].Rows));
            }

            if (tables.Count == 0)
                continue;
            _requests[shard] = new PullRows(id, step, tables) { Generation = generation };
            _missingShards++;
        }
    }

    /// <summary>Identity of the pull.</summary>
    public PullId Id { get; }

    /// <summary>Rows asked.</summary>
    public long RowCount { get; }

    /// <summary>Bytes of values asked.</summary>
    public long ByteCount { get; }

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

    /// <summary>Takes a part of an answer; a part that came before changes nothing. Its arrays are returned.</summary>
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
            int[] positions = _split[values.Table][part.Shard].Positions;
            Span<float> destination = Values[values.Table];
            for (int i = 0; i < values.Count; i++)
                values.Values.AsSpan(i * dimension, dimension).CopyTo(destination[(positions[values.Start + i] * dimension)..]);
            ArrayPool<float>.Shared.Return(values.Values);
        }

        received[part.Part] = true;
        if (Array.TrueForAll(received, r => r))
        {
            _requests[part.Shard] = null;
            _missingShards--;
        }
    }

    /// <summary>Returns the arrays of <see cref="Values"/>, which must not be used any more.</summary>
    public void ReturnValues()
    {
        foreach (float[] values in Values)
            ArrayPool<float>.Shared.Return(values);
    }
}
