namespace DistEmbed.Coordinator.Grpc;

/// <summary>A file that nodes may fetch.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="Length">Bytes.</param>
public sealed record ServedFile(string Path, long Length);
