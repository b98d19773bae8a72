using System.Buffers;
using System.Diagnostics.Metrics;
using System.Runtime.InteropServices;
using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Serialization;

namespace DistEmbed.Protocol.Node.RowPlane;

/// <summary>What a connection sends: row values in a slot of the common memory where there is one, else behind their frame. One thread at a time.</summary>
/// <param name="stream">Where frames go.</param>
/// <param name="shared">Memory that both ends see; null: there is none.</param>
internal sealed class RowOutput(Stream stream, LocalMemory? shared)
{
    private const int BufferBytes = 1 << 16;
    private const int TogetherBytes = 1 << 12;

    private static readonly Meter s_meter = new(RowConnection.MeterName);
    private static readonly Counter<long> s_bytesWritten = s_meter.CreateCounter<long>("distembed.row_plane.written", "By", "Bytes of frames written to the row plane");

    private static readonly Counter<long> s_bytesShared = s_meter.CreateCounter<long>(
        "distembed.row_plane.shared", "By", "Bytes of row values that were written to memory of both processes; they count as written to the row plane too");

    private readonly ArrayBufferWriter<byte> _output = new(BufferBytes);
    private readonly List<Memory<float>> _payload = [];

    /// <summary>Writes a message.</summary>
    /// <exception cref="IOException">The connection is gone.</exception>
    /// <exception cref="RowFrameException">It is too long for a frame, or no message of the row conversation.</exception>
    public void Write(RowFrames frames, int shard, object message)
    {
        _output.ResetWrittenCount();
        _payload.Clear();
        RowFramePrefix prefix = frames.Write(shard, message, _output, _payload);
        long length = _output.WrittenCount + (long)prefix.PayloadBytes;
        if (SlotFor(prefix) is { } slot)
        {
            (prefix with { Slot = slot.Number }).Write(MemoryMarshal.AsMemory(_output.WrittenMemory).Span);
            slot.MarkSent();
            Flush();
            slot.Return();
            s_bytesShared.Add(prefix.PayloadBytes);
        }
        else
        {
            WriteBehind(prefix.Format, asTheyLie: length > BufferBytes && RowPayload.IsMemory(prefix.Format));
        }

        s_bytesWritten.Add(length);
    }

    /// <summary>Whether values have a slot to go to.</summary>
    public bool HasRoom(long bytes) => TakesSlot(bytes) && shared is { HasFree: true };

    /// <summary>The slot that values lie in from its beginning, one behind the other, to be sent as they are.</summary>
    public LocalSlot? SlotThatHolds(IReadOnlyList<Memory<float>> values)
    {
        // A worker's connection may be another one by now than when the shard laid its answer.
        if (values.Count == 0 || LocalSlot.Of(values[0]) is not { IsReceived: false } slot || !slot.IsOf(shared))
            return null;
        int at = 0;
        foreach (Memory<float> part in values)
        {
            if (!part.Equals(slot.Memory.Slice(at, part.Length)))
                return null;
            at += part.Length;
        }

        return slot;
    }

    // Few values go with their frame; one that has none, however long, names no slot.
    private static bool TakesSlot(long bytes) => bytes is > BufferBytes and <= LocalMemory.SlotBytes;

    private void WriteBehind(RowFormat format, bool asTheyLie)
    {
        foreach (Memory<float> block in _payload)
        {
            int bytes = block.Length * RowPayload.BytesOf(format);
            if (asTheyLie && bytes > TogetherBytes)
            {
                Flush();
                stream.Write(MemoryMarshal.AsBytes(block.Span));
                continue;
            }

            // What is small is laid together: it must not wake the other side twice, nor take a call for every row.
            RowPayload.Write(format, block.Span, _output.GetSpan(Math.Max(1, bytes)));
            _output.Advance(bytes);
            if (_output.WrittenCount >= BufferBytes)
                Flush();
        }

        Flush();
    }

    private void Flush()
    {
        if (_output.WrittenCount == 0)
            return;
        stream.Write(_output.WrittenSpan);
        _output.ResetWrittenCount();
    }

    /// <summary>The slot in which the payload lies, which is laid there if it lies elsewhere; null: it goes through the socket.</summary>
    private LocalSlot? SlotFor(RowFramePrefix prefix)
    {
        if (RowPayload.IsMemory(prefix.Format) && SlotThatHolds(_payload) is { } held)
        {
            held.Hold();
            return held;
        }

        if (!TakesSlot(prefix.PayloadBytes) || shared?.Take(prefix.PayloadBytes) is not { } slot)
            return null;
        Span<byte> rest = slot.Bytes;
        foreach (Memory<float> block in _payload)
        {
            RowPayload.Write(prefix.Format, block.Span, rest);
            rest = rest[(block.Length * RowPayload.BytesOf(prefix.Format))..];
        }

        return slot;
    }
}
