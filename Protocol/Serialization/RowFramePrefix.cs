using System.Buffers.Binary;
using DistEmbed.Protocol.Messages;

namespace DistEmbed.Protocol.Serialization;

/// <summary>
/// What every frame begins with: length of the header, length of the payload (each 4 bytes), kind (a byte), format of the values (the low 2 bits of a byte) with the
/// slot that they lie in (its upper 6), and shard (2 bytes), all little-endian. The header follows, and the payload where it is in no slot.
/// </summary>
/// <param name="Kind">What the frame carries.</param>
/// <param name="Format">How its values are written.</param>
/// <param name="Shard">The shard that the message goes to or comes from.</param>
/// <param name="HeaderBytes">Bytes of the header.</param>
/// <param name="PayloadBytes">Bytes of row values.</param>
public readonly record struct RowFramePrefix(RowFrameKind Kind, RowFormat Format, int Shard, int HeaderBytes, int PayloadBytes)
{
    /// <summary>The largest <see cref="Slot"/>.</summary>
    public const int MaxSlot = (1 << (8 - FormatBits)) - 1;

    private const int FormatBits = 2;

    /// <summary>Its length in bytes.</summary>
    public const int Size = 12;

    /// <summary>The longest header: the ids of 8 million rows. No sender comes near.</summary>
    public const int MaxHeaderBytes = 1 << 26;

    /// <summary>The longest payload. Messages are cut at <see cref="MessageBounds.RowBytes"/>; only a single row may be longer.</summary>
    public const int MaxPayloadBytes = 1 << 26;

    /// <summary>Where in memory that both processes share the row values lie: a slot, from 1; 0: they follow behind the header.</summary>
    public int Slot { get; init; }

    /// <summary>Reads it.</summary>
    /// <exception cref="RowFrameException">No frame begins so.</exception>
    public static RowFramePrefix Read(ReadOnlySpan<byte> source)
    {
        int header = BinaryPrimitives.ReadInt32LittleEndian(source);
        int payload = BinaryPrimitives.ReadInt32LittleEndian(source[4..]);
        var kind = (RowFrameKind)source[8];
        var format = (RowFormat)(source[9] & ((1 << FormatBits) - 1));
        if (kind is < RowFrameKind.Hello or > RowFrameKind.PushRefused)
            throw new RowFrameException($"kind of frame {source[8]} is unknown");
        if (format is not (RowFormat.Full or RowFormat.Half))
            throw new RowFrameException($"format of values {(int)format} is unknown");
        if (header is < 0 or > MaxHeaderBytes)
            throw new RowFrameException($"a header of {header} bytes; at most {MaxHeaderBytes} are allowed");
        if (payload is < 0 or > MaxPayloadBytes)
            throw new RowFrameException($"a payload of {payload} bytes; at most {MaxPayloadBytes} are allowed");
        if (payload > 0 && kind is not (RowFrameKind.RowsPulled or RowFrameKind.PushRows))
            throw new RowFrameException($"{kind} carries no row values, but {payload} bytes are said to follow");
        int slot = source[9] >> FormatBits;
        if (slot > 0 && payload == 0)
            throw new RowFrameException($"slot {slot} is named for no row values");
        return new RowFramePrefix(kind, format, BinaryPrimitives.ReadUInt16LittleEndian(source[10..]), header, payload) { Slot = slot };
    }

    /// <summary>Writes it to the first <see cref="Size"/> bytes.</summary>
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteInt32LittleEndian(destination, HeaderBytes);
        BinaryPrimitives.WriteInt32LittleEndian(destination[4..], PayloadBytes);
        destination[8] = (byte)Kind;
        destination[9] = (byte)((int)Format | (Slot << FormatBits));
        BinaryPrimitives.WriteUInt16LittleEndian(destination[10..], (ushort)Shard);
    }
}
