using System.Security.Cryptography;
using DistEmbed.Protocol.Artifacts;

namespace DistEmbed.Protocol.Node.Artifacts;

/// <summary>
/// Files of the coordinator, kept in a folder under their SHA-256 and checked against it before each use. A file is fetched once, however many ask at the same time.
/// Several processes may share the folder: a file appears whole or not at all, and an open handle keeps it from being dropped by any of them.
/// </summary>
public sealed class ArtifactCache
{
    private const string PartEnding = ".part";

    /// <summary>Wrong bytes from the coordinator are not a passing fault of a connection, but may be one of the machine.</summary>
    private const int MostWrongDownloads = 3;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Held> _held = [];
    private readonly string _directory;
    private readonly FileSource _source;
    private readonly long _mostBytes;
    private readonly Action<string> _tell;

    /// <summary>Opens the cache and makes its folder.</summary>
    /// <param name="directory">The folder.</param>
    /// <param name="source">Where files come from.</param>
    /// <param name="mostBytes">Bytes to keep: beyond them the files that were not used for longest go, except those in use.</param>
    /// <param name="tell">Gets lines for the log.</param>
    public ArtifactCache(string directory, FileSource source, long mostBytes, Action<string> tell)
    {
        _directory = Directory.CreateDirectory(directory).FullName;
        (_source, _mostBytes, _tell) = (source, mostBytes, tell);
    }

    /// <summary>The file of a name, fetched unless it is there, whole and checked. Waits while the coordinator is away.</summary>
    /// <exception cref="FilesRefusedException">The coordinator has no such file, or sends another.</exception>
    /// <exception cref="IOException">The disk is full or refuses.</exception>
    public async Task<ArtifactLease> GetAsync(string name, CancellationToken stop)
    {
        if (!ArtifactName.IsWellFormed(name))
            throw new FilesRefusedException($"'{name}' is no name of a file");
        Held? held;
        lock (_gate)
        {
            if (!_held.TryGetValue(name, out held))
            {
                _held[name] = held = new Held();
                CancellationToken unused = held.Unused.Token;
                held.File = Task.Run(() => OpenAsync(name, unused), CancellationToken.None);
            }

            held.Users++;
        }

        try
        {
            await held.File.WaitAsync(stop).ConfigureAwait(false);
            return new ArtifactLease(PathOf(name), () => Release(name, held));
        }
        catch
        {
            Release(name, held);
            throw;
        }
    }

    private string PathOf(string name) => Path.Combine(_directory, name);

    private void Release(string name, Held held)
    {
        lock (_gate)
        {
            if (--held.Users > 0)
                return;
            _held.Remove(name);
        }

        held.Unused.Cancel();
        held.File.ContinueWith(
            opened =>
            {
                if (opened.IsCompletedSuccessfully)
                    opened.Result.Dispose();
                _ = opened.Exception; // whoever waited has had it
                MakeRoom(0);
            },
            CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    /// <summary>A handle of the checked file, which keeps it there.</summary>
    private async Task<FileStream> OpenAsync(string name, CancellationToken stop)
    {
        for (; ; )
        {
            FileStream? file = TryOpen(PathOf(name));
            if (file is null)
            {
                await FetchAsync(name, stop).ConfigureAwait(false);
                continue;
            }

            try
            {
                bool whole = Convert.ToHexStringLower(await SHA256.HashDataAsync(file, stop).ConfigureAwait(false)) == name;
                if (!whole)
                {
                    _tell($"{PathOf(name)}: damaged, fetched again");
                    File.Delete(PathOf(name));
                }
                else if (File.Exists(PathOf(name))) // dropped by another process before the handle was there, otherwise
                {
                    File.SetLastWriteTimeUtc(PathOf(name), DateTime.UtcNow);
                    return file;
                }
            }
            catch
            {
                await file.DisposeAsync().ConfigureAwait(false);
                throw;
            }

            await file.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static FileStream? TryOpen(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0, FileOptions.Asynchronous | FileOptions.SequentialScan);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    private async Task FetchAsync(string name, CancellationToken stop)
    {
        string part = Path.Combine(_directory, $"{name}.{Guid.NewGuid():n}{PartEnding}");
        try
        {
            var stream = new FileStream(part, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, bufferSize: 0, FileOptions.Asynchronous);
            await using (stream.ConfigureAwait(false))
            {
                int wrong = 0;
                while (await new Patience(_tell).TryAsync($"fetching {name}", further => GoOnAsync(name, stream, further, stop), stop).ConfigureAwait(false) != name)
                {
                    if (++wrong == MostWrongDownloads)
                        throw new FilesRefusedException($"the coordinator sent {wrong} times bytes that are not {name}");
                    _tell($"{name}: other bytes came than were asked for, fetched again");
                    stream.SetLength(0);
                }
            }

            File.Move(part, PathOf(name), overwrite: true);
        }
        finally
        {
            File.Delete(part);
        }
    }

    /// <summary>Goes on where the file ends.</summary>
    /// <returns>The SHA-256 of what is there at the end.</returns>
    private async Task<string> GoOnAsync(string name, FileStream stream, Action further, CancellationToken stop)
    {
        await ArtifactDownload.ReceiveAsync(name, _source(name, stream.Length, stop), stream, MakeRoom, further, stop).ConfigureAwait(false);
        stream.Position = 0;
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, stop).ConfigureAwait(false));
    }

    /// <summary>Drops what is not in use, the longest unused first, until <paramref name="more"/> bytes fit; and parts that a dead process left.</summary>
    private void MakeRoom(long more)
    {
        FileInfo[] files = [.. new DirectoryInfo(_directory).EnumerateFiles()];
        foreach (FileInfo part in files.Where(f => f.Name.EndsWith(PartEnding, StringComparison.Ordinal)))
            TryDrop(part.FullName);
        FileInfo[] whole = [.. files.Where(f => ArtifactName.IsWellFormed(f.Name)).OrderBy(f => f.LastWriteTimeUtc)];
        long total = more + whole.Sum(f => f.Length);
        foreach (FileInfo file in whole)
        {
            if (total <= _mostBytes)
                return;
            if (TryDrop(file.FullName))
                total -= file.Length;
        }
    }

    /// <summary>Removes a file unless somebody, in any process, has it open.</summary>
    private static bool TryDrop(string path)
    {
        try
        {
            // Opens only if nobody else has it open, and takes the name away while that is so.
            new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None, bufferSize: 0, FileOptions.DeleteOnClose).Dispose();
            return true;
        }
        catch (FileNotFoundException)
        {
            return true;
        }
        catch (IOException)
        {
            return false; // in use
        }
    }

    private sealed class Held
    {
        public CancellationTokenSource Unused { get; } = new();

        public Task<FileStream> File { get; set; } = null!;

        public int Users { get; set; }
    }
}
