namespace DistEmbed.Coordinator.Cli;

/// <summary>How a line of <see cref="ClusterView"/> is to be shown.</summary>
public enum ClusterViewTone
{
    /// <summary>As it is.</summary>
    Plain,

    /// <summary>What it is about.</summary>
    Heading,

    /// <summary>Somebody should look at it.</summary>
    Warning,
}
