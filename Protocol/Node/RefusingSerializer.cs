using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Configuration;
using Akka.Serialization;

namespace DistEmbed.Protocol.Node;

/// <summary>
/// In the place of Akka's serializer of any object: what has no serializer of its own does not leave the process, and nothing that names types comes in. It takes its
/// manifest as text, so that Akka does not look for the type that the other side names before it asks.
/// </summary>
public sealed class RefusingSerializer : SerializerWithStringManifest
{
    /// <summary>The constructor that Akka looks for where a serializer's name has settings, as <c>json</c> has.</summary>
    /// <param name="system">The actors' system.</param>
    /// <param name="settings">Those of the serializer that it replaces.</param>
    public RefusingSerializer(ExtendedActorSystem system, Config settings)
        : base(system) => _ = settings;

    /// <summary>The number of Akka's JSON serializer.</summary>
    public override int Identifier => 1;

    /// <inheritdoc/>
    public override string Manifest(object o) => "";

    /// <inheritdoc/>
    public override byte[] ToBinary(object obj) =>
        throw new SerializationException($"{obj.GetType()} cannot be sent to another node: it has no line in MessageTable.");

    /// <inheritdoc/>
    public override object FromBinary(byte[] bytes, string manifest) =>
        throw new SerializationException($"{bytes.Length} bytes of a serializer that names types came in; they are refused.");
}
