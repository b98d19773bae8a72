using Akka.Actor;
using Akka.Serialization;

namespace DistEmbed.Protocol.Node.Serializers;

/// <summary>In the place of Akka's serializer of null, which is what stands in a message that leaves a field empty. Akka's looks up whatever type the other side names before it says null.</summary>
/// <param name="system">The actors' system.</param>
public sealed class NothingSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    /// <inheritdoc/>
    public override int Identifier => 0;

    /// <inheritdoc/>
    public override string Manifest(object o) => "";

    /// <inheritdoc/>
    public override byte[] ToBinary(object obj) => [];

    /// <inheritdoc/>
    public override object? FromBinary(byte[] bytes, string manifest) =>
        bytes.Length == 0 && string.IsNullOrEmpty(manifest) ? null
            : throw new RefusedMessageException("null", "A message came in that is empty and yet says what it is; it is refused.");
}
