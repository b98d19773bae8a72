using System.Security.Cryptography;
using DistEmbed.ParameterServer.Storage;
using DistEmbed.Protocol.Sharding;

namespace DistEmbed.ParameterServer.Tests.Storage;

public class SlotDigestsTests
{
    [Fact]
    public void A_digest_is_over_the_rows_of_its_slot_little_endian()
    {
        int[] sameSlot = [.. Enumerable.Range(1, 10_000).Where(row => Slots.Of(row) == Slots.Of(1)).Take(2)];
        using var digests = new SlotDigests();
        digests.Add(sameSlot[0], 3, [1f], [-0f]);
        digests.Add(2, 0, [2f], []);
        digests.Add(sameSlot[1], 4, [float.Epsilon], [1f]);
        IReadOnlyDictionary<int, byte[]> complete = digests.Complete();
        Assert.Equal(new[] { Slots.Of(1), Slots.Of(2) }.Order(), complete.Keys.Order());
        byte[] expected =
        [
            1, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0x80, 0x3f, 0, 0, 0, 0x80,
            (byte)sameSlot[1], (byte)(sameSlot[1] >> 8), 0, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0x80, 0x3f,
        ];
        Assert.Equal(SHA256.HashData(expected), complete[Slots.Of(1)]);
        Assert.Equal(SHA256.HashData([2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x40]), complete[Slots.Of(2)]);
    }
}
