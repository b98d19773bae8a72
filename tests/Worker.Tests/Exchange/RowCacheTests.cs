using DistEmbed.Protocol.Jobs;
using DistEmbed.Worker.Exchange;

namespace DistEmbed.Worker.Tests.Exchange;

public class RowCacheTests
{
    private const int Dimension = 4;

    private static readonly SgdSpec Skip = new();
    private static readonly AdadeltaSpec Exact = new() { Untouched = UntouchedRows.Exact };

    [Theory]
    [InlineData(Consistency.Sync)]
    [InlineData(Consistency.Bounded)]
    [InlineData(Consistency.Async)]
    public void A_row_of_a_table_that_was_frozen_from_the_start_is_not_asked_until_a_step_has_changed_the_table(Consistency consistency)
    {
        foreach (OptimizerSpec optimizer in (OptimizerSpec[])[Skip, Exact])
        {
            var cache = new RowCache([Plan(optimizer, firstTuned: 6)], consistency, 1 << 20);
            Assert.Null(Known(cache, 2, 1));
            Keep(cache, 2, 1);
            Assert.Equal([0, RowCache.Settled, 0], Known(cache, 2, 0, 1, 3)!);
            Assert.Equal([RowCache.Settled], Known(cache, 6, 1)!); // reads what step 5 left, which is frozen
            Assert.Equal([2], Known(cache, 7, 1)!);
            Assert.Null(Known(cache, 1, 1)); // a slice of an earlier step
        }
    }

    [Fact]
    public void A_row_of_a_tuned_table_is_asked_with_the_step_it_was_pulled_for_unless_that_is_the_very_step()
    {
        var cache = new RowCache([Plan(Skip)], Consistency.Sync, 1 << 20);
        Keep(cache, 4, 1);
        Assert.Equal([RowCache.Settled], Known(cache, 4, 1)!);
        Assert.Equal([4], Known(cache, 9, 1)!);
        Assert.Equal([RowCache.Settled], Known(cache, 4, 1)!);
        Keep(cache, 9, 1);
        Keep(cache, 7, 1); // an older value does not take the place of a newer one
        Assert.Equal([9], Known(cache, 10, 1)!);
        Assert.Equal(Value(9, 1), Filled(cache, 10, 1));
        Assert.Null(Known(cache, 8, 1));
    }

    [Fact]
    public void A_cleared_cache_counts_steps_anew()
    {
        var cache = new RowCache([Plan(Skip)], Consistency.Sync, 1 << 20);
        Keep(cache, 3, 1);
        Assert.Equal([3], Known(cache, 4, 1)!);
        cache.Clear();
        Assert.Null(Known(cache, 4, 1));
        Assert.Equal(0, cache.Bytes);
        Keep(cache, 1, 2);
        Assert.Equal([RowCache.Settled], Known(cache, 1, 2)!);
    }

    [Fact]
    public void Values_are_those_that_were_kept_over_many_slabs_and_repeats()
    {
        var cache = new RowCache([Plan(Skip, firstTuned: 100, rows: 50_000)], Consistency.Sync, 8 << 20);
        int[] rows = [.. Enumerable.Range(0, 50_000).Where(row => row % 3 != 0)];
        foreach (int[] some in rows.Chunk(700))
            Keep(cache, 5, some);
        Assert.All(Known(cache, 8, rows)!, known => Assert.Equal(RowCache.Settled, known));
        Assert.Equal(rows.SelectMany(row => Value(5, row)), Filled(cache, 8, rows));
    }

    [Fact]
    public void Memory_is_bounded_and_frozen_rows_take_the_room_of_tuned_ones()
    {
        const long Bound = 1 << 20;
        TablePlan tuned = Plan(Skip, rows: 100_000), frozen = Plan(Skip, firstTuned: 100, rows: 100_000);
        var cache = new RowCache([tuned, frozen], Consistency.Sync, Bound);
        int[] many = [.. Enumerable.Range(0, 100_000)];
        Keep(cache, 1, many);
        Assert.InRange(cache.Bytes, Bound / 2, Bound);
        int kept = Known(cache, 1, many)!.Count(known => known != 0);
        Assert.InRange(kept, 1, many.Length - 1);

        cache.Keep(1, 1, many, Values(1, many), null);
        Assert.Null(Known(cache, 1, many));
        Assert.InRange(cache.Bytes, Bound / 2, Bound);
        int frozenKept = cache.Fill(1, 2, many, new float[many.Length * Dimension])!.Count(known => known != 0);
        Assert.Equal(kept, frozenKept);
        Keep(cache, 2, 1); // full: a tuned row takes nobody's room
        Assert.Null(Known(cache, 2, 1));
    }

    [Fact]
    public void Without_memory_nothing_is_kept()
    {
        var cache = new RowCache([Plan(Skip)], Consistency.Sync, 0);
        Keep(cache, 1, 1, 2);
        Assert.Null(Known(cache, 1, 1, 2));
    }

    private static TablePlan Plan(OptimizerSpec optimizer, int firstTuned = 1, int rows = 10) => new(
        new TableSpec("t", "t", rows, Dimension, new RowInit.Zero(), Dense: false), optimizer, new GroupTimeline("t", optimizer, 100, firstTuned));

    private static void Keep(RowCache cache, int step, params int[] rows) => cache.Keep(0, step, rows, Values(step, rows), null);

    private static int[]? Known(RowCache cache, int step, params int[] rows) => cache.Fill(0, step, rows, new float[rows.Length * Dimension]);

    private static float[] Filled(RowCache cache, int step, params int[] rows)
    {
        var values = new float[rows.Length * Dimension];
        cache.Fill(0, step, rows, values);
        return values;
    }

    private static float[] Values(int step, int[] rows) => [.. rows.SelectMany(row => Value(step, row))];

    private static float[] Value(int step, int row) => [.. Enumerable.Range(0, Dimension).Select(i => step * 1e6f + row + i * 0.25f)];
}
