using CsCheck;
using DistEmbed.Protocol.Randomness;

namespace DistEmbed.Protocol.Tests.Randomness;

public class CounterRandomTests
{
    // Made by an independent program from the description. They decide every run's bits and every checkpoint's meaning: never change them.
    [Theory]
    [InlineData(1UL, RandomPurpose.RowInitialization, 0L, 0L, 0x565459d73ec8b3b6UL, 0x447c376dd0c1b596UL, 0xf5f1986b0d392f5cUL)]
    [InlineData(1UL, RandomPurpose.Dropout, 7L, 2L, 0xaeba741ec241235eUL, 0xa67f3a35797fd4acUL, 0x4e230583f09833f8UL)]
    [InlineData(ulong.MaxValue, RandomPurpose.DataSplit, -1L, 1L << 31, 0xa461f9d7f1aa651cUL, 0x6218c895856a383UL, 0x13de216fbd8885aaUL)]
    public void Streams_have_the_golden_numbers(ulong seed, RandomPurpose purpose, long first, long second, ulong a, ulong b, ulong c)
    {
        var random = new CounterRandom(seed, purpose, first, second);
        Assert.Equal([a, b, c], [random.NextUInt64(), random.NextUInt64(), random.NextUInt64()]);
    }

    [Fact]
    public void What_is_made_of_the_bits_is_golden_too()
    {
        var singles = new CounterRandom(1, RandomPurpose.RowInitialization);
        Assert.Equal([5657689 / 16777216f, 4488247 / 16777216f, 16118168 / 16777216f], [singles.NextSingle(), singles.NextSingle(), singles.NextSingle()]);
        var doubles = new CounterRandom(1, RandomPurpose.RowInitialization);
        Assert.Equal([3037449104644374 / 9007199254740992.0, 2409609490470966 / 9007199254740992.0], [doubles.NextDouble(), doubles.NextDouble()]);
        var ints = new CounterRandom(1, RandomPurpose.Sampling, 7, 2);
        Assert.Equal([4, 7, 1, 0, 5, 8, 4, 8, 3, 3, 1, 2], Enumerable.Range(0, 12).Select(_ => ints.NextInt(10)).ToArray());
        var order = new CounterRandom(42, RandomPurpose.ExampleOrder, 3);
        int[] items = [.. Enumerable.Range(0, 10)];
        order.Shuffle<int>(items);
        Assert.Equal([9, 4, 5, 0, 3, 2, 8, 6, 7, 1], items);
        Assert.Equal(
            [0x203d991a2bb4ea42UL, 0xf23b94a0c269b4c0UL, 0xab78e51c74342e50UL],
            [CounterRandom.HashOf("embedding"), CounterRandom.HashOf(""), CounterRandom.HashOf("größe")]);
    }

    [Fact]
    public void Purposes_keep_their_numbers() =>
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8], Enum.GetValues<RandomPurpose>().Select(p => (int)p));

    [Fact]
    public void Streams_that_differ_in_any_key_share_no_number()
    {
        var seen = new HashSet<ulong>();
        int drawn = 0;
        foreach (ulong seed in new ulong[] { 0, 1, 2, ulong.MaxValue })
        {
            foreach (RandomPurpose purpose in Enum.GetValues<RandomPurpose>())
            {
                for (long first = -1; first < 8; first++)
                {
                    for (long second = -1; second < 8; second++)
                    {
                        var random = new CounterRandom(seed, purpose, first, second);
                        for (int i = 0; i < 4; i++, drawn++)
                            seen.Add(random.NextUInt64());
                    }
                }
            }
        }

        Assert.Equal(drawn, seen.Count);
    }

    [Fact]
    public void Numbers_stay_in_their_bounds() =>
        Gen.Select(Gen.ULong, Gen.Int[1, int.MaxValue]).Sample((seed, bound) =>
        {
            var random = new CounterRandom(seed, RandomPurpose.Sampling);
            Assert.InRange(random.NextInt(bound), 0, bound - 1);
            Assert.InRange(random.NextSingle(), 0, MathF.BitDecrement(1));
            Assert.InRange(random.NextDouble(), 0, Math.BitDecrement(1));
            Assert.Equal(0, random.NextInt(1));
        });

    [Fact]
    public void Numbers_spread_evenly()
    {
        const int Draws = 160_000, Bins = 16;
        int[] ints = new int[Bins], singles = new int[Bins], doubles = new int[Bins];
        var random = new CounterRandom(3, RandomPurpose.Sampling);
        for (int i = 0; i < Draws; i++)
        {
            ints[random.NextInt(Bins)]++;
            singles[(int)(random.NextSingle() * Bins)]++;
            doubles[(int)(random.NextDouble() * Bins)]++;
        }

        // Expected 10,000 a bin; five standard deviations are 485.
        Assert.All(ints.Concat(singles).Concat(doubles), count => Assert.InRange(count, 9_500, 10_500));
    }

    [Fact]
    public void A_shuffle_is_a_permutation() =>
        Gen.Select(Gen.ULong, Gen.Int.Array[0, 50]).Sample((seed, items) =>
        {
            int[] shuffled = [.. items];
            new CounterRandom(seed, RandomPurpose.ExampleOrder).Shuffle<int>(shuffled);
            Assert.Equal(items.Order(), shuffled.Order());
        });

    [Fact]
    public void A_shuffle_puts_every_item_everywhere_equally_often()
    {
        const int Shuffles = 40_000;
        var at = new int[4, 4];
        for (int i = 0; i < Shuffles; i++)
        {
            int[] items = [0, 1, 2, 3];
            new CounterRandom(9, RandomPurpose.ExampleOrder, i).Shuffle<int>(items);
            for (int place = 0; place < 4; place++)
                at[items[place], place]++;
        }

        foreach (int count in at)
            Assert.InRange(count, 9_500, 10_500); // expected 10,000, standard deviation 87
    }
}
