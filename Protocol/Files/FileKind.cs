using System.Runtime.InteropServices;

namespace DistEmbed.Protocol.Files;

/// <summary>What a path leads to, as far as .NET does not tell.</summary>
public static partial class FileKind
{
    private const int CurrentFolder = -100;
    private const uint TypeOnly = 1;
    private const int StatusBytes = 256, ModeAt = 28; // struct statx is the same on every processor
    private const int TypeMask = 0xF000, RegularFile = 0x8000, Folder = 0x4000;

    /// <summary>
    /// Whether something is there that is neither a regular file nor a folder: a named pipe, a socket, a device. Links
    /// are followed. Linux alone is asked; elsewhere
    /// nothing is taken for one.
    /// </summary>
    public static bool IsSpecial(string path)
    {
        if (!OperatingSystem.IsLinux())
            return false;
        Span<byte> status = stackalloc byte[StatusBytes];
        if (StatX(CurrentFolder, path, 0, TypeOnly, ref MemoryMarshal.GetReference(status)) != 0)
            return false;
        int type = MemoryMarshal.Read<ushort>(status[ModeAt..]) & TypeMask;
        return type is not (RegularFile or Folder);
    }

    /// <summary>
    /// The file that a path names in the end: where it is a symbolic link, what that leads to, there or not.
    /// </summary>
    /// <exception cref="IOException">Links lead around in a circle.</exception>
    public static string Target(string path)
    {
        var file = new FileInfo(path);
        return file.LinkTarget is null ? path : file.ResolveLinkTarget(returnFinalTarget: true)!.FullName;
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatX(int folder, string path, int flags, uint mask, ref byte status);
}
