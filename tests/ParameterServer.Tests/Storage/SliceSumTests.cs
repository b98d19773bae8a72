using CsCheck;
using DistEmbed.ParameterServer.Storage;
using DistEmbed.Protocol.Messages;

namespace DistEmbed.ParameterServer.Tests.Storage;

public class SliceSumTests
{
    private const int Slices = 4, Dimension = 11;

    // A slice: its rows, and after how many of them each block ends.
    private static readonly Gen<(int[] Rows, int[] Cuts)> Slice = Gen.Select(
        Gen.Int[0, 12].Array[0, 10].Select(rows => rows.Distinct().Order().ToArray()), Gen.Int[0, 10].Array[0, 3]);

    [Fact]
    public void Rows_come_once_in_order_with_the_sum_in_slice_order_bit_for_bit_whatever_the_order_of_blocks() =>
        Gen.Select(Slice.Array[Slices], Gen.Int[0, 1_000_000]).Sample((slices, seed) =>
        {
            PushRows[][] all = [.. slices.Select((slice, i) => Blocks(i, slice.Rows, slice.Cuts).ToArray())];
            (int Slice, int Block)[] arrivals = [.. all.SelectMany((blocks, slice) => blocks.Select((_, block) => (slice, block)))];
            new Random(seed).Shuffle(arrivals);
            var come = new PushRows?[]?[Slices];
            var sum = new SliceSum([1, Dimension], Slices);
            sum.Start(come);
            (int, int)[] touched = [(0, 0), .. slices.SelectMany(s => s.Rows).Distinct().Order().Select(row => (1, row))];
            int given = 0;
            foreach ((int slice, int block) in arrivals)
            {
                (come[slice] ??= new PushRows?[all[slice].Length])[block] = all[slice][block];
                sum.Resume();
                for (; sum.TryNext(out int table, out int row, out ReadOnlySpan<float> gradient); given++)
                {
                    Assert.Equal(touched[given], (table, row));
                    float[] expected = table == 0 ? [99 * Slices] : Expected(row);
                    Assert.Equal(expected.Select(BitConverter.SingleToUInt32Bits), gradient.ToArray().Select(BitConverter.SingleToUInt32Bits));
                }

                // Passed is what has been given and what none touches before what is still to come; and all of it comes as soon as it is certain.
                long certain = Enumerable.Range(0, Slices).Min(s => End(s));
                for (int i = 0; i < touched.Length; i++)
                    Assert.Equal(i < given, sum.IsPassed(RowOrder.Of(touched[i].Item1, touched[i].Item2)));
                Assert.Equal(touched.Count(t => RowOrder.Of(t.Item1, t.Item2) <= certain), given);
            }

            Assert.True(sum.IsAtEnd);

            // The last row that a slice has come to without a gap.
            long End(int slice)
            {
                if (come[slice] is not { } blocks)
                    return RowOrder.Start;
                PushRows[] first = [.. blocks.TakeWhile(b => b is not null).Select(b => b!)];
                return first.Length == blocks.Length ? RowOrder.End
                    : first.SelectMany(b => b.Gradients).SelectMany(g => g.Rows.Select(row => RowOrder.Of(g.Table, row))).Prepend(RowOrder.Start).Last();
            }

            float[] Expected(int row)
            {
                float[]? expected = null;
                for (int slice = 0; slice < Slices; slice++)
                {
                    if (!slices[slice].Rows.Contains(row))
                        continue;
                    float[] gradient = [.. Enumerable.Range(0, Dimension).Select(i => Gradient(slice, row, i))];
                    expected = expected is null ? gradient : [.. expected.Zip(gradient, (a, b) => a + b)];
                }

                return expected!;
            }
        });

    [Fact]
    public void A_step_that_touches_nothing_is_at_its_end_at_once()
    {
        var sum = new SliceSum([Dimension], 1);
        sum.Start([[new PushRows("w", 1, 0, 0, 1, [])]]);
        Assert.False(sum.TryNext(out _, out _, out _));
        Assert.True(sum.IsAtEnd);
    }

    // Of very different sizes, so that another order of additions gives other bits.
    private static float Gradient(int slice, int row, int i) => MathF.Pow(-7.3f, (slice * 5 + row + i) % 9) + i;

    private static IEnumerable<PushRows> Blocks(int slice, int[] rows, int[] cuts)
    {
        int[] ends = [.. cuts.Select(c => Math.Min(c, rows.Length)).Append(0).Append(rows.Length).Distinct().Order()];
        for (int block = 0; block + 1 < Math.Max(2, ends.Length); block++)
        {
            int[] part = ends.Length < 2 ? [] : rows[ends[block]..ends[block + 1]];
            // Longer than needed, as rented arrays are; another table's row stands before the first.
            float[] values = new float[part.Length * Dimension + 5];
            for (int i = 0; i < part.Length * Dimension; i++)
                values[i] = Gradient(slice, part[i / Dimension], i % Dimension);
            yield return new PushRows("w", 1, slice, block, Math.Max(1, ends.Length - 1), block == 0 ? [new RowGradients(0, [0], new float[] { 99 }), new RowGradients(1, part, values)] : [new RowGradients(1, part, values)]);
        }
    }
}
