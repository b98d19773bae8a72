namespace DistEmbed.Protocol.Checkpoints;

/// <summary>A file of a checkpoint is missing, was cut, has changed since it was written, or is no such file. Nothing of the damaged part was handed out.</summary>
public sealed class CheckpointDamagedException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="path">The file.</param>
    /// <param name="what">What is wrong with it, and where in it.</param>
    /// <param name="cause">The exception from below, if one told.</param>
    public CheckpointDamagedException(string path, string what, Exception? cause = null)
        : base($"{path}: {what}", cause) => (Path, What) = (path, what);

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>What is wrong with it, and where in it.</summary>
    public string What { get; }
}
