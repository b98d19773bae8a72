using CsCheck;
using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Rows;
using DistEmbed.Protocol.Sharding;

namespace DistEmbed.Protocol.Tests.Sharding;

public class RowSplitterTests
{
    private static readonly Gen<int[]> Rows = Gen.Int[0, 100_000].Array[0, 200].Select(rows => rows.Distinct().Order().ToArray());

    [Fact]
    public void A_split_has_every_row_once_on_its_shard_with_its_position() =>
        Gen.Select(Rows, Gen.Int[1, 9]).Sample((rows, shards) =>
        {
            ShardMap map = ShardMap.Even(shards);
            RowSplitter.ShardRows[] split = RowSplitter.ByShard(map, rows);
            Assert.Equal(shards, split.Length);
            Assert.Equal(rows, split.SelectMany(s => s.Rows).Order());
            for (int shard = 0; shard < shards; shard++)
            {
                Assert.All(split[shard].Rows, row => Assert.Equal(shard, map.ShardOf(row)));
                Assert.Equal(split[shard].Rows, split[shard].Positions.Select(p => rows[p]));
                Assert.Equal(split[shard].Rows.Order(), split[shard].Rows);
            }
        });

    [Fact]
    public void Pushes_bring_every_row_once_in_order_in_messages_of_bounded_size()
    {
        // Rows of 40, 64 and 200 kB, so that few of them need several messages.
        int[] dimensions = [10_000, 16_000, 50_000];
        Gen.Select(Rows, Rows, Gen.Int[0, 3], Gen.Int[1, 3]).Sample(
            (first, second, frozen, shards) =>
            {
                int[][] rows = [first[..Math.Min(first.Length, 70)], second[..Math.Min(second.Length, 70)], first[..Math.Min(first.Length, 7)]];
                ShardMap map = ShardMap.Even(shards);
                float[]?[] gradients = [.. rows.Select((r, t) => t == frozen ? null : Gradients(r, dimensions[t], t))];
                RowSplitter.ShardRows[][] split = [.. rows.Select(r => RowSplitter.ByShard(map, r))];
                for (int shard = 0; shard < shards; shard++)
                {
                    RowSplitter.ShardRows?[] mine = [.. split.Select((s, t) => t == frozen ? null : s[shard])];
                    IReadOnlyList<PushRows> pushes = RowSplitter.Pushes("worker", 5, 1, mine, gradients, dimensions);
                    Assert.NotEmpty(pushes);
                    Assert.Equal(Enumerable.Range(0, pushes.Count), pushes.Select(p => p.Block));
                    Assert.All(pushes, p => Assert.Equal(("worker", 5, 1, pushes.Count), (p.Worker, p.Step, p.Slice, p.Blocks)));
                    Assert.All(pushes, p => Assert.InRange(p.Gradients.Sum(g => (long)g.Rows.Length * dimensions[g.Table] * sizeof(float)), 0, MessageBounds.RowBytes));
                    Assert.Equal(
                        mine.SelectMany((m, t) => m is null ? [] : m.Rows.Select(row => (t, row))),
                        pushes.SelectMany(p => p.Gradients).SelectMany(g => g.Rows.Select(row => (g.Table, row))));
                    IReadOnlyList<PushRows> uncopied = RowSplitter.Pushes("worker", 5, 1, mine, gradients, dimensions, copy: false);
                    Assert.Equal(pushes.SelectMany(p => p.Gradients).Select(g => g.Rows), uncopied.SelectMany(p => p.Gradients).Select(g => g.Rows));
                    foreach (RowGradients part in pushes.Concat(uncopied).SelectMany(p => p.Gradients))
                    {
                        float[] expected = Gradients(part.Rows, dimensions[part.Table], part.Table);
                        var memory = new List<Memory<float>>();
                        part.AddMemory(dimensions[part.Table], memory);
                        Assert.Equal<float>(expected.AsSpan(), memory.SelectMany(m => m.ToArray()).ToArray().AsSpan());
                    }

                    Assert.DoesNotContain(pushes.SelectMany(p => p.Gradients), g => gradients.Contains(RowMemory.ArrayOf(g.Values)));
                    Assert.All(uncopied.SelectMany(p => p.Gradients), g => Assert.Same(gradients[g.Table], RowMemory.ArrayOf(g.Values)));
                }
            },
            iter: 10, threads: 1);
    }

    [Fact]
    public void Blocks_depend_on_the_slice_and_not_on_the_worker()
    {
        int[] rows = [.. Enumerable.Range(0, 60)];
        RowSplitter.ShardRows[] split = RowSplitter.ByShard(ShardMap.Even(1), rows);
        string Cut(string worker) => string.Join(" | ", RowSplitter.Pushes(worker, 1, 0, [split[0]], [Gradients(rows, 20_000, 0)], [20_000])
            .Select(p => $"{p.Block}/{p.Blocks}: {string.Join(' ', p.Gradients.Select(g => $"{g.Table} {string.Join(',', g.Rows)}"))}"));
        Assert.Equal(Cut("a"), Cut("b"));
        Assert.Equal(5, Cut("a").Split('|').Length); // 13 rows of 80,000 bytes a message
    }

    [Fact]
    public void A_message_is_filled_to_its_last_byte_before_another_begins()
    {
        const int Dimension = MessageBounds.RowBytes / sizeof(float) / 8;
        int[] first = [0, 1, 2, 3, 4, 5, 6], second = [0, 1];
        RowSplitter.ShardRows[] split = [.. new[] { first, second }.Select(rows => RowSplitter.ByShard(ShardMap.Even(1), rows)[0])];
        IReadOnlyList<PushRows> pushes = RowSplitter.Pushes(
            "w", 1, 0, split, [Gradients(first, Dimension, 0), Gradients(second, Dimension, 1)], [Dimension, Dimension]);
        Assert.Equal([8, 1], pushes.Select(p => p.Gradients.Sum(g => g.Rows.Length)));
    }

    [Fact]
    public void A_shard_that_gets_no_row_is_told_so() =>
        Assert.Equal((0, 1, 0), RowSplitter.Pushes("w", 1, 0, [new([], []), null], [[], null], [3, 3]) is [var push] ? (push.Block, push.Blocks, push.Gradients.Count) : default);

    [Fact]
    public void A_row_larger_than_a_message_passes_alone()
    {
        const int Dimension = MessageBounds.RowBytes / sizeof(float) + 1;
        int[] rows = [3, 8];
        IReadOnlyList<PushRows> pushes = RowSplitter.Pushes(
            "w", 1, 0, [RowSplitter.ByShard(ShardMap.Even(1), rows)[0]], [Gradients(rows, Dimension, 0)], [Dimension]);
        Assert.Equal([3, 8], pushes.Select(p => Assert.Single(Assert.Single(p.Gradients).Rows)));
    }

    private static float[] Gradients(int[] rows, int dimension, int table)
    {
        var gradients = new float[rows.Length * dimension];
        for (int i = 0; i < gradients.Length; i++)
            gradients[i] = rows[i / dimension] + table * 0.25f + i % dimension * 0.001f;
        return gradients;
    }
}
