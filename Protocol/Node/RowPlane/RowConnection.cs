using System.Buffers;
using System.Diagnostics.Metrics;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Rows;
using DistEmbed.Protocol.Serialization;

namespace DistEmbed.Protocol.Node.RowPlane;

/// <summary>
/// One connection of the row plane, either end: a thread that reads frames, and one that writes those that are given to it, in order. Row values go between their
/// arrays and the socket without a copy. Blocking calls on threads of its own move twice the bytes of asynchronous ones on a busy machine.
/// </summary>
public sealed class RowConnection : IDisposable
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "DistEmbed.Rows";

    /// <summary>How long a handshake may take.</summary>
    public static readonly TimeSpan HandshakePatience = TimeSpan.FromSeconds(10);

    private const int HandshakeBytes = 1 << 14;
    private const int BufferBytes = 1 << 16;
    private const int AtOnceBytes = 1 << 12;
    private const int MostAsked = 16; // more than a worker pulls ahead; the values of older ones are copied once

    private static readonly Meter s_meter = new(MeterName);
    private static readonly Counter<long> s_bytesRead = s_meter.CreateCounter<long>("distembed.row_plane.read", "By", "Bytes of frames read from the row plane");
    private static readonly Counter<long> s_bytesWritten = s_meter.CreateCounter<long>("distembed.row_plane.written", "By", "Bytes of frames written to the row plane");

    private readonly Socket _socket;
    private readonly Stream _stream;
    private readonly object _gate = new();
    private readonly Queue<(int Shard, object Message)> _queue = new();
    private readonly byte[] _buffer = new byte[BufferBytes];
    private readonly ArrayBufferWriter<byte> _output = new(BufferBytes);
    private readonly List<Memory<float>> _payload = [];
    private readonly (PullId Id, IRowDestination Into)[] _asked = new (PullId, IRowDestination)[MostAsked];
    private byte[] _header = new byte[BufferBytes];
    private int _lastAsked;
    private int _from;
    private int _to;
    private RowFrames _frames = new([]);
    private bool _isWriting;
    private volatile bool _closed;

    /// <summary>Takes over a connected socket and the stream on it.</summary>
    public RowConnection(Socket socket, Stream stream)
    {
        _socket = socket;
        _stream = stream;
    }

    /// <summary>
    /// Settings of every socket of the row plane: no delay, a peer that is gone is noticed. Buffers of TCP are the system's, which grow with the connection; a size that is set would be a
    /// bound.
    /// </summary>
    public static void Prepare(Socket socket)
    {
        socket.ReceiveTimeout = socket.SendTimeout = (int)HandshakePatience.TotalMilliseconds;
        if (socket.AddressFamily == AddressFamily.Unix)
        {
            LocalSocket.Prepare(socket);
            return;
        }

        socket.NoDelay = true;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 10);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 5);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
    }

    /// <summary>Writes a message of the handshake at once.</summary>
    /// <exception cref="IOException">The connection is gone.</exception>
    public void Greet(object message) => Write(0, message);

    /// <summary>Reads a message of the handshake.</summary>
    /// <exception cref="IOException">The connection is gone, or nothing came in time.</exception>
    /// <exception cref="RowFrameException">What came is no frame, or longer than a handshake is.</exception>
    public object Await() => Read(HandshakeBytes).Message;

    /// <summary>Reads frames until the connection ends, on the calling thread, and writes what is given to <see cref="Enqueue"/>.</summary>
    /// <param name="dimensions">Numbers a row of each table.</param>
    /// <param name="take">Takes a shard and a message.</param>
    /// <exception cref="IOException">The connection is gone.</exception>
    /// <exception cref="RowFrameException">What came is no frame.</exception>
    public void Run(IReadOnlyList<int> dimensions, Action<int, object> take)
    {
        _frames = new RowFrames(dimensions) { Destinations = DestinationOf };
        // From now on either side may be silent for as long as a step takes; a peer that is gone shows by its keep-alive.
        _socket.ReceiveTimeout = _socket.SendTimeout = 0;
        var writer = new Thread(WriteAll) { IsBackground = true, Name = "rows-out" };
        writer.Start();
        try
        {
            while (true)
            {
                RowFrame frame = Read(int.MaxValue);
                take(frame.Shard, frame.Message);
            }
        }
        finally
        {
            Dispose();
            writer.Join();
        }
    }

    /// <summary>Has a message written; on a connection that is closed it is dropped, and whoever wants it asks again.</summary>
    public void Enqueue(int shard, object message)
    {
        lock (_gate)
        {
            if (_closed)
            {
                Release(message);
                return;
            }

            // A pull asks every shard of the server, one after the other: one entry does for all.
            if (message is PullRows { Into: { } into } asking && _asked[_lastAsked].Id != asking.Id)
                _asked[_lastAsked = (_lastAsked + 1) % _asked.Length] = (asking.Id, into);
            if (!CanWriteAtOnce(message))
            {
                _queue.Enqueue((shard, message));
                Monitor.Pulse(_gate);
                return;
            }

            _isWriting = true;
        }

        WriteOne(shard, message);
    }

    /// <summary>Closes the connection; its threads end.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_closed)
                return;
            _closed = true;
            while (_queue.TryDequeue(out (int, object Message) dropped))
                Release(dropped.Message);
            Monitor.Pulse(_gate);
        }

        _socket.Dispose();
        _stream.Dispose();
    }

    private IRowDestination? DestinationOf(PullId id)
    {
        lock (_gate)
        {
            foreach ((PullId asked, IRowDestination into) in _asked)
            {
                if (asked == id)
                    return into;
            }
        }

        return null;
    }

    /// <summary>An answer's memory belongs to whoever has it last.</summary>
    private static void Release(object message)
    {
        if (message is not RowsPulled pulled)
            return;
        foreach (RowValues values in pulled.Values)
            RowMemory.Return(values.Values);
    }

    /// <summary>
    /// Whether the calling thread may write a message itself, which spares a wake-up: it has no row values, nothing is before it, and it is short against what a socket that says it
    /// can be written has room for (a third of its buffer, which is 16 KB at first), so that it cannot block.
    /// </summary>
    private bool CanWriteAtOnce(object message) =>
        !_isWriting && _queue.Count == 0 && message is not (RowsPulled or PushRows) && !(message is PullRows pull && BytesOf(pull) > AtOnceBytes)
        && _socket.Poll(0, SelectMode.SelectWrite);

    private static long BytesOf(PullRows pull)
    {
        long bytes = 0;
        foreach (RowIds ids in pull.Tables)
            bytes += 2L * sizeof(int) * ids.Rows.Length;
        return bytes;
    }

    private void WriteAll()
    {
        while (true)
        {
            (int Shard, object Message) next;
            lock (_gate)
            {
                // Monitor waits without turning in a loop first: a processor that is burnt here is missing where rows are computed.
                while (!_closed && (_isWriting || _queue.Count == 0))
                    Monitor.Wait(_gate);
                if (_closed)
                    return;
                next = _queue.Dequeue();
                _isWriting = true;
            }

            WriteOne(next.Shard, next.Message);
        }
    }

    /// <summary>Writes a message whose turn it is.</summary>
    private void WriteOne(int shard, object message)
    {
        try
        {
            Write(shard, message);
        }
        catch (Exception gone) when (gone is IOException or SocketException or ObjectDisposedException or RowFrameException)
        {
            Dispose(); // the reader says why
        }

        Release(message);
        lock (_gate)
        {
            _isWriting = false;
            if (_queue.Count > 0)
                Monitor.Pulse(_gate);
        }
    }

    private void Write(int shard, object message)
    {
        _output.ResetWrittenCount();
        _payload.Clear();
        RowFramePrefix prefix = _frames.Write(shard, message, _output, _payload);
        long length = _output.WrittenCount + (long)prefix.PayloadBytes;
        if (length <= BufferBytes || !RowPayload.IsMemory(prefix.Format))
        {
            // One call, one packet: what is small must not wake the other side twice.
            foreach (Memory<float> block in _payload)
            {
                int bytes = block.Length * RowPayload.BytesOf(prefix.Format);
                RowPayload.Write(prefix.Format, block.Span, _output.GetSpan(Math.Max(1, bytes)));
                _output.Advance(bytes);
            }

            _stream.Write(_output.WrittenSpan);
        }
        else
        {
            _stream.Write(_output.WrittenSpan);
            foreach (Memory<float> block in _payload)
                _stream.Write(MemoryMarshal.AsBytes(block.Span));
        }

        s_bytesWritten.Add(length);
    }

    private RowFrame Read(int longestHeader)
    {
        Span<byte> start = stackalloc byte[RowFramePrefix.Size];
        Fill(start);
        RowFramePrefix prefix = RowFramePrefix.Read(start);
        if (prefix.HeaderBytes > longestHeader || (longestHeader == HandshakeBytes && prefix.Kind > RowFrameKind.Refused))
            throw new RowFrameException($"{prefix.Kind} with a header of {prefix.HeaderBytes} bytes does not begin a connection");
        RowFrame frame = _frames.Read(prefix, ReadHeader(prefix.HeaderBytes));
        foreach (Memory<float> block in frame.Blocks)
        {
            Span<float> values = block.Span;
            if (RowPayload.IsMemory(prefix.Format))
                Fill(MemoryMarshal.AsBytes(values));
            else
                ReadConverted(prefix.Format, values);
        }

        s_bytesRead.Add(RowFramePrefix.Size + (long)prefix.HeaderBytes + prefix.PayloadBytes);
        return frame;
    }

    private ReadOnlySpan<byte> ReadHeader(int length)
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

    private void ReadConverted(RowFormat format, Span<float> values)
    {
        int size = RowPayload.BytesOf(format);
        byte[] bytes = ArrayPool<byte>.Shared.Rent(Math.Max(1, values.Length * size));
        Fill(bytes.AsSpan(0, values.Length * size));
        RowPayload.Read(format, bytes, values);
        ArrayPool<byte>.Shared.Return(bytes);
    }

    /// <summary>Fills a place: from the buffer, then straight from the socket where it is long.</summary>
    private void Fill(Span<byte> destination)
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
                read = _stream.Read(destination);
                destination = destination[read..];
            }
            else
            {
                read = _stream.Read(_buffer);
                (_from, _to) = (0, read);
            }

            if (read == 0)
                throw new EndOfStreamException("the connection was closed");
        }
    }
}
