using System.Buffers.Binary;
using DistEmbed.Protocol.Files;
using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Protocol.Artifacts;

/// <summary>
/// The file of row classes, which a run keeps and its nodes fetch; little-endian throughout:
/// <code>
/// magic         8 bytes  "DEMBCLAS"
/// version       int32    1
/// classes       int32    n, 1 to 65,536
/// rows          int32
/// class, n times         uint64, the selectors that it meets, a bit each; the first meets none
/// row                    uint16 each, its class
/// </code>
/// The head decides the length of the file. There is no checksum: whoever has the file knows its SHA-256.
/// </summary>
public static class RowClassesFile
{
    private const int Version = 1;
    private const int HeadBytes = 20;

    private static ReadOnlySpan<byte> Magic => "DEMBCLAS"u8;

    /// <summary>The bytes of the file.</summary>
    public static byte[] Bytes(RowClasses classes)
    {
        int bodyAt = HeadBytes + (classes.Count * sizeof(ulong));
        var bytes = new byte[bodyAt + (classes.Rows * sizeof(ushort))];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), Version);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(12), classes.Count);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(16), classes.Rows);
        for (int c = 0; c < classes.Count; c++)
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(HeadBytes + (c * sizeof(ulong))), classes.SelectorsOf(c));
        for (int row = 0; row < classes.Rows; row++)
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(bodyAt + (row * sizeof(ushort))), (ushort)classes.Of(row));
        return bytes;
    }

    /// <summary>Writes the file; it appears whole or not at all.</summary>
    /// <exception cref="IOException">The disk is full or refuses.</exception>
    public static void Write(string path, RowClasses classes) => AtomicFile.WriteAllBytes(path, Bytes(classes));

    /// <summary>Reads a file.</summary>
    /// <exception cref="ArtifactDamagedException">It is no such file.</exception>
    /// <exception cref="IOException">It is missing or cannot be read.</exception>
    public static RowClasses Read(string path) => Read(File.ReadAllBytes(path), path);

    /// <summary>Reads the bytes of a file.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="path">What errors call them.</param>
    /// <exception cref="ArtifactDamagedException">They are no such file.</exception>
    public static RowClasses Read(ReadOnlySpan<byte> bytes, string path)
    {
        if (bytes.Length < HeadBytes || !bytes[..8].SequenceEqual(Magic))
            throw new ArtifactDamagedException(path, "not a file of row classes: it does not start with DEMBCLAS.");
        int version = BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]), count = BinaryPrimitives.ReadInt32LittleEndian(bytes[12..]), rows = BinaryPrimitives.ReadInt32LittleEndian(bytes[16..]);
        if (version != Version)
            throw new ArtifactDamagedException(path, $"format version {version}, but this program reads version {Version}.");
        if (count is < 1 or > RowClasses.MostClasses || rows < 0)
            throw new ArtifactDamagedException(path, $"{count} classes of {rows} rows.");
        long bodyAt = HeadBytes + ((long)count * sizeof(ulong)), expected = bodyAt + ((long)rows * sizeof(ushort));
        if (bytes.Length != expected)
            throw new ArtifactDamagedException(path, $"{bytes.Length} bytes, expected {expected}.");
        var selectors = new ulong[count];
        for (int c = 0; c < count; c++)
            selectors[c] = BinaryPrimitives.ReadUInt64LittleEndian(bytes[(HeadBytes + (c * sizeof(ulong)))..]);
        var ofRows = new ushort[rows];
        for (int row = 0; row < rows; row++)
            ofRows[row] = BinaryPrimitives.ReadUInt16LittleEndian(bytes[((int)bodyAt + (row * sizeof(ushort)))..]);
        try
        {
            return new RowClasses(selectors, ofRows);
        }
        catch (ArgumentException senseless)
        {
            throw new ArtifactDamagedException(path, senseless.Message, senseless);
        }
    }
}
