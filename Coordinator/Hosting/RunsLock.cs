using System.Text.Json;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Files;
using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Coordinator.Hosting;

/// <summary>
/// The lock of a folder of runs: who has it may run the jobs there, whatever the cluster believes. The system gives it back when the process ends, however it ends.
/// A second file tells people who has it.
/// </summary>
public sealed class RunsLock : IDisposable
{
    /// <summary>Name of the file that is locked. It stays when the lock is given back: a name that comes and goes could be locked twice.</summary>
    public const string FileName = ".coordinator.lock";

    /// <summary>Name of the file that tells who has the lock.</summary>
    public const string HolderName = ".coordinator.json";

    private readonly string _runs;
    private readonly Holder _me;
    private readonly FileStream _lock;

    private RunsLock(string runs, Holder me, FileStream locked) => (_runs, _me, _lock) = (runs, me, locked);

    /// <summary>Whether the file system keeps locks. Where it does not (some network mounts), only the cluster keeps two coordinators apart.</summary>
    public bool IsKept
    {
        get
        {
            using FileStream? second = Open(_runs);
            return second is null;
        }
    }

    /// <summary>Makes the folder, and finds out whether files can be written there.</summary>
    /// <exception cref="InvalidInputException">They cannot.</exception>
    public static void Check(string runs)
    {
        try
        {
            Directory.CreateDirectory(runs);
            using FileStream? locked = Open(runs);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException(new InputError("--runs", $"'{runs}' cannot be used: {refused.Message}", "Give a folder in which files can be written."), refused);
        }
    }

    /// <summary>Whether somebody has the lock; a folder that cannot be read has none.</summary>
    public static bool IsTaken(string runs)
    {
        try
        {
            using FileStream? locked = Open(runs);
            return locked is null;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Takes the lock; null: somebody has it.</summary>
    /// <param name="runs">The folder, which must be there.</param>
    /// <param name="node">Name of this process.</param>
    /// <param name="address">Where it is asked.</param>
    /// <exception cref="IOException">The disk refuses.</exception>
    public static RunsLock? TryTake(string runs, string node, string address)
    {
        if (Open(runs) is not { } locked)
            return null;
        var me = new Holder(node, address, Environment.MachineName, Environment.ProcessId);
        try
        {
            AtomicFile.WriteAllBytes(Path.Combine(runs, HolderName), JsonSerializer.SerializeToUtf8Bytes(me, JobJson.Options));
        }
        catch
        {
            locked.Dispose();
            throw;
        }

        return new RunsLock(runs, me, locked);
    }

    /// <summary>Who has the lock, for people.</summary>
    public static string HolderOf(string runs) => Read(runs) is { } holder
        ? $"{holder.Node} at {holder.Address} (process {holder.Process} on {holder.Machine})"
        : "another process";

    /// <summary>Whether somebody else took the lock meanwhile: a network file system gives it away when it has not heard of a machine for long.</summary>
    public bool IsLost => Read(_runs) is { } holder && holder != _me;

    /// <summary>Gives it back.</summary>
    public void Dispose()
    {
        if (Read(_runs) == _me)
            File.Delete(Path.Combine(_runs, HolderName));
        _lock.Dispose();
    }

    private static FileStream? Open(string runs)
    {
        string path = Path.Combine(runs, FileName);
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException held) when (IsHeld(held))
        {
            return null;
        }
    }

    // EWOULDBLOCK of flock as .NET hands it on (Linux 11, macOS 35), and Windows' ERROR_SHARING_VIOLATION.
    private static bool IsHeld(IOException exception) => exception.HResult is 11 or 35 or unchecked((int)0x80070020);

    private static Holder? Read(string runs)
    {
        try
        {
            return JsonSerializer.Deserialize<Holder>(File.ReadAllBytes(Path.Combine(runs, HolderName)), JobJson.Options);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    private sealed record Holder(string Node, string Address, string Machine, int Process);
}
