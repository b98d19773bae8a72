namespace DistEmbed.Coordinator.Grpc;

/// <summary>
/// Whom a service answers; metadata of its endpoints: <c>map.MapGrpcService&lt;T&gt;().WithMetadata(DoorPolicy.Nodes)</c>. Services without one are for <see cref="People"/>.
/// </summary>
public sealed class DoorPolicy
{
    private DoorPolicy(string name) => Name = name;

    /// <summary>Everybody: says nothing about the work.</summary>
    public static DoorPolicy Anyone { get; } = new("anyone");

    /// <summary>
    /// People and their programs: who knows the token. Without a token but with TLS: who shows a certificate that the cluster's authority signed. Without both: everybody,
    /// which only loopback and <c>--insecure</c> allow.
    /// </summary>
    public static DoorPolicy People { get; } = new("people");

    /// <summary>Nodes of the cluster: with TLS who shows a certificate that the authority signed, whatever the token; without TLS who knows the token, if there is one.</summary>
    public static DoorPolicy Nodes { get; } = new("nodes");

    /// <summary>Its name, for messages.</summary>
    public string Name { get; }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
