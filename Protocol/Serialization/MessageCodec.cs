using System.Buffers;
using System.Collections.Frozen;
using System.Text;
using MessagePack;

namespace DistEmbed.Protocol.Serialization;

/// <summary>
/// Control messages as bytes: MessagePack, field after field, by hand. What arrives comes from anybody who reaches the port: no name of a type is on the wire or looked
/// up, nothing is made that the table does not name, and nothing is allocated that the bytes do not pay for. Rows have a codec of their own.
/// </summary>
public static class MessageCodec
{
    private static readonly FrozenDictionary<Type, MessageEntry> s_byType = MessageTable.Entries.ToFrozenDictionary(entry => entry.Type);
    private static readonly FrozenDictionary<string, MessageEntry> s_byManifest = MessageTable.Entries.ToFrozenDictionary(entry => entry.Manifest, StringComparer.Ordinal);

    /// <summary>Every message that has bytes.</summary>
    public static IEnumerable<Type> Messages => s_byType.Keys;

    /// <summary>The manifest of a message: what has to be sent along with its bytes.</summary>
    /// <exception cref="ArgumentException">It does not travel on control connections.</exception>
    public static string ManifestOf(object message) => EntryOf(message).Manifest;

    /// <summary>The bytes of a message.</summary>
    /// <exception cref="ArgumentException">It does not travel on control connections.</exception>
    public static byte[] Write(object message)
    {
        MessageEntry entry = EntryOf(message);
        var bytes = new ArrayBufferWriter<byte>();
        var writer = new MessageWriter(bytes);
        entry.Write(ref writer, message);
        writer.Complete();
        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>The message of bytes that may come from anybody.</summary>
    /// <exception cref="MalformedMessageException">They are no message; nothing else is thrown, whatever they are.</exception>
    public static object Read(string manifest, ReadOnlyMemory<byte> bytes)
    {
        if (!s_byManifest.TryGetValue(manifest, out MessageEntry? entry))
            throw new MalformedMessageException(manifest, "there is no such message.");
        try
        {
            var reader = new MessageReader(bytes);
            object message = entry.Read(ref reader);
            return reader.End ? message : throw new MalformedMessageException(manifest, "bytes follow its end.");
        }
        catch (Exception exception) when (exception is MessagePackSerializationException or EndOfStreamException or OverflowException or ArgumentOutOfRangeException or DecoderFallbackException)
        {
            throw new MalformedMessageException(manifest, exception.Message, exception);
        }
    }

    private static MessageEntry EntryOf(object message) =>
        s_byType.TryGetValue(message.GetType(), out MessageEntry? entry) ? entry
            : throw new ArgumentException($"{message.GetType().Name} does not travel on control connections: it is not in MessageTable.", nameof(message));
}
