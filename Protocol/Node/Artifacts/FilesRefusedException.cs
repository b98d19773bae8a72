namespace DistEmbed.Protocol.Node.Artifacts;

/// <summary>The coordinator answered that it cannot do what was asked; asking again is of no use.</summary>
/// <param name="reason">What it said.</param>
/// <param name="cause">The exception from below.</param>
public sealed class FilesRefusedException(string reason, Exception? cause = null) : Exception(reason, cause);
