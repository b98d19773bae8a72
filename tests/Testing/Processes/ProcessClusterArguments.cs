namespace DistEmbed.Testing.Processes;

/// <summary>What the processes of a <see cref="ProcessCluster"/> are given beside their places.</summary>
public sealed record ProcessClusterArguments
{
    /// <summary>Arguments of a node by what it is: <c>coordinator</c>, <c>server-1</c>, <c>worker-2</c>.</summary>
    public Func<string, string[]> OfNode { get; init; } = _ => [];

    /// <summary>Arguments of every command that asks the coordinator.</summary>
    public string[] OfClient { get; init; } = [];

    /// <summary>The coordinator's cache; null: one in the test's folder.</summary>
    public string? CoordinatorCache { get; init; }
}
