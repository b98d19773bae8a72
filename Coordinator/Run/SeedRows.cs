using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Sharding;

namespace DistEmbed.Coordinator.Run;

/// <summary>Rows of one table that start with a given value: pretrained vectors.</summary>
/// <param name="Table">Index of the table.</param>
/// <param name="Dimension">Numbers a row.</param>
/// <param name="Rows">Sorted unique row ids.</param>
/// <param name="Values">Row after row.</param>
public sealed record SeedRows(int Table, int Dimension, int[] Rows, float[] Values)
{
    /// <summary>The messages that bring the rows to their shards, each of at most <see cref="MessageBounds.RowBytes"/> or one row.</summary>
    public IEnumerable<(int Shard, AssignRows Message)> Blocks(ShardMap map)
    {
        RowSplitter.ShardRows[] split = RowSplitter.ByShard(map, Rows);
        int perBlock = Math.Max(1, MessageBounds.RowBytes / (Dimension * sizeof(float)));
        for (int shard = 0; shard < split.Length; shard++)
        {
            for (int start = 0; start < split[shard].Rows.Length; start += perBlock)
            {
                int count = Math.Min(perBlock, split[shard].Rows.Length - start);
                var values = new float[count * Dimension];
                for (int i = 0; i < count; i++)
                    Values.AsSpan(split[shard].Positions[start + i] * Dimension, Dimension).CopyTo(values.AsSpan(i * Dimension));
                yield return (shard, new AssignRows(Table, split[shard].Rows[start..(start + count)], values));
            }
        }
    }
}
