using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Serialization;

namespace DistEmbed.Protocol.Node.Serializers;

/// <summary>
/// In the place of a serializer of Akka that no node here needs: what would go by it does not leave the process, and what comes by it is not looked at. It takes its
/// manifest as text, so that Akka does not look for the type that the other side names before it asks.
/// </summary>
/// <param name="system">The actors' system.</param>
/// <param name="identifier">The number on the wire of the serializer that it replaces.</param>
/// <param name="name">Akka's name of that serializer.</param>
/// <param name="carries">What such a message would be.</param>
public sealed class RefusingSerializer(ExtendedActorSystem system, int identifier, string name, string carries) : SerializerWithStringManifest(system)
{
    /// <inheritdoc/>
    public override int Identifier => identifier;

    /// <inheritdoc/>
    public override string Manifest(object o) => "";

    /// <inheritdoc/>
    public override byte[] ToBinary(object obj) =>
        throw new SerializationException($"{obj.GetType()} cannot be sent to another node: it has no line in MessageTable, and no node takes {carries}.");

    /// <inheritdoc/>
    public override object FromBinary(byte[] bytes, string manifest) =>
        throw new RefusedMessageException(name, $"A message came in for Akka's serializer '{name}' ({carries}); no node sends such, and it is refused unread.");
}
