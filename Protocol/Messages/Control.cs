namespace DistEmbed.Protocol.Messages;

/// <summary>To the coordinator: finish what is granted, commit a checkpoint, end.</summary>
public sealed record StopRun;
