using DistEmbed.Protocol;
using DistEmbed.Protocol.Files;

namespace DistEmbed.Coordinator.Cli;

/// <summary>
/// The place that a command writes to: nothing there is replaced unless the user says so, and nothing but a regular
/// file ever is. Of a symbolic link what it
/// leads to is written, as a shell's <c>&gt;</c> does.
/// </summary>
internal static class OutputPath
{
    /// <summary>A file that is not there yet, or may be replaced, in a folder that exists.</summary>
    public static string File(string path, bool force)
    {
        string full = Path.GetFullPath(path);
        if (Directory.Exists(full))
            throw new InvalidInputException(full, "is a folder.", "Name a file.");
        if (FileKind.IsSpecial(full))
            throw new InvalidInputException(full, "is no regular file, but a pipe, a socket or a device.", "Name a file.");
        if (System.IO.File.Exists(full) && !force)
            throw new InvalidInputException(full, "exists already.", "Name another file, or replace it with --force.");
        if (!Directory.Exists(Path.GetDirectoryName(TargetOf(full))))
            throw new InvalidInputException(full, "lies in a folder that does not exist.", "Create the folder, or correct the path.");
        return full;
    }

    /// <summary>A folder that is not there yet, is empty, or whose files may be replaced.</summary>
    public static string Folder(string path, bool force)
    {
        string full = Path.GetFullPath(path);
        if (System.IO.File.Exists(full))
            throw new InvalidInputException(full, "is a file, but this format takes a folder.", "Name a folder.");
        if (Directory.Exists(full) && Directory.EnumerateFileSystemEntries(full).Any() && !force)
            throw new InvalidInputException(full, "exists already and is not empty.", "Name another folder, or write into it with --force.");
        return full;
    }

    /// <summary>Writes; what the disk refuses is an error of the user's input, since the place is theirs.</summary>
    public static void Write(string path, Action write)
    {
        try
        {
            write();
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException(new InputError(path, $"cannot be written: {refused.Message}", "Choose a place with room that can be written."), refused);
        }
    }

    private static string TargetOf(string full)
    {
        try
        {
            return FileKind.Target(full);
        }
        catch (IOException circle)
        {
            throw new InvalidInputException(new InputError(full, $"cannot be written: {circle.Message}", "Correct the symbolic link."), circle);
        }
    }
}
