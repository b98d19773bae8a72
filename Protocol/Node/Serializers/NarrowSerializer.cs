using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Serialization;

namespace DistEmbed.Protocol.Node.Serializers;

/// <summary>
/// One of Akka's serializers of its own messages, narrowed to those that a node here sends. Each has a short manifest of ours that is compared and never looked up: where
/// Akka writes the name of a type, and makes the type that it reads, nothing of it is left on the wire. All else is refused before Akka's serializer sees it.
/// </summary>
public sealed class NarrowSerializer : SerializerWithStringManifest
{
    /// <summary>A message in a selection in an answer is the most that nodes send; input must not decide how deep the stack gets.</summary>
    private const int Deepest = 4;

    [ThreadStatic]
    private static int t_depth;

    private readonly string _name;
    private readonly Func<object, string?> _manifest;
    private readonly Func<byte[], string, object?> _read;
    private readonly Func<object, byte[]> _write;

    private NarrowSerializer(ExtendedActorSystem system, int identifier, string name, Func<object, string?> manifest, Func<object, byte[]> write, Func<byte[], string, object?> read)
        : base(system) => (Identifier, _name, _manifest, _write, _read) = (identifier, name, manifest, write, read);

    /// <inheritdoc/>
    public override int Identifier { get; }

    /// <summary>For a serializer that has manifests of its own.</summary>
    /// <param name="system">The actors' system.</param>
    /// <param name="identifier">Its number on the wire.</param>
    /// <param name="name">Akka's name of it.</param>
    /// <param name="akka">Akka's serializer.</param>
    /// <param name="allowed">The messages that pass: manifest on the wire, and Akka's.</param>
    public static NarrowSerializer Of(ExtendedActorSystem system, int identifier, string name, SerializerWithStringManifest akka, params (string Wire, string Akka)[] allowed)
    {
        Dictionary<string, string> inward = allowed.ToDictionary(pair => pair.Wire, pair => pair.Akka, StringComparer.Ordinal);
        Dictionary<string, string> outward = allowed.ToDictionary(pair => pair.Akka, pair => pair.Wire, StringComparer.Ordinal);
        return new NarrowSerializer(
            system, identifier, name, message => outward.GetValueOrDefault(akka.Manifest(message)), akka.ToBinary,
            (bytes, manifest) => inward.TryGetValue(manifest, out string? known) ? akka.FromBinary(bytes, known) : null);
    }

    /// <summary>For a serializer that goes by types.</summary>
    /// <param name="system">The actors' system.</param>
    /// <param name="identifier">Its number on the wire.</param>
    /// <param name="name">Akka's name of it.</param>
    /// <param name="akka">Akka's serializer.</param>
    /// <param name="whole">Whether a message that was read has what it needs: actors fail on one that has not.</param>
    /// <param name="allowed">The messages that pass: manifest on the wire, and type.</param>
    public static NarrowSerializer Of(ExtendedActorSystem system, int identifier, string name, Serializer akka, Func<object, bool> whole, params (string Wire, Type Type)[] allowed)
    {
        Dictionary<string, Type> inward = allowed.ToDictionary(pair => pair.Wire, pair => pair.Type, StringComparer.Ordinal);
        Dictionary<Type, string> outward = allowed.ToDictionary(pair => pair.Type, pair => pair.Wire);
        return new NarrowSerializer(
            system, identifier, name, message => outward.GetValueOrDefault(message.GetType()), akka.ToBinary,
            (bytes, manifest) => inward.TryGetValue(manifest, out Type? known) && akka.FromBinary(bytes, known) is var message && whole(message) ? message : null);
    }

    /// <inheritdoc/>
    /// <exception cref="SerializationException">No node takes it.</exception>
    public override string Manifest(object o) => _manifest(o) ?? throw Unsent(o);

    /// <inheritdoc/>
    /// <exception cref="SerializationException">No node takes it.</exception>
    public override byte[] ToBinary(object obj) => _manifest(obj) is null ? throw Unsent(obj) : _write(obj);

    /// <inheritdoc/>
    /// <exception cref="RefusedMessageException">Nothing else is thrown, whatever the bytes are.</exception>
    public override object FromBinary(byte[] bytes, string manifest)
    {
        if (t_depth >= Deepest)
            throw new RefusedMessageException(_name, $"A message within {Deepest} others came in; it is refused.");
        t_depth++;
        try
        {
            return _read(bytes, manifest ?? "")
                ?? throw new RefusedMessageException(_name, $"A message '{RefusedMessageException.Printable(manifest)}' came in for Akka's serializer '{_name}'; no node sends such, and it is refused unread.");
        }
        catch (Exception exception) when (exception is not RefusedMessageException)
        {
            // What Akka's serializers throw at bad bytes differs; some of it would end the connection's actors.
            throw RefusedMessageException.In(exception)
                ?? new RefusedMessageException(_name, $"A message '{RefusedMessageException.Printable(manifest)}' for Akka's serializer '{_name}' cannot be read ({exception.GetType().Name}); it is refused.", exception);
        }
        finally
        {
            t_depth--;
        }
    }

    private static SerializationException Unsent(object message) => new($"{message.GetType()} cannot be sent to another node: no node takes it.");
}
