using DistEmbed.Protocol.Messages;

namespace DistEmbed.Protocol.Node;

/// <summary>
/// The one line that a process writes to standard output when it is ready, for whoever started it: <c>ready: ROLE NAME cluster=NAME control=HOST:PORT</c>, then what
/// else it listens on.
/// </summary>
/// <param name="Role">What it offers.</param>
/// <param name="Name">Its name.</param>
/// <param name="Cluster">Name of the cluster.</param>
/// <param name="Control">Its control connections: what other nodes name as a seed.</param>
public sealed record ReadinessLine(NodeRole Role, string Name, string Cluster, HostPort Control)
{
    /// <summary>gRPC of a coordinator.</summary>
    public string? Grpc { get; init; }

    /// <summary>Row plane of a server.</summary>
    public string? Rows { get; init; }

    /// <summary>Metrics and health.</summary>
    public string? Metrics { get; init; }

    /// <inheritdoc/>
    public override string ToString() =>
        $"ready: {NodeSettings.RoleName(Role)} {Name} cluster={Cluster} control={Control}{Part("grpc", Grpc)}{Part("rows", Rows)}{Part("metrics", Metrics)}";

    private static string Part(string key, string? value) => value is null ? "" : $" {key}={value}";
}
