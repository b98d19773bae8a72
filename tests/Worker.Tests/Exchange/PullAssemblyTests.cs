using System.Buffers;
using CsCheck;
using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Rows;
using DistEmbed.Protocol.Sharding;
using DistEmbed.Worker.Exchange;

namespace DistEmbed.Worker.Tests.Exchange;

public class PullAssemblyTests
{
    private static readonly int[] Dimensions = [5, 1, 3];

    private static readonly Gen<int[]> Rows = Gen.Int[0, 1000].Array[0, 40].Select(rows => rows.Distinct().Order().ToArray());

    [Fact]
    public void Parts_in_any_order_with_any_repeats_give_what_a_direct_gather_gives() =>
        Gen.Select(Rows, Rows, Rows, Gen.Int[1, 5], Gen.Int[1, 7], Gen.Int[0, 1 << 20].Array[60]).Sample(
            (first, second, third, shards, perPart, picks) =>
            {
                int[][] rows = [first, second, third];
                ShardMap map = ShardMap.Even(shards);
                var assembly = new PullAssembly(new PullId("w", 1), 4, rows, Dimensions, map);
                Assert.All(assembly.Outstanding(), o => Assert.All(o.Request.Tables, t => Assert.All(t.Rows, row => Assert.Equal(o.Shard, map.ShardOf(row)))));
                Assert.Equal(rows.Sum(r => r.Length), assembly.RowCount);
                Assert.Equal(rows.Select((r, t) => r.Length * Dimensions[t] * sizeof(float)).Sum(), assembly.ByteCount);

                // Each part makes its arrays anew, as a repeat that was sent again has its own.
                List<Func<RowsPulled>> parts = [.. assembly.Outstanding().SelectMany(o => Answer(o.Shard, o.Request, perPart))];
                var left = Enumerable.Range(0, parts.Count).ToHashSet();
                foreach (int pick in picks.TakeWhile(_ => left.Count > 1).Select(p => p % Math.Max(1, parts.Count)))
                {
                    left.Remove(pick);
                    assembly.Take(parts[pick]());
                }

                Assert.Equal(left.Count == 0, assembly.IsComplete);
                foreach ((int shard, PullRows request) in assembly.Outstanding().ToArray()) // asked again: everything of the shards that are not whole
                {
                    foreach (Func<RowsPulled> part in Answer(shard, request, perPart).Reverse())
                        assembly.Take(part());
                }

                Assert.True(assembly.IsComplete);
                Assert.Empty(assembly.Outstanding());
                foreach (Func<RowsPulled> late in parts)
                    assembly.Take(late());
                for (int table = 0; table < rows.Length; table++)
                {
                    for (int i = 0; i < rows[table].Length * Dimensions[table]; i++)
                        Assert.Equal(Value(table, rows[table][i / Dimensions[table]], i % Dimensions[table]), assembly.Values[table][i]);
                }

                assembly.ReturnValues();
            });

    [Fact]
    public void Values_are_laid_where_they_are_wanted_once()
    {
        var assembly = new PullAssembly(new PullId("w", 1), 1, [[1, 2, 5, 9], [4]], Dimensions, ShardMap.Even(1));
        (int shard, PullRows request) = Assert.Single(assembly.Outstanding());
        RowsPulled[] parts = [.. Answer(shard, request, 2).Select(part => part())];
        IRowDestination places = request.Into!;
        foreach ((int garbled, int start, int count) in new[] { (7, 0, 2), (-1, 0, 2), (0, 3, 2), (0, 4, 1), (0, 0, 0), (0, 1, int.MaxValue) })
            Assert.True(places.Take(garbled, 0, 0, start, count).IsEmpty);
        Memory<float> place = places.Take(0, 0, 0, 2, 2);
        Assert.Equal(assembly.Values[0].AsMemory(2 * Dimensions[0], 2 * Dimensions[0]), place);
        Assert.True(places.Take(0, 0, 0, 2, 2).IsEmpty); // a repeat lies elsewhere
        Values(0, [5, 9]).AsMemory(0, place.Length).CopyTo(place);
        assembly.Take(new RowsPulled(request.Id, 0, 0, 2, [new RowValues(0, 2, 2, place)]));
        // The other part comes by itself; one of its runs not from the beginning of its array.
        float[] late = [-1, .. Values(0, [1, 2]).Take(2 * Dimensions[0])];
        assembly.Take(new RowsPulled(request.Id, 0, 1, 2, [new RowValues(0, 0, 2, ArrayPoolOf(late).AsMemory(1)), new RowValues(1, 0, 1, Values(1, [4]))]));
        Assert.True(assembly.IsComplete);
        Assert.Equal(Values(0, [1, 2, 5, 9]).Take(4 * Dimensions[0]), assembly.Values[0].Take(4 * Dimensions[0]));
        Assert.Equal(Value(1, 4, 0), assembly.Values[1][0]);
        // What has come is in use, or no longer this pull's.
        Assert.True(places.Take(0, 1, 0, 0, 2).IsEmpty);
        Assert.True(places.Take(0, 1, 1, 0, 1).IsEmpty);
        Assert.True(places.Take(0, 2, 1, 0, 1).IsEmpty);
        assembly.Take(parts[0]);
        assembly.ReturnValues();
    }

    [Fact]
    public void Rows_that_another_shards_rows_stand_between_have_no_place()
    {
        ShardMap map = ShardMap.Even(2);
        int[] rows = [.. Enumerable.Range(0, 200)];
        var assembly = new PullAssembly(new PullId("w", 1), 1, [rows], [1], map);
        (int shard, PullRows request) = assembly.Outstanding().First();
        int[] mine = request.Tables[0].Rows;
        int apart = Enumerable.Range(0, mine.Length - 1).First(i => mine[i + 1] > mine[i] + 1);
        Assert.True(request.Into!.Take(shard, 0, 0, apart, 2).IsEmpty);
        Assert.Equal(assembly.Values[0].AsMemory(mine[apart], 1), request.Into.Take(shard, 0, 0, apart, 1));
    }

    [Fact]
    public void A_part_of_another_pull_changes_nothing()
    {
        var assembly = new PullAssembly(new PullId("w", 2), 1, [[1, 2]], [5], ShardMap.Even(1));
        (int shard, PullRows request) = Assert.Single(assembly.Outstanding());
        assembly.Take(Answer(shard, request with { Id = new PullId("w", 1) }, 10).Single()());
        assembly.Take(Answer(shard, request with { Id = new PullId("v", 2) }, 10).Single()());
        Assert.False(assembly.IsComplete);
    }

    [Fact]
    public void A_slice_that_touches_nothing_asks_nobody()
    {
        var assembly = new PullAssembly(new PullId("w", 1), 1, [[], []], [5, 2], ShardMap.Even(3));
        Assert.True(assembly.IsComplete);
        Assert.Empty(assembly.Outstanding());
    }

    private static IEnumerable<Func<RowsPulled>> Answer(int shard, PullRows request, int perPart)
    {
        (int Table, int Start, int[] Rows)[] runs = [.. request.Tables.SelectMany(t => t.Rows.Chunk(perPart).Select((chunk, i) => (t.Table, i * perPart, chunk)))];
        // Two runs a part, so that parts cross tables.
        (int Table, int Start, int[] Rows)[][] parts = [.. runs.Chunk(2)];
        return parts.Select((part, number) => (Func<RowsPulled>)(() => new RowsPulled(
            request.Id, shard, number, parts.Length,
            [.. part.Select(run => new RowValues(run.Table, run.Start, run.Rows.Length, Values(run.Table, run.Rows)))])));
    }

    private static float[] Values(int table, int[] rows)
    {
        float[] values = ArrayPool<float>.Shared.Rent(rows.Length * Dimensions[table]);
        for (int i = 0; i < rows.Length * Dimensions[table]; i++)
            values[i] = Value(table, rows[i / Dimensions[table]], i % Dimensions[table]);
        return values;
    }

    private static float[] ArrayPoolOf(float[] values)
    {
        float[] rented = ArrayPool<float>.Shared.Rent(values.Length);
        values.CopyTo(rented, 0);
        return rented;
    }

    private static float Value(int table, int row, int i) => table * 10_000 + row + i * 0.125f;
}
