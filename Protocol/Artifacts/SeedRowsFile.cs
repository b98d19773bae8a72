using System.Buffers.Binary;
using DistEmbed.Protocol.Files;
using DistEmbed.Protocol.Messages;

namespace DistEmbed.Protocol.Artifacts;

/// <summary>
/// The file of rows that start with a given value (pretrained vectors), for all shards; little-endian throughout:
/// <code>
/// magic         8 bytes  "DEMBSEED"
/// version       int32    1
/// parts         int32    n, at most 65,536
/// part, n times          table int32, Dimension int32, Rows int32
/// then, for each part in order, blocks of as many rows as fit into 1 MiB (one at least; the part's last block may hold fewer):
///   row ids              int32 each, rising through the part
///   values               Dimension float32 for each row of the block
/// </code>
/// The head decides the length of the file. There is no checksum: the file's name is its SHA-256, which is checked before it is read.
/// </summary>
public static class SeedRowsFile
{
    private const int Version = 1;
    private const int HeadBytes = 16;
    private const int PartBytes = 12;
    private const int MostParts = 1 << 16;
    private const int LargestDimension = 1 << 20;
    private const int BlockBytes = 1 << 20;

    private static ReadOnlySpan<byte> Magic => "DEMBSEED"u8;

    /// <summary>Writes rows; the file appears whole or not at all.</summary>
    /// <param name="path">Where it will be; the folder exists.</param>
    /// <param name="parts">Rows of tables, each part with row ids that rise. A part without rows is left out.</param>
    /// <exception cref="IOException">The disk is full or refuses.</exception>
    public static void Write(string path, IReadOnlyList<AssignRows> parts)
    {
        AssignRows[] filled = [.. parts.Where(p => p.Rows.Length > 0)];
        if (filled.Length > MostParts)
            throw new ArgumentException($"{filled.Length} parts, at most {MostParts}", nameof(parts));
        var head = new byte[HeadBytes + (filled.Length * PartBytes)];
        Magic.CopyTo(head);
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(8), Version);
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(12), filled.Length);
        for (int i = 0; i < filled.Length; i++)
        {
            AssignRows part = filled[i];
            if (part.Values.Length % part.Rows.Length != 0 || part.Values.Length == 0 || part.Table < 0)
                throw new ArgumentException($"table {part.Table}: {part.Values.Length} values for {part.Rows.Length} rows", nameof(parts));
            Span<byte> place = head.AsSpan(HeadBytes + (i * PartBytes), PartBytes);
            BinaryPrimitives.WriteInt32LittleEndian(place, part.Table);
            BinaryPrimitives.WriteInt32LittleEndian(place[4..], part.Values.Length / part.Rows.Length);
            BinaryPrimitives.WriteInt32LittleEndian(place[8..], part.Rows.Length);
        }

        AtomicFile.Write(path, stream =>
        {
            stream.Write(head);
            foreach (AssignRows part in filled)
                WriteRows(stream, part);
        });
    }

    /// <summary>Reads the rows block after block, holding one block.</summary>
    /// <param name="path">The file.</param>
    /// <param name="take">Gets each block; the row ids rise through a part. The arrays are its own to keep.</param>
    /// <param name="stop">Ends the reading.</param>
    /// <exception cref="ArtifactDamagedException">It is no such file. Blocks before the damage were handed out.</exception>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    public static void Read(string path, Action<AssignRows> take, CancellationToken stop = default)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1 << 16, FileOptions.SequentialScan);
        Read(stream, path, take, stop);
    }

    /// <summary>Reads the rows of a stream that knows its length, as <see cref="Read(string, Action{AssignRows}, CancellationToken)"/> does those of a file.</summary>
    /// <param name="stream">The bytes.</param>
    /// <param name="path">What errors call them.</param>
    /// <param name="take">Gets each block.</param>
    /// <param name="stop">Ends the reading.</param>
    /// <exception cref="ArtifactDamagedException">It is no such file. Blocks before the damage were handed out.</exception>
    public static void Read(Stream stream, string path, Action<AssignRows> take, CancellationToken stop = default)
    {
        try
        {
            foreach ((int table, int dimension, int rows) in ReadHead(stream, path))
                ReadRows(stream, path, table, dimension, rows, take, stop);
        }
        catch (EndOfStreamException cut)
        {
            throw new ArtifactDamagedException(path, "it was cut while it was read.", cut);
        }
    }

    private static void WriteRows(Stream stream, AssignRows part)
    {
        int dimension = part.Values.Length / part.Rows.Length, perBlock = RowsPerBlock(dimension), previous = -1;
        foreach (int row in part.Rows)
        {
            if (row <= previous)
                throw new ArgumentException($"table {part.Table}: row {row} after row {previous}");
            previous = row;
        }

        for (int start = 0; start < part.Rows.Length; start += perBlock)
        {
            int count = Math.Min(perBlock, part.Rows.Length - start);
            LittleEndian.Write<int>(stream, part.Rows.AsSpan(start, count));
            LittleEndian.Write<float>(stream, part.Values.AsSpan(start * dimension, count * dimension));
        }
    }

    private static List<(int Table, int Dimension, int Rows)> ReadHead(Stream stream, string path)
    {
        var head = new byte[HeadBytes];
        if (stream.ReadAtLeast(head, HeadBytes, throwOnEndOfStream: false) < HeadBytes || !head.AsSpan(0, 8).SequenceEqual(Magic))
            throw new ArtifactDamagedException(path, "not a file of first rows: it does not start with DEMBSEED.");
        int version = BinaryPrimitives.ReadInt32LittleEndian(head.AsSpan(8)), count = BinaryPrimitives.ReadInt32LittleEndian(head.AsSpan(12));
        if (version != Version)
            throw new ArtifactDamagedException(path, $"format version {version}, but this program reads version {Version}.");
        if (count is < 0 or > MostParts)
            throw new ArtifactDamagedException(path, $"{count} parts.");

        var parts = new List<(int, int, int)>();
        long expected = HeadBytes + ((long)count * PartBytes);
        Span<byte> part = stackalloc byte[PartBytes];
        for (int i = 0; i < count; i++)
        {
            stream.ReadExactly(part);
            int table = BinaryPrimitives.ReadInt32LittleEndian(part);
            int dimension = BinaryPrimitives.ReadInt32LittleEndian(part[4..]), rows = BinaryPrimitives.ReadInt32LittleEndian(part[8..]);
            if (table < 0 || dimension is < 1 or > LargestDimension || rows < 1)
                throw new ArtifactDamagedException(path, $"{rows} rows of {dimension} numbers for table {table}.");
            expected += (long)rows * (1 + dimension) * sizeof(float);
            parts.Add((table, dimension, rows));
        }

        return stream.Length == expected ? parts : throw new ArtifactDamagedException(path, $"{stream.Length} bytes, expected {expected}.");
    }

    private static void ReadRows(Stream stream, string path, int table, int dimension, int rows, Action<AssignRows> take, CancellationToken stop)
    {
        int perBlock = RowsPerBlock(dimension), previous = -1;
        for (int done = 0; done < rows;)
        {
            stop.ThrowIfCancellationRequested();
            var ids = new int[Math.Min(perBlock, rows - done)];
            var values = new float[ids.Length * dimension];
            LittleEndian.Read<int>(stream, ids);
            LittleEndian.Read<float>(stream, values);
            foreach (int id in ids)
            {
                if (id <= previous)
                    throw new ArtifactDamagedException(path, $"table {table}: row {id} after row {previous}.");
                previous = id;
            }

            take(new AssignRows(table, ids, values));
            done += ids.Length;
        }
    }

    private static int RowsPerBlock(int dimension) => Math.Max(1, BlockBytes / ((1 + dimension) * sizeof(float)));
}
