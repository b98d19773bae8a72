using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Serialization;
using DistEmbed.Protocol.Serialization;

namespace DistEmbed.Protocol.Node.Serializers;

/// <summary>Carries control messages between nodes, as <see cref="MessageCodec"/> writes them.</summary>
/// <param name="system">The actors' system.</param>
public sealed class ControlSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    private const string Name = "control";

    /// <summary>What a frame holds beside the message: addresses of both ends, manifest, lengths.</summary>
    private const int Envelope = 8 << 10;

    private readonly long _largest = (system.Settings.Config.GetByteSize("akka.remote.dot-netty.tcp.maximum-frame-size", null) ?? int.MaxValue) - Envelope;

    /// <summary>Its number on the wire.</summary>
    public override int Identifier => 7341;

    /// <inheritdoc/>
    public override string Manifest(object o) => MessageCodec.ManifestOf(o);

    /// <inheritdoc/>
    /// <exception cref="SerializationException">The message is larger than a frame. Akka logs this exception, drops the message and keeps the connection.</exception>
    public override byte[] ToBinary(object obj)
    {
        byte[] bytes = MessageCodec.Write(obj);
        return bytes.Length <= _largest ? bytes
            : throw new SerializationException($"{obj.GetType().Name} of {bytes.Length} bytes cannot be sent: a frame takes {_largest}.");
    }

    /// <inheritdoc/>
    public override object FromBinary(byte[] bytes, string manifest)
    {
        try
        {
            return MessageCodec.Read(manifest ?? "", bytes);
        }
        catch (MalformedMessageException malformed)
        {
            throw new RefusedMessageException(Name, $"A message that cannot be read was dropped: {malformed.Message}", malformed);
        }
    }
}
