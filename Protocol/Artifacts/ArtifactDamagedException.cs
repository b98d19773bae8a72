namespace DistEmbed.Protocol.Artifacts;

/// <summary>A file that travels between nodes is no such file: it was cut, has another version, or says what cannot be.</summary>
public sealed class ArtifactDamagedException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="path">The file.</param>
    /// <param name="what">What is wrong with it.</param>
    /// <param name="cause">The exception from below, if one told.</param>
    public ArtifactDamagedException(string path, string what, Exception? cause = null)
        : base($"{path}: {what}", cause) => Path = path;

    /// <summary>The file.</summary>
    public string Path { get; }
}
