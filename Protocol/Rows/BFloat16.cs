using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace DistEmbed.Protocol.Rows;

/// <summary>
/// Numbers of 16 bits: the upper half of a float, with its exponent and 7 bits of its fraction. Whoever sends rows in <see cref="Messages.RowFormat.Half"/> rounds
/// them to such numbers first; writing the upper halves then loses nothing.
/// </summary>
public static class BFloat16
{
    /// <summary>Bytes of a number.</summary>
    public const int Size = sizeof(ushort);

    private const uint LowerHalf = 0xFFFF;
    private const uint Quiet = 0x0040_0000;

    /// <summary>Rounds every number to the nearest of 16 bits, ties to even. What lies beyond the largest becomes infinite, NaN stays NaN.</summary>
    public static void Round(Span<float> values)
    {
        Span<uint> bits = MemoryMarshal.Cast<float, uint>(values);
        int i = 0;
        for (; i <= bits.Length - Vector256<uint>.Count; i += Vector256<uint>.Count)
        {
            Vector256<uint> exact = Vector256.Create<uint>(bits[i..]);
            Vector256<uint> odd = (exact >>> 16) & Vector256<uint>.One;
            Vector256<uint> rounded = exact + Vector256.Create(LowerHalf >> 1) + odd;
            Vector256<float> number = exact.AsSingle();
            Vector256<uint> kept = Vector256.ConditionalSelect(Vector256.Equals(number, number).AsUInt32(), rounded, exact | Vector256.Create(Quiet));
            (kept & Vector256.Create(~LowerHalf)).CopyTo(bits[i..]);
        }

        for (; i < bits.Length; i++)
            values[i] = Round(values[i]);
    }

    private static float Round(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        // A NaN whose fraction is in the lower half would turn into infinity.
        bits = float.IsNaN(value) ? bits | Quiet : bits + (LowerHalf >> 1) + ((bits >> 16) & 1);
        return BitConverter.UInt32BitsToSingle(bits & ~LowerHalf);
    }
}
