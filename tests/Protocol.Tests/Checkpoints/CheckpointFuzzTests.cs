using System.Buffers.Binary;
using System.Text;
using DistEmbed.Protocol.Checkpoints;
using DistEmbed.Testing;
using DistEmbed.Testing.Fuzzing;

namespace DistEmbed.Protocol.Tests.Checkpoints;

/// <summary>Files that another node sent or left behind.</summary>
public sealed class CheckpointFuzzTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Mutated_shard_files_are_refused_and_cost_little()
    {
        byte[][] good = [Shard(new("embedding", 2, 1, 2), new("empty", 3, 0, 0)), Shard(), Shard(new("a", 1, 0, 1), new("b", 4, 4, 3))];
        FuzzCount count = Fuzz.Run<CheckpointDamagedException>(good, bytes =>
        {
            using ShardFileReader reader = ShardFileReader.Open(new MemoryStream(bytes), "shard");
            reader.ReadTables((_, _, _, _, _) => { });
        }, WithChecksums);
        count.ExpectShares(taken: 0.001);
    }

    [Fact]
    public void Mutated_manifests_are_refused_and_cost_little()
    {
        byte[][] good = [Manifest(5), Manifest(0)];
        FuzzCount count = Fuzz.Run<CheckpointDamagedException>(good, bytes => CheckpointManifest.Read(bytes, "manifest"), WithChecksum);
        count.ExpectShares(taken: 0.001);
    }

    private byte[] Shard(params ShardFileTable[] tables)
    {
        string path = _folder.In("shard");
        using (ShardFileWriter writer = ShardFileWriter.Create(path, new("f00d", 7, 1, 2, tables)))
        {
            foreach (ShardFileTable table in tables)
            {
                writer.BeginTable(table.Name);
                for (int row = 0; row < table.Rows; row++)
                    writer.WriteRow(row, 7, new float[table.Dimension], new float[table.StateSize]);
            }

            writer.Complete();
        }

        return File.ReadAllBytes(path);
    }

    private byte[] Manifest(int step)
    {
        string path = _folder.In("manifest");
        Manifests.Of(step, [new("shard-0-of-1.rows", 12, "ab")]).Write(path);
        return File.ReadAllBytes(path);
    }

    /// <summary>The length and the checksum of the head, so that the header is looked at.</summary>
    private static byte[] WithChecksums(byte[] bytes)
    {
        int at = bytes.AsSpan().IndexOf("]}"u8) + 2;
        if (at < 18 || at + 4 > bytes.Length)
            return bytes;
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(12), at - 16);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(at), Crc32C.Of(bytes.AsSpan(0, at)));
        return bytes;
    }

    private static byte[] WithChecksum(byte[] bytes)
    {
        byte[] end = "\"checksum\": \"00000000\"\n}"u8.ToArray();
        if (bytes.Length < end.Length)
            return bytes;
        end.CopyTo(bytes.AsSpan(bytes.Length - end.Length));
        Encoding.ASCII.GetBytes(Crc32C.Of(bytes).ToString("x8"), bytes.AsSpan(bytes.Length - 11));
        return bytes;
    }
}
