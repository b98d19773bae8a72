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

    private const int AtOnceBytes = 1 << 12;
    private const int LocalAtOnceBytes = 1 << 15;
    private const int MostAsked = 16; // more than a worker pulls ahead; the values of older ones are copied once

    private readonly Socket _socket;
    private readonly Stream _stream;
    private readonly RowInput _input;
    private readonly object _gate = new();
    private readonly Queue<(int Shard, object Message)> _queue = new();
    private readonly RowOutput _output;
    private readonly (PullId Id, IRowDestination Into)[] _asked = new (PullId, IRowDestination)[MostAsked];
    private readonly IReadOnlyList<int> _dimensions;
    private readonly RowFrames _frames;
    private readonly LocalMemory? _memory;
    private int _lastAsked;
    private bool _isWriting;
    private volatile bool _closed;

    /// <summary>Continues on the socket of a finished <see cref="RowGreeting"/>.</summary>
    /// <param name="socket">The socket, without time limits.</param>
    /// <param name="stream">The stream on it.</param>
    /// <param name="input">What reads it, and may have read ahead.</param>
    /// <param name="dimensions">Dimension of each table's rows.</param>
    /// <param name="memory">A use of the memory that both ends see, which ends with the connection; null: there is none.</param>
    internal RowConnection(Socket socket, Stream stream, RowInput input, IReadOnlyList<int> dimensions, LocalMemory? memory)
    {
        _socket = socket;
        _stream = stream;
        _input = input;
        _output = new RowOutput(stream, memory);
        _dimensions = dimensions;
        _frames = new RowFrames(dimensions) { Destinations = DestinationOf };
        _memory = memory;
    }

    /// <summary>Reads frames until the connection ends, on the calling thread, and writes what is given to <see cref="Enqueue"/>.</summary>
    /// <param name="take">Takes a shard and a message.</param>
    /// <exception cref="IOException">The connection is gone.</exception>
    /// <exception cref="RowFrameException">What came is no frame.</exception>
    public void Run(Action<int, object> take)
    {
        var writer = new Thread(WriteAll) { IsBackground = true, Name = "rows-out" };
        writer.Start();
        try
        {
            while (true)
            {
                RowFrame frame = Read();
                take(frame.Shard, frame.Message);
            }
        }
        finally
        {
            Dispose();
            writer.Join();
        }
    }

    /// <summary>Has a message written, now or once <see cref="Run"/> runs; on a closed connection it is dropped, and the other end asks again.</summary>
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

    private RowFrame Read()
    {
        RowFramePrefix prefix = _input.Prefix();
        RowFrame frame = prefix.Slot > 0 ? ReadSlot(prefix) : ReadStream(prefix);
        if (_memory is not null && frame.Message is PullRows { Format: RowFormat.Full } pull)
            frame = frame with { Message = pull with { Into = new AnswerSlots(_memory, _dimensions) } };
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
