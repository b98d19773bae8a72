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
    public void Rows_come_once_in_order_with_the_sum_in_slice_order_bit_for_bit() =>
        Slice.Array[Slices].Sample(slices =>
        {
            var pushes = new List<PushRows>();
            for (int slice = 0; slice < Slices; slice++)
                pushes.AddRange(Blocks(slice, slices[slice].Rows, slices[slice].Cuts));

            var sum = new SliceSum();
            sum.Start(pushes, table: 1, Dimension);
            foreach (int row in slices.SelectMany(s => s.Rows).Distinct().Order())
            {
                Assert.True(sum.TryNext(out int next, out ReadOnlySpan<float> gradient));
                Assert.Equal(row, next);
                var expected = new float[Dimension];
                bool first = true;
                for (int slice = 0; slice < Slices; slice++)
                {
                    if (!slices[slice].Rows.Contains(row))
                        continue;
                    for (int i = 0; i < Dimension; i++)
                        expected[i] = first ? Gradient(slice, row, i) : expected[i] + Gradient(slice, row, i);
                    first = false;
                }

                Assert.Equal(expected.Select(BitConverter.SingleToUInt32Bits), gradient.ToArray().Select(BitConverter.SingleToUInt32Bits));
            }

            Assert.False(sum.TryNext(out _, out _));
        });

    [Fact]
    public void A_table_that_no_push_touches_has_no_rows()
    {
        var sum = new SliceSum();
        sum.Start([new PushRows("w", 1, 0, 0, 1, []), .. Blocks(1, [1, 2], [])], table: 3, Dimension);
        Assert.False(sum.TryNext(out _, out _));
        sum.Start([], table: 0, Dimension);
        Assert.False(sum.TryNext(out _, out _));
    }

    // Of very different sizes, so that another order of additions gives other bits.
    private static float Gradient(int slice, int row, int i) => MathF.Pow(-7.3f, (slice * 5 + row + i) % 9) + i;

    private static IEnumerable<PushRows> Blocks(int slice, int[] rows, int[] cuts)
    {
        int[] ends = [.. cuts.Select(c => Math.Min(c, rows.Length)).Append(0).Append(rows.Length).Distinct().Order()];
        for (int block = 0; block + 1 < Math.Max(2, ends.Length); block++)
        {
            int[] part = ends.Length < 2 ? [] : rows[ends[block]..ends[block + 1]];
            // Longer than needed, as rented arrays are; another table's rows stand before it.
            float[] values = new float[part.Length * Dimension + 5];
            for (int i = 0; i < part.Length * Dimension; i++)
                values[i] = Gradient(slice, part[i / Dimension], i % Dimension);
            yield return new PushRows("w", 1, slice, block, Math.Max(1, ends.Length - 1), [new RowGradients(0, [0], [99]), new RowGradients(1, part, values)]);
        }
    }
}
