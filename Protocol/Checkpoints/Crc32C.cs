using System.Buffers.Binary;
using System.Numerics;

namespace DistEmbed.Protocol.Checkpoints;

/// <summary>
/// CRC-32C (Castagnoli polynomial, reflected, as in RFC 3720 appendix B.4). It sees every error of up to 3 bits in blocks below 2^31 bits, and every burst of
/// up to 32 bits.
/// </summary>
public static class Crc32C
{
    private const uint ReflectedPolynomial = 0x82F63B78;

    /// <summary>The checksum of <paramref name="bytes"/>.</summary>
    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (byte b in bytes)
            crc = BitOperations.Crc32C(crc, b);
        return ~crc;
    }

    /// <summary>The masked form of TFRecord files (TensorFlow, core/lib/hash/crc32c.h), for checksums of data that holds checksums.</summary>
    public static uint Masked(ReadOnlySpan<byte> bytes) => BitOperations.RotateRight(Of(bytes), 15) + 0xA282EAD8u;

    /// <summary>
    /// Which single bit of a block, if it is one, makes the checksum that was found out of the one that was expected: bit number <c>8 * byte + bit</c>, lowest bit of a
    /// byte first. Null if no single bit of the block does.
    /// </summary>
    /// <remarks>
    /// The checksum is linear: the difference of the two belongs to the error alone, and a lone bit with t bits from it to the end leaves x^t modulo the
    /// polynomial. Powers are distinct below 2^31 - 1, so the answer is unique.
    /// </remarks>
    /// <param name="length">Bytes of the block.</param>
    /// <param name="expected">Checksum of the block as it was written.</param>
    /// <param name="found">Checksum of the block as it is.</param>
    public static long? FlippedBit(int length, uint expected, uint found)
    {
        uint difference = expected ^ found, power = 1;
        long bits = 8L * length;
        for (long distance = 1; distance <= bits; distance++)
        {
            power = (power >> 1) ^ ((power & 1) * ReflectedPolynomial);
            if (power == difference)
                return bits - distance;
        }

        return null;
    }
}
