using System.Net.Sockets;
using DistEmbed.Protocol.Serialization;

namespace DistEmbed.Protocol.Node.RowPlane;

/// <summary>
/// The beginning of a connection of the row plane, either end: the two say who they are, and nothing else goes over it. A <see cref="RowConnection"/>, which rows go over, needs what
/// they agree on; <see cref="Open"/> makes it, whole.
/// </summary>
public sealed class RowGreeting : IDisposable
{
    private const int MostHeaderBytes = 1 << 14;

    private readonly Socket _socket;
    private readonly Stream _stream;
    private readonly RowInput _input;
    private readonly RowOutput _output;
    private readonly RowFrames _frames = new([]);
    private bool _isOpened;

    /// <summary>Begins on a connected socket and the stream on it.</summary>
    public RowGreeting(Socket socket, Stream stream)
    {
        _socket = socket;
        _stream = stream;
        _input = new RowInput(stream);
        _output = new RowOutput(stream, shared: null);
    }

    /// <summary>
    /// Settings of every socket of the row plane: no delay, a peer that is gone is noticed. Buffers of TCP are the system's, which grow with the connection; a size that is set would be a
    /// bound.
    /// </summary>
    /// <param name="socket">The socket.</param>
    /// <param name="patience">How long the other end may be silent until the connection is opened.</param>
    public static void Prepare(Socket socket, TimeSpan patience)
    {
        socket.ReceiveTimeout = socket.SendTimeout = (int)patience.TotalMilliseconds;
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

    /// <summary>Writes a message of the handshake.</summary>
    /// <exception cref="IOException">The connection is gone.</exception>
    public void Greet(object message) => _output.Write(_frames, 0, message);

    /// <summary>Reads a message of the handshake.</summary>
    /// <exception cref="IOException">The connection is gone, or nothing came in time.</exception>
    /// <exception cref="RowFrameException">What came is no frame, or longer than a handshake is.</exception>
    public object Await()
    {
        RowFramePrefix prefix = _input.Prefix();
        if (prefix.HeaderBytes > MostHeaderBytes || prefix.Kind > RowFrameKind.Refused)
            throw new RowFrameException($"{prefix.Kind} with a header of {prefix.HeaderBytes} bytes does not begin a connection");
        return _frames.Read(prefix, _input.Header(prefix.HeaderBytes)).Message;
    }

    /// <summary>Ends the handshake: the connection that this returns has the socket from now on.</summary>
    /// <param name="dimensions">Dimension of each table's rows.</param>
    /// <param name="memory">
    /// Where row values lie that both ends see; null: they go through the socket. The connection uses it for as long as it is open.
    /// </param>
    /// <exception cref="SocketException">The connection is gone.</exception>
    public RowConnection Open(IReadOnlyList<int> dimensions, LocalMemory? memory = null)
    {
        // Either side may be silent for as long as a step takes; a peer that is gone shows by its keep-alive.
        _socket.ReceiveTimeout = _socket.SendTimeout = 0;
        var connection = new RowConnection(_socket, _stream, _input, dimensions, memory?.TryUse() == true ? memory : null);
        _isOpened = true;
        return connection;
    }

    /// <summary>Closes what was not opened.</summary>
    public void Dispose()
    {
        if (_isOpened)
            return;
        _socket.Dispose();
        _stream.Dispose();
    }
}
