using DistEmbed.Protocol;

namespace DistEmbed.Coordinator.Local;

/// <summary>Holds a directory for this process, so that two do not write each other's files away. The system gives it back when the process ends.</summary>
public static class DirectoryHold
{
    /// <summary>Name of the file that stands for the hold.</summary>
    public const string FileName = "run.lock";

    /// <summary>Takes the hold; disposing gives it back.</summary>
    /// <param name="directory">A directory that exists.</param>
    /// <exception cref="InvalidInputException">Another process has it.</exception>
    public static FileStream Take(string directory)
    {
        string path = Path.Combine(directory, FileName);
        try
        {
            return new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.None,
                Options = FileOptions.DeleteOnClose,
            });
        }
        catch (IOException held) when (File.Exists(path))
        {
            throw new InvalidInputException(new InputError(directory, "another process is training in this directory.", "Wait for it, or stop it first."), held);
        }
    }
}
