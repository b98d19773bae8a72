using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace DistEmbed.Protocol.Checkpoints;

/// <summary>
/// The bytes of a shard file, little-endian throughout:
/// <code>
/// magic         8 bytes  "DEMBROWS"
/// version       uint32   1
/// header length uint32   n
/// header        n bytes  ShardFileHeader as UTF-8 JSON
/// checksum      uint32   CRC-32C of everything above
/// then, for each table of the header in order, blocks of as many rows as fit into 1 MiB (one at least; the table's last block may hold fewer):
///   rows                 each: row int32, last step int32, Dimension float32 values, StateSize float32 state
///   checksum    uint32   CRC-32C of the block's rows
/// </code>
/// The header decides the size of everything behind it, so a file that was cut or grew is known before its first row is read.
/// </summary>
internal static class ShardFileFormat
{
    public const int Version = 1;
    public const int PreludeBytes = 16;
    public const int ChecksumBytes = 4;
    private const int BlockBytes = 1 << 20;
    private const int RowHeadBytes = 8;

    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    public static ReadOnlySpan<byte> Magic => "DEMBROWS"u8;

    public static int RowBytes(ShardFileTable table) => RowHeadBytes + (sizeof(float) * (table.Dimension + table.StateSize));

    public static int RowsPerBlock(ShardFileTable table) => Math.Max(1, BlockBytes / RowBytes(table));

    /// <summary>Bytes of a table's largest block, checksum included.</summary>
    public static int LargestBlock(ShardFileTable table) => (Math.Min(RowsPerBlock(table), table.Rows) * RowBytes(table)) + ChecksumBytes;

    public static long TotalBytes(ShardFileHeader header, int headBytes)
    {
        long total = headBytes;
        foreach (ShardFileTable table in header.Tables)
        {
            long blocks = (table.Rows + (long)RowsPerBlock(table) - 1) / RowsPerBlock(table);
            total += ((long)table.Rows * RowBytes(table)) + (blocks * ChecksumBytes);
        }

        return total;
    }

    /// <summary>Everything before the first block.</summary>
    public static byte[] EncodeHead(ShardFileHeader header)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(header, s_json);
        var head = new byte[PreludeBytes + json.Length + ChecksumBytes];
        Magic.CopyTo(head);
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(8), Version);
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(12), json.Length);
        json.CopyTo(head, PreludeBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(PreludeBytes + json.Length), Crc32C.Of(head.AsSpan(0, PreludeBytes + json.Length)));
        return head;
    }

    public static ShardFileHeader DecodeHeader(ReadOnlySpan<byte> json) => JsonSerializer.Deserialize<ShardFileHeader>(json, s_json)!;

    /// <summary>What makes a header impossible, or null.</summary>
    public static string? Problem(ShardFileHeader header)
    {
        if (header.Step < 0 || header.Shards < 1 || header.Shard < 0 || header.Shard >= header.Shards)
            return $"step {header.Step}, shard {header.Shard} of {header.Shards}";
        foreach (ShardFileTable table in header.Tables)
        {
            if (table.Dimension < 1 || table.StateSize < 0 || table.Rows < 0 || (long)table.Dimension + table.StateSize > 1 << 28)
                return $"table '{table.Name}': dimension {table.Dimension}, state size {table.StateSize}, rows {table.Rows}";
        }

        return null;
    }

    public static void WriteFloats(ReadOnlySpan<float> source, Span<byte> target)
    {
        if (BitConverter.IsLittleEndian)
        {
            MemoryMarshal.AsBytes(source).CopyTo(target);
            return;
        }

        for (int i = 0; i < source.Length; i++)
            BinaryPrimitives.WriteSingleLittleEndian(target[(i * sizeof(float))..], source[i]);
    }

    /// <summary>Turns little-endian floats into this machine's, in place where that is the same.</summary>
    public static ReadOnlySpan<float> ReadFloats(Span<byte> source)
    {
        Span<float> floats = MemoryMarshal.Cast<byte, float>(source);
        if (!BitConverter.IsLittleEndian)
            BinaryPrimitives.ReverseEndianness(MemoryMarshal.Cast<float, int>(floats), MemoryMarshal.Cast<float, int>(floats));
        return floats;
    }
}
