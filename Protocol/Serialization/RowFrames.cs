using System.Buffers;
using System.Numerics;
using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Rows;

namespace DistEmbed.Protocol.Serialization;

/// <summary>
/// The frames of the row conversation. A frame is a <see cref="RowFramePrefix"/>, a header of fixed little-endian fields and row ids, and the row values as they
/// lie in memory, so that nothing is copied on their way between an array and a socket. The numbers a row has are not on the wire: both ends know the tables.
/// </summary>
/// <param name="dimensions">Numbers a row of each table.</param>
public sealed class RowFrames(IReadOnlyList<int> dimensions)
{
    /// <summary>The most messages that an answer or a slice's pushes are cut into.</summary>
    public const int MaxParts = 1 << 16;

    private readonly int[] _dimensions = [.. dimensions];

    /// <summary>Says where the values of a pull's answer are wanted. Null where they lie in rented memory.</summary>
    public Func<PullId, IRowDestination?>? Destinations { get; init; }

    /// <summary>Writes prefix and header of a message, and names the memory whose numbers follow as payload.</summary>
    /// <param name="shard">The shard that it goes to or comes from.</param>
    /// <param name="message">The message.</param>
    /// <param name="output">Where prefix and header are added.</param>
    /// <param name="payload">Where the payload's memory is added.</param>
    /// <returns>The prefix.</returns>
    /// <exception cref="RowFrameException">It is too long for a frame, or no message of the row conversation.</exception>
    public RowFramePrefix Write(int shard, object message, ArrayBufferWriter<byte> output, List<Memory<float>> payload)
    {
        int start = output.WrittenCount;
        int firstBlock = payload.Count;
        output.GetSpan(RowFramePrefix.Size);
        output.Advance(RowFramePrefix.Size);
        var writer = new FrameHeaderWriter(output);
        (RowFrameKind kind, RowFormat format) = WriteHeader(message, writer, payload);
        long numbers = 0;
        for (int i = firstBlock; i < payload.Count; i++)
            numbers += payload[i].Length;
        long header = output.WrittenCount - start - RowFramePrefix.Size;
        long bytes = numbers * RowPayload.BytesOf(format);
        if (header > RowFramePrefix.MaxHeaderBytes || bytes > RowFramePrefix.MaxPayloadBytes)
            throw new RowFrameException($"{kind} of {header} bytes of header and {bytes} of values is too long for a frame");
        var prefix = new RowFramePrefix(kind, format, shard, (int)header, (int)bytes);
        prefix.Write(System.Runtime.InteropServices.MemoryMarshal.AsMemory(output.WrittenMemory).Span[start..]);
        return prefix;
    }

    /// <summary>Reads a header. Memory for the values is rented: have the payload at hand, or take care that a sender's word for its length costs little.</summary>
    /// <param name="prefix">The prefix.</param>
    /// <param name="header">The header.</param>
    /// <param name="payload">Where the values lie already, to be taken as they are; empty: they are yet to come.</param>
    /// <exception cref="RowFrameException">The bytes are no such frame.</exception>
    public RowFrame Read(RowFramePrefix prefix, ReadOnlySpan<byte> header, Memory<float> payload = default)
    {
        var reader = new FrameHeaderReader(header);
        var blocks = new List<Memory<float>>();
        object message = prefix.Kind switch
        {
            RowFrameKind.Hello => RowHandshake.ReadHello(ref reader),
            RowFrameKind.Welcome => new RowWelcome(reader.Flag()),
            RowFrameKind.Refused => new RowRefused(reader.Text()),
            RowFrameKind.PullRows => ReadPullRows(ref reader, prefix),
            RowFrameKind.RowsPulled => ReadRowsPulled(ref reader, prefix, payload, blocks),
            RowFrameKind.PullRefused => new PullRefused(ReadId(ref reader), prefix.Shard, reader.Reason()) { Generation = reader.Number("generation") },
            RowFrameKind.PushRows => ReadPushRows(ref reader, prefix, payload, blocks),
            RowFrameKind.PushAcknowledged => new PushAcknowledged(
                prefix.Shard, reader.Number("step"), reader.Number("slice"), reader.Number("block", MaxParts))
            { Generation = reader.Number("generation") },
            _ => new PushRefused(prefix.Shard, reader.Number("step"), reader.Number("slice"), reader.Number("block", MaxParts), reader.Reason())
            { Generation = reader.Number("generation") },
        };
        reader.End();
        return new RowFrame(prefix.Shard, message, blocks);
    }

    /// <summary>Reads a whole frame.</summary>
    /// <exception cref="RowFrameException">The bytes are not one frame.</exception>
    public RowFrame Decode(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < RowFramePrefix.Size)
            throw new RowFrameException($"a frame of {bytes.Length} bytes");
        RowFramePrefix prefix = RowFramePrefix.Read(bytes);
        long length = RowFramePrefix.Size + (long)prefix.HeaderBytes + prefix.PayloadBytes;
        if (prefix.Slot > 0)
            throw new RowFrameException("values in memory that is not shared");
        if (bytes.Length != length)
            throw new RowFrameException($"a frame of {length} bytes in {bytes.Length}");
        RowFrame frame = Read(prefix, bytes.Slice(RowFramePrefix.Size, prefix.HeaderBytes));
        Fill(prefix, frame, bytes[(RowFramePrefix.Size + prefix.HeaderBytes)..]);
        return frame;
    }

    /// <summary>Puts a payload into the memory of its frame.</summary>
    public static void Fill(RowFramePrefix prefix, RowFrame frame, ReadOnlySpan<byte> payload)
    {
        foreach (Memory<float> block in frame.Blocks)
        {
            RowPayload.Read(prefix.Format, payload, block.Span);
            payload = payload[(block.Length * RowPayload.BytesOf(prefix.Format))..];
        }
    }

    private (RowFrameKind Kind, RowFormat Format) WriteHeader(object message, FrameHeaderWriter writer, List<Memory<float>> payload)
    {
        switch (message)
        {
            case RowHello hello:
                RowHandshake.WriteHello(hello, writer);
                return (RowFrameKind.Hello, RowFormat.Full);
            case RowWelcome welcome:
                writer.Byte(welcome.SharesMemory ? 1 : 0);
                return (RowFrameKind.Welcome, RowFormat.Full);
            case RowRefused refused:
                writer.Text(refused.Reason);
                return (RowFrameKind.Refused, RowFormat.Full);
            case PullRows pull:
                WritePullRows(pull, writer);
                return (RowFrameKind.PullRows, pull.Format);
            case RowsPulled pulled:
                WriteRowsPulled(pulled, writer, payload);
                return (RowFrameKind.RowsPulled, pulled.Format);
            case PullRefused refused:
                WriteId(refused.Id, writer);
                writer.Byte((int)refused.Reason);
                writer.Int(refused.Generation);
                return (RowFrameKind.PullRefused, RowFormat.Full);
            case PushRows push:
                WritePushRows(push, writer, payload);
                return (RowFrameKind.PushRows, push.Format);
            case PushAcknowledged acknowledged:
                writer.Int(acknowledged.Step);
                writer.Int(acknowledged.Slice);
                writer.Int(acknowledged.Block);
                writer.Int(acknowledged.Generation);
                return (RowFrameKind.PushAcknowledged, RowFormat.Full);
            case PushRefused refused:
                writer.Int(refused.Step);
                writer.Int(refused.Slice);
                writer.Int(refused.Block);
                writer.Byte((int)refused.Reason);
                writer.Int(refused.Generation);
                return (RowFrameKind.PushRefused, RowFormat.Full);
            default:
                throw new RowFrameException($"{message.GetType().Name} is no message of the row conversation");
        }
    }

    private static void WriteId(PullId id, FrameHeaderWriter writer)
    {
        writer.Text(id.Worker);
        writer.Long(id.Sequence);
    }

    private static PullId ReadId(ref FrameHeaderReader reader) => new(reader.Text(), reader.Long());

    private static void WritePullRows(PullRows pull, FrameHeaderWriter writer)
    {
        WriteId(pull.Id, writer);
        writer.Int(pull.Step);
        writer.Int(pull.Generation);
        writer.Int(pull.Tables.Count);
        foreach (RowIds ids in pull.Tables)
        {
            writer.Int(ids.Table);
            writer.Int(ids.Rows.Length);
            writer.Byte(ids.Known is null ? 0 : 1);
            writer.Numbers(ids.Rows);
            if (ids.Known is { } known)
                writer.Numbers(known);
        }
    }

    private PullRows ReadPullRows(ref FrameHeaderReader reader, RowFramePrefix prefix)
    {
        PullId id = ReadId(ref reader);
        int step = reader.Number("step");
        int generation = reader.Number("generation");
        // A worker asks a table once; what a garbled count would have allocated is bounded by it.
        var tables = new RowIds[reader.Number("number of tables", _dimensions.Length + 1)];
        for (int i = 0; i < tables.Length; i++)
        {
            int table = reader.Number("table", _dimensions.Length);
            int count = reader.Number("number of rows");
            bool known = reader.Flag();
            tables[i] = new RowIds(table, reader.Numbers(count)) { Known = known ? reader.Numbers(count) : null };
        }

        return new PullRows(id, step, tables) { Generation = generation, Format = prefix.Format };
    }

    private void WriteRowsPulled(RowsPulled pulled, FrameHeaderWriter writer, List<Memory<float>> payload)
    {
        WriteId(pulled.Id, writer);
        writer.Int(pulled.Part);
        writer.Int(pulled.Parts);
        writer.Int(pulled.Values.Count);
        foreach (RowValues values in pulled.Values)
        {
            writer.Int(values.Table);
            writer.Int(values.Start);
            writer.Int(values.Count);
            writer.Byte(values.Unchanged is null ? 0 : 1);
            int sent = values.Count;
            if (values.Unchanged is { } unchanged)
            {
                ReadOnlySpan<byte> bits = unchanged.AsSpan(0, (values.Count + 7) / 8);
                writer.Bytes(bits);
                sent -= CountOf(bits);
            }

            payload.Add(values.Values[..(sent * _dimensions[values.Table])]);
        }
    }

    private RowsPulled ReadRowsPulled(ref FrameHeaderReader reader, RowFramePrefix prefix, Memory<float> payload, List<Memory<float>> blocks)
    {
        PullId id = ReadId(ref reader);
        (int part, int parts) = ReadPart(ref reader);
        var values = new RowValues[reader.Number("number of tables", _dimensions.Length + 1)];
        var sizes = new long[values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            int table = reader.Number("table", _dimensions.Length);
            int start = reader.Number("first row");
            int count = reader.Number("number of rows");
            byte[]? unchanged = reader.Flag() ? reader.Bytes((int)(((long)count + 7) / 8)) : null;
            if (unchanged is not null && count % 8 > 0 && unchanged[^1] >> (count % 8) != 0)
                throw new RowFrameException("bits are set for rows that are not there");
            sizes[i] = (count - (unchanged is null ? 0 : CountOf(unchanged))) * (long)_dimensions[table];
            values[i] = new RowValues(table, start, count, default) { Unchanged = unchanged };
        }

        Check(prefix, sizes);
        IRowDestination? destination = Destinations?.Invoke(id);
        for (int i = 0; i < values.Length; i++)
        {
            RowValues run = values[i];
            Memory<float> place = run.Unchanged is null ? destination?.Take(prefix.Shard, part, run.Table, run.Start, run.Count) ?? default : default;
            Memory<float> lies = Take(ref payload, sizes[i]);
            values[i] = run with { Values = PlaceOf(place, lies, sizes[i]) };
            blocks.Add(values[i].Values);
        }

        return new RowsPulled(id, prefix.Shard, part, parts, values) { Format = prefix.Format };
    }

    private void WritePushRows(PushRows push, FrameHeaderWriter writer, List<Memory<float>> payload)
    {
        writer.Text(push.Worker);
        writer.Int(push.Step);
        writer.Int(push.Slice);
        writer.Int(push.Generation);
        writer.Int(push.Block);
        writer.Int(push.Blocks);
        writer.Int(push.Gradients.Count);
        foreach (RowGradients gradients in push.Gradients)
        {
            writer.Int(gradients.Table);
            writer.Int(gradients.Rows.Length);
            writer.Numbers(gradients.Rows);
            gradients.AddMemory(_dimensions[gradients.Table], payload);
        }
    }

    private PushRows ReadPushRows(ref FrameHeaderReader reader, RowFramePrefix prefix, Memory<float> payload, List<Memory<float>> blocks)
    {
        string worker = reader.Text();
        int step = reader.Number("step");
        int slice = reader.Number("slice");
        int generation = reader.Number("generation");
        (int block, int parts) = ReadPart(ref reader);
        var gradients = new RowGradients[reader.Number("number of tables", _dimensions.Length + 1)];
        var sizes = new long[gradients.Length];
        for (int i = 0; i < gradients.Length; i++)
        {
            int table = reader.Number("table", _dimensions.Length);
            gradients[i] = new RowGradients(table, reader.Numbers(reader.Number("number of rows")), default);
            sizes[i] = gradients[i].Rows.Length * (long)_dimensions[table];
        }

        Check(prefix, sizes);
        for (int i = 0; i < gradients.Length; i++)
        {
            gradients[i] = gradients[i] with { Values = PlaceOf(default, Take(ref payload, sizes[i]), sizes[i]) };
            blocks.Add(gradients[i].Values);
        }

        return new PushRows(worker, step, slice, block, parts, gradients) { Generation = generation, Format = prefix.Format };
    }

    private static (int Part, int Parts) ReadPart(ref FrameHeaderReader reader)
    {
        int part = reader.Number("part", MaxParts);
        int parts = reader.Number("number of parts", MaxParts + 1);
        return part < parts ? (part, parts) : throw new RowFrameException($"part {part} of {parts}");
    }

    private static void Check(RowFramePrefix prefix, long[] sizes)
    {
        long numbers = sizes.Sum();
        if (numbers * RowPayload.BytesOf(prefix.Format) != prefix.PayloadBytes)
            throw new RowFrameException($"{numbers} numbers in a payload of {prefix.PayloadBytes} bytes");
    }

    /// <summary>The next numbers of a payload that is there already; empty where it is not.</summary>
    private static Memory<float> Take(ref Memory<float> payload, long size)
    {
        if (payload.IsEmpty)
            return default;
        Memory<float> taken = payload[..(int)size];
        payload = payload[(int)size..];
        return taken;
    }

    private static Memory<float> PlaceOf(Memory<float> wanted, Memory<float> lies, long size) =>
        !wanted.IsEmpty ? wanted : !lies.IsEmpty ? lies : RowMemory.Rent((int)size);

    private static int CountOf(ReadOnlySpan<byte> bits)
    {
        int count = 0;
        foreach (byte b in bits)
            count += BitOperations.PopCount(b);
        return count;
    }
}
