using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Text.Json;

namespace DistEmbed.Protocol.Checkpoints;

/// <summary>Takes a row of a shard file. The spans are valid during the call only.</summary>
/// <param name="table">The table.</param>
/// <param name="row">Number of the row in its table.</param>
/// <param name="lastStep">The step as of which the row is current.</param>
/// <param name="values">Dimension floats.</param>
/// <param name="state">State size floats.</param>
public delegate void ShardRowVisitor(ShardFileTable table, int row, int lastStep, ReadOnlySpan<float> values, ReadOnlySpan<float> state);

/// <summary>
/// Reads a shard file as a stream of rows through a buffer of one block; where the rows go, on however many shards, is the caller's. A block's checksum is
/// compared before any of its rows is handed out.
/// </summary>
public sealed class ShardFileReader : IDisposable
{
    private readonly Stream _stream;
    private readonly string _path;
    private readonly long _firstBlock;

    private ShardFileReader(Stream stream, string path, ShardFileHeader header, long firstBlock) =>
        (_stream, _path, Header, _firstBlock) = (stream, path, header, firstBlock);

    /// <summary>What the file is about.</summary>
    public ShardFileHeader Header { get; }

    /// <summary>Opens a shard file, checks its header and its size.</summary>
    /// <exception cref="CheckpointDamagedException">The file is missing, no shard file, of another version, cut, or its header has changed.</exception>
    public static ShardFileReader Open(string path)
    {
        FileStream stream;
        try
        {
            stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0, FileOptions.SequentialScan);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CheckpointDamagedException(path, "the file is missing.", e);
        }

        return Open(stream, path);
    }

    /// <summary>Opens a shard file that is a stream; it may seek.</summary>
    /// <param name="stream">The bytes; disposed with the reader, and where this fails.</param>
    /// <param name="path">What errors call them.</param>
    /// <exception cref="CheckpointDamagedException">They are no shard file, of another version, cut, or the header has changed.</exception>
    public static ShardFileReader Open(Stream stream, string path)
    {
        try
        {
            (ShardFileHeader header, int headBytes) = ReadHead(stream, path);
            return new ShardFileReader(stream, path, header, headBytes);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Hands every row of every table to <paramref name="visitor"/>, in the order of the file.</summary>
    /// <exception cref="CheckpointDamagedException">A block does not match its checksum: names the table and the bytes. Blocks before it were handed out.</exception>
    public void ReadTables(ShardRowVisitor visitor)
    {
        _stream.Position = _firstBlock;
        var buffer = new byte[Header.Tables.Select(ShardFileFormat.LargestBlock).DefaultIfEmpty(0).Max()];
        foreach (ShardFileTable table in Header.Tables)
        {
            int rowBytes = ShardFileFormat.RowBytes(table), stateAt = 8 + (sizeof(float) * table.Dimension);
            for (int done = 0; done < table.Rows;)
            {
                int rows = Math.Min(ShardFileFormat.RowsPerBlock(table), table.Rows - done);
                Span<byte> block = buffer.AsSpan(0, rows * rowBytes);
                ReadBlock(table, buffer.AsSpan(0, block.Length + ShardFileFormat.ChecksumBytes));
                for (int i = 0; i < rows; i++)
                {
                    Span<byte> one = block.Slice(i * rowBytes, rowBytes);
                    visitor(
                        table,
                        BinaryPrimitives.ReadInt32LittleEndian(one),
                        BinaryPrimitives.ReadInt32LittleEndian(one[4..]),
                        ShardFileFormat.ReadFloats(one[8..stateAt]),
                        ShardFileFormat.ReadFloats(one[stateAt..]));
                }

                done += rows;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();

    private static (ShardFileHeader Header, int Bytes) ReadHead(Stream stream, string path)
    {
        long size = stream.Length;
        var prelude = new byte[ShardFileFormat.PreludeBytes];
        int found = stream.ReadAtLeast(prelude, prelude.Length, throwOnEndOfStream: false);
        int comparable = Math.Min(found, ShardFileFormat.Magic.Length);
        if (!prelude.AsSpan(0, comparable).SequenceEqual(ShardFileFormat.Magic[..comparable]))
            throw new CheckpointDamagedException(path, "not a shard file: it does not start with DEMBROWS.");
        const int SmallestHead = ShardFileFormat.PreludeBytes + ShardFileFormat.ChecksumBytes;
        if (size < SmallestHead)
            throw Truncated(path, $"at least {SmallestHead}", size);
        uint version = BinaryPrimitives.ReadUInt32LittleEndian(prelude.AsSpan(8));
        if (version != ShardFileFormat.Version)
            throw new CheckpointDamagedException(path, $"format version {version}, but this program reads version {ShardFileFormat.Version}: read it with the release that wrote it.");

        uint length = BinaryPrimitives.ReadUInt32LittleEndian(prelude.AsSpan(12));
        if (length > size - SmallestHead || length > Array.MaxLength - SmallestHead)
            throw Truncated(path, $"at least {SmallestHead + (long)length}", size);
        var head = new byte[SmallestHead + (int)length];
        prelude.CopyTo(head, 0);
        ReadFully(stream, path, head.AsSpan(prelude.Length));
        uint stored = BinaryPrimitives.ReadUInt32LittleEndian(head.AsSpan(head.Length - ShardFileFormat.ChecksumBytes));
        uint computed = Crc32C.Of(head.AsSpan(0, head.Length - ShardFileFormat.ChecksumBytes));
        if (stored != computed)
            throw new CheckpointDamagedException(path, "the header: " + Difference(0, head.Length - ShardFileFormat.ChecksumBytes, stored, computed));

        ShardFileHeader header;
        try
        {
            header = ShardFileFormat.DecodeHeader(head.AsSpan(ShardFileFormat.PreludeBytes, (int)length));
        }
        catch (JsonException e)
        {
            throw new CheckpointDamagedException(path, $"the header does not read: {e.Message}", e);
        }

        if (ShardFileFormat.Problem(header) is { } problem)
            throw new CheckpointDamagedException(path, $"the header makes no sense: {problem}.");
        long expected = ShardFileFormat.TotalBytes(header, head.Length);
        if (size < expected)
            throw Truncated(path, Number(expected), size);
        if (size > expected)
            throw new CheckpointDamagedException(path, $"{Number(size - expected)} bytes too many: expected {Number(expected)} bytes, found {Number(size)}.");
        return (header, head.Length);
    }

    private static CheckpointDamagedException Truncated(string path, string expected, long found) =>
        new(path, $"truncated: expected {expected} bytes, found {Number(found)}.");

    private static void ReadFully(Stream stream, string path, Span<byte> target)
    {
        long wanted = stream.Position + target.Length;
        if (stream.ReadAtLeast(target, target.Length, throwOnEndOfStream: false) < target.Length)
            throw Truncated(path, $"at least {Number(wanted)}", stream.Length);
    }

    private static string Difference(long offset, int length, uint stored, uint computed)
    {
        string where = $"the checksummed bytes {Number(offset)} to {Number(offset + length - 1)}";
        if (BitOperations.PopCount(stored ^ computed) == 1)
            return $"1 bit differs, in the checksum at byte {Number(offset + length)} of {where}.";
        return Crc32C.FlippedBit(length, stored, computed) is { } bit
            ? $"1 bit differs: bit {bit % 8} of byte {Number(offset + (bit / 8))}, in {where}."
            : $"several bits differ in {where}: CRC-32C {computed:x8}, expected {stored:x8}.";
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private void ReadBlock(ShardFileTable table, Span<byte> blockAndChecksum)
    {
        long offset = _stream.Position;
        ReadFully(_stream, _path, blockAndChecksum);
        int length = blockAndChecksum.Length - ShardFileFormat.ChecksumBytes;
        uint stored = BinaryPrimitives.ReadUInt32LittleEndian(blockAndChecksum[length..]), computed = Crc32C.Of(blockAndChecksum[..length]);
        if (stored != computed)
            throw new CheckpointDamagedException(_path, $"table '{table.Name}': " + Difference(offset, length, stored, computed));
    }
}
