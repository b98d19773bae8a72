using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace DistEmbed.Protocol.Files;

/// <summary>
/// A file that appears whole or not at all: bytes go to <c>PATH.tmp</c> beside it, are flushed to the disk, and the name changes last. A crash leaves at most
/// the temporary file, which the next write of the same path replaces. A symbolic link stays, and what it leads to is
/// written; what is no regular file (a named
/// pipe, a device) is refused. Errors of the disk are <see cref="IOException"/>s that name the path.
/// </summary>
public sealed partial class AtomicFile : IDisposable
{
    private readonly string _temporary;
    private readonly FileStream _stream;
    private bool _finished;

    private AtomicFile(string path, FileStream stream, string temporary) => (Path, _stream, _temporary) = (path, stream, temporary);

    /// <summary>Where the file will be: behind symbolic links, if there are any.</summary>
    public string Path { get; }

    /// <summary>Takes the bytes. Unbuffered, so that a full disk shows at the write that met it; writers of small pieces put a buffer in front.</summary>
    public Stream Stream => _stream;

    /// <summary>Starts a file, in a directory that exists.</summary>
    /// <param name="path">Where it will be; a file already there is replaced by <see cref="Commit"/>.</param>
    /// <exception cref="IOException">Something is there that is no regular file, or the disk refuses.</exception>
    /// <param name="expectedBytes">Size if known: the space is reserved, so that a full disk shows before the work; 0: unknown.</param>
    public static AtomicFile Create(string path, long expectedBytes = 0)
    {
        if (FileKind.IsSpecial(path))
            throw new IOException($"{path} is no regular file.");
        string full = FileKind.Target(System.IO.Path.GetFullPath(path)), temporary = full + ".tmp";
        var stream = new FileStream(temporary, new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            Share = FileShare.None,
            BufferSize = 0,
            PreallocationSize = expectedBytes,
        });
        return new AtomicFile(full, stream, temporary);
    }

    /// <summary>Writes a whole file of <paramref name="bytes"/>.</summary>
    public static void WriteAllBytes(string path, ReadOnlySpan<byte> bytes)
    {
        using AtomicFile file = Create(path);
        file.Stream.Write(bytes);
        file.Commit();
    }

    /// <summary>Writes what <paramref name="write"/> puts into the stream, buffered; if it throws, a file already there stays as it was.</summary>
    /// <exception cref="InvalidInputException">The folder does not exist.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        try
        {
            using AtomicFile file = Create(path);
            var buffer = new BufferedStream(file.Stream, 1 << 16); // not disposed: the file below closes its stream itself
            write(buffer);
            buffer.Flush();
            file.Commit();
        }
        catch (DirectoryNotFoundException missing)
        {
            throw new InvalidInputException(new InputError(path, "The folder does not exist.", "Create it, or correct the path."), missing);
        }
    }

    /// <summary>
    /// Makes the names in a directory survive a power cut, where the system can do that: on Unix; Windows keeps them in its journal by itself.
    /// </summary>
    public static void FlushDirectory(string path)
    {
        if (OperatingSystem.IsWindows())
            return;
        int descriptor = Open(path, 0);
        if (descriptor < 0)
            throw new IOException($"{path}: the directory cannot be opened.", new Win32Exception(Marshal.GetLastPInvokeError()));
        using var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        RandomAccess.FlushToDisk(handle);
    }

    /// <summary>Flushes to the disk and gives the file its name.</summary>
    public void Commit()
    {
        ObjectDisposedException.ThrowIf(_finished, this);
        _stream.Flush(flushToDisk: true);
        _stream.Dispose();
        File.Move(_temporary, Path, overwrite: true);
        _finished = true;
        FlushDirectory(System.IO.Path.GetDirectoryName(Path)!);
    }

    /// <summary>Removes the temporary file unless <see cref="Commit"/> came first.</summary>
    public void Dispose()
    {
        if (_finished)
            return;
        _finished = true;
        _stream.Dispose();
        File.Delete(_temporary);
    }

    // The runtime refuses to open directories, and its fsync (RandomAccess.FlushToDisk) takes any descriptor.
    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Open(string path, int flags);
}
