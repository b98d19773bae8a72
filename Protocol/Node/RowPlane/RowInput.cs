using System.Buffers;
using System.Diagnostics.Metrics;
using System.Runtime.InteropServices;
using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Serialization;

namespace DistEmbed.Protocol.Node.RowPlane;

/// <summary>What a connection receives: what is short goes through a buffer, what is long straight to its place.</summary>
internal sealed class RowInput(Stream stream)
{
    private const int BufferBytes = 1 << 16;

    private static readonly Meter s_meter = new(RowConnection.MeterName);
    private static readonly Counter<long> s_bytesRead = s_meter.CreateCounter<long>("distembed.row_plane.read", "By", "Bytes of frames read from the row plane");

    private readonly byte[] _buffer = new byte[BufferBytes];
    private byte[] _header = new byte[BufferBytes];
    private int _from;
    private int _to;

    /// <summary>Fills a place with what comes next.</summary>
    /// <exception cref="IOException">The connection is gone.</exception>
    public void Fill(Span<byte> destination)
    {
        while (destination.Length > 0)
        {
            if (_from < _to)
            {
                int had = Math.Min(destination.Length, _to - _from);
                _buffer.AsSpan(_from, had).CopyTo(destination);
                _from += had;
                destination = destination[had..];
                continue;
            }

            int read;
            if (destination.Length >= BufferBytes / 2)
            {
                read = stream.Read(destination);
                destination = destination[read..];
            }
            else
            {
                read = stream.Read(_buffer);
                (_from, _to) = (0, read);
            }

            if (read == 0)
                throw new EndOfStreamException("the connection was closed");
        }
    }

    /// <summary>Fills a place with row values.</summary>
    /// <exception cref="IOException">The connection is gone.</exception>
    public void Fill(RowFormat format, Span<float> values)
    {
        if (RowPayload.IsMemory(format))
        {
            Fill(MemoryMarshal.AsBytes(values));
            return;
        }

        int size = RowPayload.BytesOf(format);
        byte[] bytes = ArrayPool<byte>.Shared.Rent(Math.Max(1, values.Length * size));
        Fill(bytes.AsSpan(0, values.Length * size));
        RowPayload.Read(format, bytes, values);
        ArrayPool<byte>.Shared.Return(bytes);
    }

    /// <summary>What the next frame begins with.</summary>
    /// <exception cref="IOException">The connection is gone.</exception>
    /// <exception cref="RowFrameException">No frame begins so.</exception>
    public RowFramePrefix Prefix()
    {
        Span<byte> start = stackalloc byte[RowFramePrefix.Size];
        Fill(start);
        RowFramePrefix prefix = RowFramePrefix.Read(start);
        s_bytesRead.Add(RowFramePrefix.Size + (long)prefix.HeaderBytes + prefix.PayloadBytes);
        return prefix;
    }

    /// <summary>The header of a frame, valid until the next one.</summary>
    /// <exception cref="IOException">The connection is gone.</exception>
    public ReadOnlySpan<byte> Header(int length)
    {
        // Room grows with what arrives: a length that is a lie costs nothing.
        for (int read = 0; read < length;)
        {
            if (read == _header.Length)
                Array.Resize(ref _header, _header.Length * 2);
            int part = Math.Min(length, _header.Length) - read;
            Fill(_header.AsSpan(read, part));
            read += part;
        }

        return _header.AsSpan(0, length);
    }
}
