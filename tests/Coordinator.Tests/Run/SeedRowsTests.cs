using CsCheck;
using DistEmbed.Coordinator.Run;
using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Sharding;

namespace DistEmbed.Coordinator.Tests.Run;

public class SeedRowsTests
{
    [Theory]
    [InlineData(3, 500)]
    [InlineData(100_000, 30)] // two rows a message
    [InlineData(300_000, 4)] // one row is larger than a message
    public void Every_row_reaches_its_shard_once_with_its_values_in_messages_of_bounded_size(int dimension, int most) =>
        Gen.Select(Gen.Int[0, 100_000].Array[0, most], Gen.Int[1, 4]).Sample(
            (picked, shards) =>
            {
                int[] rows = [.. picked.Distinct().Order()];
                float[] values = new float[rows.Length * dimension];
                for (int i = 0; i < rows.Length; i++)
                    values.AsSpan(i * dimension, dimension).Fill(rows[i] + 0.5f);
                ShardMap map = ShardMap.Even(shards);
                var seen = new List<int>();
                foreach ((int shard, AssignRows message) in new SeedRows(2, dimension, rows, values).Blocks(map))
                {
                    Assert.Equal((2, message.Rows.Length * dimension), (message.Table, message.Values.Length));
                    Assert.True(message.Rows.Length == 1 || message.Values.Length * sizeof(float) <= MessageBounds.RowBytes);
                    for (int i = 0; i < message.Rows.Length; i++)
                    {
                        Assert.Equal(shard, map.ShardOf(message.Rows[i]));
                        Assert.True(message.Values.AsSpan(i * dimension, dimension).IndexOfAnyExcept(message.Rows[i] + 0.5f) < 0);
                    }

                    seen.AddRange(message.Rows);
                }

                Assert.Equal(rows, seen.Order());
            },
            iter: 10, threads: 1);
}
