using System.Diagnostics.Metrics;
using System.Net.Sockets;
using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Rows;
using DistEmbed.Protocol.Serialization;

namespace DistEmbed.Protocol.Node.RowPlane;

/// <summary>
/// One connection of the row plane, either end: a thread that reads frames, and one that writes those that are given to it, in order. Row values go between their
/// memory and the socket without a copy, or lie in <see cref="LocalMemory"/>. Blocking calls on threads of its own move twice the bytes of asynchronous ones on a busy machine.
/// </summary>
public sealed class RowConnection : IDisposable
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "DistEmbed.Rows";

    /// <summary>How long a handshake may take.</summary>
    public static readonly TimeSpan HandshakePatience = TimeSpan.FromSeconds(10);

    private const int HandshakeBytes = 1 << 14;
    private const int AtOnceBytes = 1 << 12;
    private const int LocalAtOnceBytes = 1 << 15;
    private const int MostAsked = 16; // more than a worker pulls ahead; the values of older ones are copied once

    private static readonly Meter s_meter = new(MeterName);
    private static readonly Counter<long> s_bytesRead = s_meter.CreateCounter<long>("distembed.row_plane.read", "By", "Bytes of frames read from the row plane");

    private readonly Socket _socket;
    private readonly Stream _stream;
    private readonly RowInput _input;
    private readonly object _gate = new();
    private readonly Queue<(int Shard, object Message)> _queue = new();
    private readonly RowOutput _output;
    private readonly (PullId Id, IRowDestination Into)[] _asked = new (PullId, IRowDestination)[MostAsked];
    private int _lastAsked;
    private IReadOnlyList<int> _dimensions = [];
    private RowFrames _frames = new([]);
    private bool _isWriting;
    private volatile bool _closed;
    private LocalMemory? _memory;

    /// <summary>Takes over a connected socket and the stream on it.</summary>
    public RowConnection(Socket socket, Stream stream)
    {
        _socket = socket;
        _stream = stream;
        _input = new RowInput(stream);
        _output = new RowOutput(stream);
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
    public void Greet(object message) => _output.Write(_frames, 0, message);

    /// <summary>Reads a message of the handshake.</summary>
    /// <exception cref="IOException">The connection is gone, or nothing came in time.</exception>
    /// <exception cref="RowFrameException">What came is no frame, or longer than a handshake is.</exception>
    public object Await() => Read(HandshakeBytes).Message;

    /// <summary>Has row values lie in memory that both ends see, from now on. The connection uses it for as long as it is open.</summary>
    public void Share(LocalMemory memory) => _output.Shared = _memory = memory.TryUse() ? memory : null;

    /// <summary>Reads frames until the connection ends, on the calling thread, and writes what is given to <see cref="Enqueue"/>.</summary>
    /// <param name="dimensions">Numbers a row of each table.</param>
    /// <param name="take">Takes a shard and a message.</param>
    /// <exception cref="IOException">The connection is gone.</exception>
    /// <exception cref="RowFrameException">What came is no frame.</exception>
    public void Run(IReadOnlyList<int> dimensions, Action<int, object> take)
    {
        _dimensions = dimensions;
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
                if (!_isWriting) // else whoever writes sees to it
                    Monitor.Pulse(_gate);
                return;
            }

            _isWriting = true;
        }

        WriteInTurn(shard, message);
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
        _memory?.Dispose();
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

    private bool CanWriteAtOnce(object message) => !_isWriting && _queue.Count == 0 && CannotBlock(message);

    /// <summary>
    /// Whether any thread may write a message, which spares a wake-up: its row values, if any, lie in a slot or have one to go to, and it is short against what a socket that says it can be
    /// written has room for (a third of its buffer, which is 16 KB at first; a local one's is larger), so that it cannot block.
    /// </summary>
    private bool CannotBlock(object message) =>
        message switch
        {
            PushRows push => BytesOf(push) is var (header, values) && (header + values <= AtOnceBytes || (header <= LocalAtOnceBytes && _output.HasRoom(values))),
            RowsPulled pulled => _output.SlotThatHolds([.. pulled.Values.Select(v => v.Values)]) is not null,
            PullRows pull => BytesOf(pull) <= AtOnceBytes,
            _ => true,
        }
        && _socket.Poll(0, SelectMode.SelectWrite);

    private (long Header, long Values) BytesOf(PushRows push)
    {
        (long rows, long numbers) = (0, 0);
        foreach (RowGradients gradients in push.Gradients)
        {
            rows += gradients.Rows.Length;
            numbers += (long)gradients.Rows.Length * _dimensions[gradients.Table];
        }

        return (rows * sizeof(int), numbers * RowPayload.BytesOf(push.Format));
    }

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

            WriteInTurn(next.Shard, next.Message);
        }
    }

    /// <summary>Writes a message whose turn it is, and those that came meanwhile as long as they cannot block.</summary>
    private void WriteInTurn(int shard, object message)
    {
        while (true)
        {
            try
            {
                _output.Write(_frames, shard, message);
            }
            catch (Exception gone) when (gone is IOException or SocketException or ObjectDisposedException or RowFrameException)
            {
                Dispose(); // the reader says why
            }

            Release(message);
            lock (_gate)
            {
                if (_queue.TryPeek(out (int Shard, object Message) next) && CannotBlock(next.Message))
                {
                    (shard, message) = _queue.Dequeue();
                    continue;
                }

                _isWriting = false;
                if (_queue.Count > 0)
                    Monitor.Pulse(_gate);
                return;
            }
        }
    }

    private RowFrame Read(int longestHeader)
    {
        Span<byte> start = stackalloc byte[RowFramePrefix.Size];
        _input.Fill(start);
        RowFramePrefix prefix = RowFramePrefix.Read(start);
        if (prefix.HeaderBytes > longestHeader || (longestHeader == HandshakeBytes && prefix.Kind > RowFrameKind.Refused))
            throw new RowFrameException($"{prefix.Kind} with a header of {prefix.HeaderBytes} bytes does not begin a connection");
        RowFrame frame = prefix.Slot > 0 ? ReadSlot(prefix) : ReadStream(prefix);
        if (_memory is not null && frame.Message is PullRows { Format: RowFormat.Full } pull)
            frame = frame with { Message = pull with { Into = new AnswerSlots(_memory, _dimensions) } };
        s_bytesRead.Add(RowFramePrefix.Size + (long)prefix.HeaderBytes + prefix.PayloadBytes);
        return frame;
    }

    private RowFrame ReadStream(RowFramePrefix prefix)
    {
        RowFrame frame = _frames.Read(prefix, _input.Header(prefix.HeaderBytes));
        foreach (Memory<float> block in frame.Blocks)
            _input.Fill(prefix.Format, block.Span);
        return frame;
    }

    /// <summary>Reads a frame whose values lie in a slot: they stay there where a message may have them so.</summary>
    private RowFrame ReadSlot(RowFramePrefix prefix)
    {
        ReadOnlySpan<byte> header = _input.Header(prefix.HeaderBytes);
        LocalSlot slot = _memory?.Receive(prefix.Slot, prefix.PayloadBytes) ?? throw new RowFrameException("values in memory that is not shared");
        int size = RowPayload.BytesOf(prefix.Format);
        RowFrame frame = _frames.Read(prefix, header, RowPayload.IsMemory(prefix.Format) ? slot.Memory[..(prefix.PayloadBytes / size)] : default);
        ReadOnlySpan<byte> rest = slot.Bytes;
        foreach (Memory<float> block in frame.Blocks)
        {
            if (LocalSlot.Of(block) == slot)
                slot.Hold();
            else
                RowPayload.Read(prefix.Format, rest, block.Span);
            rest = rest[(block.Length * size)..];
        }

        slot.Return();
        return frame;
    }
}
