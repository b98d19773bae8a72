using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Serialization;

namespace DistEmbed.Protocol.Node;

/// <summary>In the place of Akka's serializer of remote deployments: no node has another one make an actor, whose type and arguments such a message names.</summary>
/// <param name="system">The actors' system.</param>
public sealed class RefusingDeploymentSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    /// <summary>The number of Akka's serializer of remote deployments.</summary>
    public override int Identifier => 3;

    /// <inheritdoc/>
    public override string Manifest(object o) => "";

    /// <inheritdoc/>
    public override byte[] ToBinary(object obj) => throw new SerializationException("An actor cannot be deployed on another node.");

    /// <inheritdoc/>
    public override object FromBinary(byte[] bytes, string manifest) =>
        throw new SerializationException($"{bytes.Length} bytes that ask for an actor to be made came in; they are refused.");
}
