using DistEmbed.Protocol.Messages;

namespace DistEmbed.Protocol.Node;

/// <summary>What a process of the cluster is told when it starts: from flags, or from environment variables of the same name (<c>DISTEMBED_CLUSTER_PORT</c>).</summary>
public sealed record NodeOptions
{
    /// <summary>What it offers.</summary>
    public required NodeRole Role { get; init; }

    /// <summary>Its name, unique for ever: what <c>--name</c> gives, with a random ending.</summary>
    public required string Name { get; init; }

    /// <summary>Name of the cluster (<c>--cluster</c>): nodes of different names do not meet.</summary>
    public string Cluster { get; init; } = NodeSettings.SystemName;

    /// <summary>Where the cluster is found (<c>--seed</c>, repeatable): coordinators, as <see cref="SeedPlace"/> reads them. Empty only for a coordinator that starts a cluster.</summary>
    public IReadOnlyList<string> Seeds { get; init; } = [];

    /// <summary>The address to listen on (<c>--host</c>).</summary>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>The name or address that other nodes reach it at (<c>--public-host</c>); never an any-address such as <c>0.0.0.0</c>.</summary>
    public string PublicHost { get => field ?? Host; init; }

    /// <summary>Port of the cluster's control connections (<c>--cluster-port</c>); 0: a free one.</summary>
    public int ClusterPort { get; init; }

    /// <summary>Port of the row plane of a server (<c>--row-port</c>); 0: a free one.</summary>
    public int RowPort { get; init; }

    /// <summary>Whether rows take a Unix socket where server and worker are on one machine. No setting: benchmarks and tests switch it off.</summary>
    public bool LocalSockets { get; init; } = true;

    /// <summary>How long the other end of a connection for rows may be silent in the handshake. No setting: tests shorten it, or lengthen it.</summary>
    public TimeSpan HandshakePatience { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Port of gRPC of a coordinator (<c>--port</c>); 0: a free one.</summary>
    public int GrpcPort { get; init; }

    /// <summary>Port of <c>/metrics</c> and <c>/health</c> (<c>--metrics-port</c>); 0: a free one; null: none.</summary>
    public int? MetricsPort { get; init; }

    /// <summary>Folder for what is fetched from the coordinator (<c>--cache</c>).</summary>
    public required string CacheDirectory { get; init; }

    /// <summary>Folder with the assemblies that a coordinator or worker may load as models of a job (<c>--models</c>); null: it loads none.</summary>
    public string? ModelFolder { get; init; }

    /// <summary>TLS of every connection; null: none.</summary>
    public NodeTls? Tls { get; init; }

    /// <summary>Whether it may listen outside loopback without TLS (<c>--insecure</c>).</summary>
    public bool Insecure { get; init; }

    /// <summary>The token that gRPC asks for (<c>--token-file</c>); null: none.</summary>
    public string? Token { get; init; }

    /// <summary>Who it is. Not everything that it was told: that would put the token into whatever log the options get into.</summary>
    public override string ToString() => $"{Role} {Name} of cluster {Cluster}";
}
