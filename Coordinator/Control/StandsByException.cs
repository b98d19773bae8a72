namespace DistEmbed.Coordinator.Control;

/// <summary>This coordinator is not the active one, or not yet; the message says which one is, where that is known.</summary>
public sealed class StandsByException(string reason) : Exception(reason);
