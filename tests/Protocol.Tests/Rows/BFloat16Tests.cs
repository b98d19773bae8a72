using CsCheck;
using DistEmbed.Protocol.Rows;

namespace DistEmbed.Protocol.Tests.Rows;

public class BFloat16Tests
{
    private static readonly Gen<float> Bits = Gen.UInt.Select(BitConverter.UInt32BitsToSingle);

    // Halfway between two numbers of 16 bits, and its neighbours: what random bits would hardly ever hit.
    private static readonly Gen<float> Ties = Gen.Select(Gen.UInt, Gen.Int[-1, 1], (bits, by) => BitConverter.UInt32BitsToSingle((uint)((bits & 0xFFFF0000) + 0x8000 + by)));

    [Fact]
    public void Every_length_is_rounded_as_one_number_is() =>
        Gen.OneOf(Bits, Ties).Array[0, 40].Sample(values =>
        {
            float[] rounded = [.. values];
            BFloat16.Round(rounded);
            for (int i = 0; i < values.Length; i++)
                Assert.Equal(Bit(Reference(values[i])), Bit(rounded[i]));
            float[] again = [.. rounded];
            BFloat16.Round(again);
            Assert.Equal(rounded.Select(Bit), again.Select(Bit));
        });

    [Theory]
    [InlineData(0x3F808000u, 0x3F800000u)] // ties go to the even one
    [InlineData(0x3F818000u, 0x3F820000u)]
    [InlineData(0x3F808001u, 0x3F810000u)]
    [InlineData(0x3F807FFFu, 0x3F800000u)]
    [InlineData(0x80000001u, 0x80000000u)] // the sign of zero stays
    [InlineData(0x7F7FFFFFu, 0x7F800000u)] // beyond the largest: infinity
    [InlineData(0xFF800000u, 0xFF800000u)]
    [InlineData(0x7F800001u, 0x7FC00000u)] // NaN in the lower half
    [InlineData(0xFFFFFFFFu, 0xFFFF0000u)]
    public void Known_numbers(uint bits, uint expected)
    {
        float[] values = new float[9]; // eight go through the vectors, one alone
        Array.Fill(values, BitConverter.UInt32BitsToSingle(bits));
        BFloat16.Round(values);
        Assert.All(values, value => Assert.Equal(expected, Bit(value)));
    }

    private static uint Bit(float value) => BitConverter.SingleToUInt32Bits(value);

    /// <summary>The nearer of the two neighbours, compared as exact doubles.</summary>
    private static float Reference(float value)
    {
        uint bits = Bit(value);
        if (float.IsNaN(value))
            return BitConverter.UInt32BitsToSingle((bits | 0x0040_0000) & 0xFFFF0000);
        uint low = bits & 0xFFFF0000;
        if (low == bits)
            return value;
        uint high = low + 0x10000;
        // The number after the largest stands for infinity: half a step beyond the largest is the border.
        double below = BitConverter.UInt32BitsToSingle(low);
        double above = float.IsInfinity(BitConverter.UInt32BitsToSingle(high)) ? Math.CopySign(Math.Pow(2, 128), below) : BitConverter.UInt32BitsToSingle(high);
        double toLow = Math.Abs(value - below), toHigh = Math.Abs(above - value);
        bool takeHigh = toHigh < toLow || (toHigh == toLow && (high >> 16) % 2 == 0);
        return BitConverter.UInt32BitsToSingle(takeHigh ? high : low);
    }
}
