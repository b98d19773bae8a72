using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace DistEmbed.Worker.Corpus.Cooccurrence;

/// <summary>
/// Blocks that are not kept in memory: a temporary file of this process. Where the system allows it the file loses its name at once and goes with the process, however that ends;
/// elsewhere it is removed when it is closed. Thread-safe; in the machine's byte order, since nobody else reads it.
/// </summary>
public sealed class CellFile : IDisposable
{
    private readonly Lock _gate = new();
    private readonly string _folder;
    private readonly SafeFileHandle _file;
    private long _length;

    /// <summary>Creates the file.</summary>
    /// <exception cref="IOException">The folder refuses.</exception>
    public CellFile(string folder)
        : this(folder, Create(folder))
    {
    }

    /// <summary>Takes a file that is open.</summary>
    /// <param name="folder">What errors call it.</param>
    /// <param name="file">The file, which is closed with this.</param>
    public CellFile(string folder, SafeFileHandle file) => (_folder, _file) = (folder, file);

    /// <summary>Writes a block; gives its place.</summary>
    /// <exception cref="IOException">The disk is full or refuses.</exception>
    public StoredBlock Write(CellBlock block)
    {
        long place;
        lock (_gate)
        {
            place = _length;
            _length += block.Bytes;
        }

        try
        {
            long at = place;
            foreach (ReadOnlyMemory<byte> numbers in (ReadOnlySpan<ReadOnlyMemory<byte>>)[Of(block.Words), Of(block.Starts), Of(block.ContextRows), Of(block.Contexts), Of(block.Logarithms), Of(block.Weights)])
            {
                RandomAccess.Write(_file, numbers.Span, at);
                at += numbers.Length;
            }
        }
        catch (IOException refused)
        {
            throw Refused(_folder, string.Create(CultureInfo.InvariantCulture, $"of {(place + block.Bytes) / 1e6:N0} MB cannot be written"), refused);
        }

        return new StoredBlock(place, block.Words.Length, block.ContextRows.Length, block.Cells);
    }

    /// <summary>Reads a block that was written.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    public CellBlock Read(StoredBlock stored)
    {
        var block = new CellBlock(
            new int[stored.Words], new int[stored.Words + 1], new int[stored.Contexts], new int[stored.Cells], new float[stored.Cells], new float[stored.Cells]);
        long at = stored.Place;
        Fill(block.Words);
        Fill(block.Starts);
        Fill(block.ContextRows);
        Fill(block.Contexts);
        Fill(block.Logarithms);
        Fill(block.Weights);
        return block;

        void Fill<T>(T[] numbers)
            where T : unmanaged
        {
            Span<byte> bytes = MemoryMarshal.AsBytes(numbers.AsSpan());
            while (bytes.Length > 0)
            {
                int read = RandomAccess.Read(_file, bytes, at);
                if (read == 0)
                    throw new EndOfStreamException($"{_folder}: the temporary file of cells has been cut.");
                bytes = bytes[read..];
                at += read;
            }
        }
    }

    /// <summary>Closes the file, and it is gone.</summary>
    public void Dispose() => _file.Dispose();

    private static SafeFileHandle Create(string folder)
    {
        string path = Path.Combine(folder, $"distembed-cells-{Guid.NewGuid():N}");
        try
        {
            SafeFileHandle file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, FileOptions.DeleteOnClose | FileOptions.RandomAccess);
            if (!OperatingSystem.IsWindows())
                File.Delete(path);
            return file;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw Refused(folder, "cannot be made", refused);
        }
    }

    private static IOException Refused(string folder, string what, Exception why)
    {
        string reason = string.Join(' ', why.Message.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).TrimEnd('.');
        return new IOException($"{folder}: a temporary file of glove's cells {what}: {reason}. Free the disk, name another folder in TMPDIR, or raise cluster.cellMegabytes.");
    }

    private static byte[] Of<T>(T[] numbers)
        where T : unmanaged => MemoryMarshal.AsBytes(numbers.AsSpan()).ToArray();
}

/// <summary>Where a block lies in a <see cref="CellFile"/>.</summary>
/// <param name="Place">Its first byte.</param>
/// <param name="Words">Number of words.</param>
/// <param name="Contexts">Number of contexts.</param>
/// <param name="Cells">Number of cells.</param>
public sealed record StoredBlock(long Place, int Words, int Contexts, int Cells);
