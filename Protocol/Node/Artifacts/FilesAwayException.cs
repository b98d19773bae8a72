namespace DistEmbed.Protocol.Node.Artifacts;

/// <summary>The coordinator did not answer to the end: it is away, or comes back. The same may be asked again.</summary>
/// <param name="reason">What is known.</param>
/// <param name="cause">The exception from below.</param>
public sealed class FilesAwayException(string reason, Exception? cause = null) : Exception(reason, cause);
