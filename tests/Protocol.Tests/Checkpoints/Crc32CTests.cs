using CsCheck;
using DistEmbed.Protocol.Checkpoints;

namespace DistEmbed.Protocol.Tests.Checkpoints;

public class Crc32CTests
{
    [Fact]
    public void Known_vectors_of_rfc_3720()
    {
        Assert.Equal(0xE3069283u, Crc32C.Of("123456789"u8));
        Assert.Equal(0x8A9136AAu, Crc32C.Of(new byte[32]));
        Assert.Equal(0x46DD794Eu, Crc32C.Of([.. Enumerable.Range(0, 32).Select(i => (byte)i)]));
    }

    [Fact]
    public void A_flipped_bit_is_found_where_it_is() =>
        (from bytes in Gen.Byte.Array[1, 300]
         from bit in Gen.Int[0, (8 * bytes.Length) - 1]
         select (bytes, bit)).Sample((bytes, bit) =>
         {
             uint expected = Crc32C.Of(bytes);
             byte[] damaged = [.. bytes];
             damaged[bit / 8] ^= (byte)(1 << (bit % 8));
             Assert.Equal(bit, Crc32C.FlippedBit(bytes.Length, expected, Crc32C.Of(damaged)));
         });

    [Fact]
    public void Two_flipped_bits_are_not_taken_for_one()
    {
        byte[] bytes = new byte[64];
        uint expected = Crc32C.Of(bytes);
        bytes[5] = 1;
        bytes[50] = 16;
        Assert.Null(Crc32C.FlippedBit(bytes.Length, expected, Crc32C.Of(bytes)));
    }
}
