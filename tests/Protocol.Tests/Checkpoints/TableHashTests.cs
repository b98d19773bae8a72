using System.Security.Cryptography;
using DistEmbed.Protocol.Checkpoints;

namespace DistEmbed.Protocol.Tests.Checkpoints;

public class TableHashTests
{
    private static readonly Dictionary<int, byte[]> Slots = new() { [0] = Digest(1), [7] = Digest(2), [300] = Digest(3), [1023] = Digest(4) };

    [Fact]
    public void A_hash_does_not_depend_on_how_slots_lie_on_shards()
    {
        string whole = Of(Slots);
        Assert.Equal(whole, Of(Only(0, 7), Only(300, 1023)));
        Assert.Equal(whole, Of(Only(1023), Only(), Only(7), Only(300, 0)));
    }

    [Fact]
    public void A_hash_depends_on_every_slot_and_digest()
    {
        Dictionary<int, byte[]> swapped = new(Slots) { [0] = Slots[7], [7] = Slots[0] }, moved = new(Slots) { [8] = Slots[7] };
        moved.Remove(7);
        string[] hashes = [Of(Slots), Of(Only(0, 7, 300)), Of(swapped), Of(moved), Of(Only())];
        Assert.Equal(hashes.Length, hashes.Distinct().Count());
    }

    [Fact]
    public void The_hash_of_a_table_is_golden() =>
        Assert.Equal(
            Convert.ToHexStringLower(SHA256.HashData([0, 0, 0, 0, .. Digest(1), 7, 0, 0, 0, .. Digest(2), 0x2c, 1, 0, 0, .. Digest(3), 0xff, 3, 0, 0, .. Digest(4)])),
            Of(Slots));

    [Fact]
    public void The_hash_of_a_run_names_its_tables_in_ordinal_order()
    {
        string expected = Convert.ToHexStringLower(SHA256.HashData("B 02\na 01\n"u8));
        Assert.Equal(expected, TableHash.Of(new Dictionary<string, string> { ["a"] = "01", ["B"] = "02" }));
        Assert.Equal(expected, TableHash.Of(new Dictionary<string, string> { ["B"] = "02", ["a"] = "01" }));
    }

    private static byte[] Digest(int number) => SHA256.HashData([(byte)number]);

    private static Dictionary<int, byte[]> Only(params int[] slots) => slots.ToDictionary(s => s, s => Slots[s]);

    private static string Of(params IReadOnlyDictionary<int, byte[]>[] shards) => TableHash.Of(["table"], [.. shards.Select(s => new[] { s })])["table"];
}
