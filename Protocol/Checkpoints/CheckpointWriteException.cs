namespace DistEmbed.Protocol.Checkpoints;

/// <summary>A part of a checkpoint could not be written: disk full, no permission, a device that fails. Nothing half-written is left under its name.</summary>
public sealed class CheckpointWriteException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="path">The file or directory.</param>
    /// <param name="cause">What the system said.</param>
    public CheckpointWriteException(string path, Exception cause)
        : base($"{path}: cannot be written: {cause.Message}", cause) => Path = path;

    /// <summary>The file or directory.</summary>
    public string Path { get; }

    /// <summary>Runs a piece of writing; what the system refuses comes out as this exception.</summary>
    internal static void Guard(string path, Action write)
    {
        try
        {
            write();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointWriteException(path, e);
        }
    }
}
