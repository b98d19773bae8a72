namespace DistEmbed.Cluster.Tests;

/// <summary>How long tests of nodes and of the row plane wait for what has to come.</summary>
internal static class Deadline
{
    /// <summary>Far longer than anything takes on a machine with a load of twenty: it costs time only when something is broken.</summary>
    public static readonly TimeSpan Generous = TimeSpan.FromMinutes(3);
}
