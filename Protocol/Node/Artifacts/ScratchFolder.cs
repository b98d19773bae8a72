namespace DistEmbed.Protocol.Node.Artifacts;

/// <summary>
/// A folder for what a process needs for a while; it goes with the process. Processes may share the folder around it: each removes what dead ones left there.
/// </summary>
public sealed class ScratchFolder : IDisposable
{
    private const string LockName = "in-use";

    private readonly string _path;
    private readonly FileStream _inUse;

    /// <summary>Makes the folder.</summary>
    /// <param name="around">The folder around it, of this use only; made if need be.</param>
    /// <exception cref="IOException">The disk refuses.</exception>
    public ScratchFolder(string around)
    {
        Directory.CreateDirectory(around);
        foreach (string other in Directory.EnumerateDirectories(around))
            RemoveIfDead(other);
        _path = Directory.CreateDirectory(Path.Combine(around, Guid.NewGuid().ToString("n"))).FullName;
        _inUse = new FileStream(Path.Combine(_path, LockName), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
    }

    /// <summary>A new empty folder in it.</summary>
    public string Make() => Directory.CreateDirectory(Path.Combine(_path, Guid.NewGuid().ToString("n"))).FullName;

    /// <summary>Removes the folder with all that is in it.</summary>
    public void Dispose()
    {
        _inUse.Dispose();
        if (Directory.Exists(_path))
            Directory.Delete(_path, recursive: true);
    }

    private static void RemoveIfDead(string folder)
    {
        try
        {
            // A living process has the file locked; one between its folder and its file has none yet.
            new FileStream(Path.Combine(folder, LockName), FileMode.Open, FileAccess.ReadWrite, FileShare.None).Dispose();
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception inUse) when (inUse is IOException or UnauthorizedAccessException)
        {
            // It lives, or another process is removing the same: the next one will see.
        }
    }
}
