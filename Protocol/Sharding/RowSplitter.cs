using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Rows;

namespace DistEmbed.Protocol.Sharding;

/// <summary>Splits sorted rows by shard, and cuts what goes to a shard into messages of bounded size. Pure: depends on the rows and the map only.</summary>
public static class RowSplitter
{
    /// <summary>Where each shard's rows stand in the list that was split.</summary>
    /// <param name="Rows">The shard's row ids, sorted.</param>
    /// <param name="Positions">Their positions in the list.</param>
    public sealed record ShardRows(int[] Rows, int[] Positions);

    /// <summary>Splits <paramref name="rows"/> (sorted, unique): an entry for every shard, empty where it owns none.</summary>
    public static ShardRows[] ByShard(ShardMap map, ReadOnlySpan<int> rows)
    {
        var counts = new int[map.Shards];
        foreach (int row in rows)
            counts[map.ShardOf(row)]++;
        var split = new ShardRows[map.Shards];
        for (int shard = 0; shard < split.Length; shard++)
            split[shard] = new ShardRows(new int[counts[shard]], new int[counts[shard]]);
        Array.Clear(counts);
        for (int i = 0; i < rows.Length; i++)
        {
            int shard = map.ShardOf(rows[i]);
            int at = counts[shard]++;
            split[shard].Rows[at] = rows[i];
            split[shard].Positions[at] = i;
        }

        return split;
    }

    /// <summary>
    /// The push messages of a slice for one shard: at least one, each of at most <see cref="MessageBounds.RowBytes"/> (or one row).
    /// </summary>
    /// <param name="worker">Name of the worker's incarnation.</param>
    /// <param name="step">The step.</param>
    /// <param name="slice">The slice.</param>
    /// <param name="tables">The shard's rows of each table; null for a table that pushes nothing.</param>
    /// <param name="gradients">The slice's gradients of each table, in the order of the list that was split.</param>
    /// <param name="dimensions">Numbers a row of each table.</param>
    /// <param name="copy">
    /// Whether all gradients are copied into <see cref="RowMemory"/>, which whoever receives a message may keep. Else they stay where they are, in <paramref name="gradients"/>, and
    /// <see cref="RowGradients.Places"/> says where: a connection lays them together when it writes them.
    /// </param>
    public static IReadOnlyList<PushRows> Pushes(
        string worker, int step, int slice, IReadOnlyList<ShardRows?> tables, IReadOnlyList<float[]?> gradients, IReadOnlyList<int> dimensions, bool copy = true)
    {
        var blocks = new List<List<RowGradients>> { new() };
        int free = MessageBounds.RowBytes;
        for (int table = 0; table < tables.Count; table++)
        {
            if (tables[table] is not { } mine || gradients[table] is not { } source)
                continue;
            int dimension = dimensions[table];
            int rowBytes = dimension * sizeof(float);
            for (int start = 0; start < mine.Rows.Length;)
            {
                if (free < rowBytes && blocks[^1].Count > 0)
                {
                    blocks.Add([]);
                    free = MessageBounds.RowBytes;
                }

                int count = Math.Min(mine.Rows.Length - start, Math.Max(1, free / rowBytes));
                int first = mine.Positions[start];
                bool whole = mine.Positions[start + count - 1] - first == count - 1;
                int[] rows = count == mine.Rows.Length ? mine.Rows : mine.Rows[start..(start + count)];
                if (!copy)
                {
                    blocks[^1].Add(whole
                        ? new RowGradients(table, rows, source.AsMemory(first * dimension, count * dimension))
                        : new RowGradients(table, rows, source) { Places = count == mine.Rows.Length ? mine.Positions : mine.Positions[start..(start + count)] });
                }
                else
                {
                    Memory<float> values = RowMemory.Rent(count * dimension);
                    if (whole)
                        source.AsMemory(first * dimension, count * dimension).CopyTo(values);
                    for (int i = 0; !whole && i < count; i++)
                        source.AsMemory(mine.Positions[start + i] * dimension, dimension).CopyTo(values[(i * dimension)..]);
                    blocks[^1].Add(new RowGradients(table, rows, values));
                }

                free -= count * rowBytes;
                start += count;
            }
        }

        var pushes = new PushRows[blocks.Count];
        for (int block = 0; block < pushes.Length; block++)
            pushes[block] = new PushRows(worker, step, slice, block, pushes.Length, blocks[block]);
        return pushes;
    }
}
