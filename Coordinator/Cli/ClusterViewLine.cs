namespace DistEmbed.Coordinator.Cli;

/// <summary>A line of <see cref="ClusterView"/>.</summary>
/// <param name="Text">The text, without control characters of its own.</param>
/// <param name="Tone">How it is to be shown.</param>
public sealed record ClusterViewLine(string Text, ClusterViewTone Tone);
