using DistEmbed.Protocol.Messages;

namespace DistEmbed.Protocol.Node;

/// <summary>Settings and names that every node shares.</summary>
public static class NodeSettings
{
    /// <summary>Name of the actor system; nodes of one cluster share it.</summary>
    public const string SystemName = "distembed";

    /// <summary>Role of the nodes that may run jobs; the oldest of them does.</summary>
    public const string CoordinatorRole = "coordinator";

    /// <summary>Role of the nodes that host shards.</summary>
    public const string ServerRole = "server";

    /// <summary>Role of the nodes that compute slices.</summary>
    public const string WorkerRole = "worker";

    /// <summary>Name of the actor that keeps the coordinator singleton on the oldest node of its role.</summary>
    public const string CoordinatorActor = "coordinator";

    /// <summary>Path of that actor on every node: what a singleton proxy is given.</summary>
    public const string CoordinatorPath = "/user/" + CoordinatorActor;

    /// <summary>Name of the singleton itself, below <see cref="CoordinatorPath"/>.</summary>
    public const string SingletonName = "singleton";

    /// <summary>Port of a coordinator's control connections where none is given: what nodes name as <c>--seed</c>.</summary>
    public const int DefaultClusterPort = 4101;

    /// <summary>Port of a coordinator's gRPC where none is given.</summary>
    public const int DefaultGrpcPort = 4100;

    /// <summary>The Akka configuration of every node, local mode included, as text (HOCON).</summary>
    public static string AkkaConfiguration() => Resource("akka.conf");

    /// <summary>What nodes of a cluster set on top of <see cref="AkkaConfiguration"/>.</summary>
    public static string ClusterConfiguration() => Resource("cluster.conf");

    /// <summary>The cluster role of a node.</summary>
    public static string RoleName(NodeRole role) => role switch
    {
        NodeRole.Coordinator => CoordinatorRole,
        NodeRole.Server => ServerRole,
        NodeRole.Worker => WorkerRole,
        _ => throw new ArgumentOutOfRangeException(nameof(role), role, null),
    };

    private static string Resource(string name)
    {
        using Stream resource = typeof(NodeSettings).Assembly.GetManifestResourceStream($"DistEmbed.Protocol.Node.{name}")!;
        using var reader = new StreamReader(resource);
        return reader.ReadToEnd();
    }
}
