namespace DistEmbed.Coordinator.Control;

/// <summary>The process coordinates no longer, so its job is over here; whoever coordinates next goes on with it.</summary>
public sealed class NoLongerCoordinatesException() : Exception("this process coordinates no longer");
