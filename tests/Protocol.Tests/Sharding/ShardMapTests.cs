using CsCheck;
using DistEmbed.Protocol.Sharding;

namespace DistEmbed.Protocol.Tests.Sharding;

public class ShardMapTests
{
    // A row's slot is in checkpoints and hashes: never change these.
    [Fact]
    public void Slots_are_golden()
    {
        Assert.Equal(1024, Slots.Count);
        Assert.Equal([0, 632, 241, 874, 34, 4, 903], new[] { 0, 1, 2, 3, 1000, 123456, int.MaxValue }.Select(Slots.Of));
    }

    [Fact]
    public void Consecutive_rows_spread_evenly() =>
        Gen.Int[0, 10_000_000].Sample(
            first =>
            {
                var rows = new int[Slots.Count];
                for (int row = first; row < first + 8 * Slots.Count; row++)
                    rows[Slots.Of(row)]++;
                Assert.All(rows, r => Assert.InRange(r, 6, 10));
            },
            iter: 20, threads: 1);

    [Fact]
    public void An_even_map_gives_each_shard_a_contiguous_run_of_slots_of_about_equal_length()
    {
        // A row of each slot: 8192 consecutive rows reach all.
        int[] rowOfSlot = new int[Slots.Count];
        for (int row = 0; row < 8 * Slots.Count; row++)
            rowOfSlot[Slots.Of(row)] = row;
        foreach (int shards in new[] { 1, 2, 3, 5, 7, 64, 1000, 1023, 1024 })
        {
            ShardMap map = ShardMap.Even(shards);
            int[] owners = [.. rowOfSlot.Select(map.ShardOf)];
            Assert.Equal(owners.Order(), owners);
            int[] sizes = [.. Enumerable.Range(0, shards).Select(s => owners.Count(o => o == s))];
            Assert.Equal(Slots.Count, sizes.Sum());
            Assert.InRange(sizes.Max() - sizes.Min(), 0, 1);
        }
    }

    [Fact]
    public void Every_row_is_on_one_of_the_shards() =>
        Gen.Select(Gen.Int[0, int.MaxValue], Gen.Int[1, Slots.Count]).Sample((row, shards) =>
        {
            ShardMap map = ShardMap.Even(shards);
            Assert.Equal(shards, map.Shards);
            Assert.InRange(map.ShardOf(row), 0, shards - 1);
        });

    [Fact]
    public void A_map_of_no_shard_or_more_shards_than_slots_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => ShardMap.Even(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => ShardMap.Even(Slots.Count + 1));
        Assert.Equal((1, 4), (ShardMap.Even(2).Epoch, ShardMap.Even(2, epoch: 4).Epoch));
    }
}
