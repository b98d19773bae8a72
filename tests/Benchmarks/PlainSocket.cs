using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace DistEmbed.Benchmarks;

/// <summary>
/// What loopback can do: as many bytes as <see cref="RowPlaneRun"/> moves, in blocks of 1 MB, each up and then another down, over TCP. Socket
/// buffers are the system's.
/// </summary>
internal sealed class PlainSocket : IContestant, IDisposable
{
    private const int BlockBytes = 1 << 20;

    private readonly RowPlaneCase _case;
    private readonly RowPlaneServer _server;
    private readonly Socket[] _sockets;

    public PlainSocket(RowPlaneCase @case, RowPlaneServer server, int sockets)
    {
        (_case, _server) = (@case, server);
        _sockets = [.. Enumerable.Range(0, sockets).Select(_ =>
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            socket.Connect(IPAddress.Loopback, server.PlainPort);
            return socket;
        })];
    }

    public string Name => $"plain, {_sockets.Length} sockets";

    /// <summary>The other end: it takes as many bytes as it is told, and sends as many back.</summary>
    public static Socket Listen(out int port)
    {
        var listening = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listening.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listening.Listen();
        port = ((IPEndPoint)listening.LocalEndPoint!).Port;
        new Thread(() =>
        {
            try
            {
                while (true)
                {
                    Socket socket = listening.Accept();
                    new Thread(() => Echo(socket)) { IsBackground = true }.Start();
                }
            }
            catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
            {
                // The benchmark is over.
            }
        })
        { IsBackground = true }.Start();
        return listening;
    }

    public Block Run(int steps)
    {
        TimeSpan cpu = _server.ProcessorTime;
        long start = Stopwatch.GetTimestamp();
        Thread[] threads = [.. _sockets.Select(socket => new Thread(() => Move(socket, (long)steps * _case.Slices * _case.BytesASlice / _sockets.Length)))];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            thread.Join();
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return new Block(seconds / steps, seconds, steps, 0, 0, (_server.ProcessorTime - cpu).TotalSeconds, 0);
    }

    public void Dispose()
    {
        foreach (Socket socket in _sockets)
            socket.Dispose();
    }

    private static void Move(Socket socket, long bytes)
    {
        byte[] block = new byte[BlockBytes];
        byte[] length = new byte[sizeof(int)];
        for (; bytes > 0; bytes -= block.Length)
        {
            int turn = (int)Math.Min(bytes, block.Length);
            BinaryPrimitives.WriteInt32LittleEndian(length, turn);
            socket.Send(length);
            Send(socket, block, turn);
            Receive(socket, block, turn);
        }
    }

    private static void Echo(Socket socket)
    {
        byte[] block = new byte[BlockBytes];
        byte[] length = new byte[sizeof(int)];
        using (socket)
        {
            socket.NoDelay = true;
            try
            {
                while (true)
                {
                    Receive(socket, length, length.Length);
                    int bytes = BinaryPrimitives.ReadInt32LittleEndian(length);
                    Receive(socket, block, bytes);
                    Send(socket, block, bytes);
                }
            }
            catch (Exception ended) when (ended is SocketException or EndOfStreamException)
            {
                // The other end has done its blocks.
            }
        }
    }

    private static void Send(Socket socket, byte[] block, int bytes)
    {
        while (bytes > 0)
            bytes -= socket.Send(block, 0, Math.Min(bytes, block.Length), SocketFlags.None);
    }

    private static void Receive(Socket socket, byte[] block, int bytes)
    {
        while (bytes > 0)
        {
            int read = socket.Receive(block, 0, Math.Min(bytes, block.Length), SocketFlags.None);
            if (read == 0)
                throw new EndOfStreamException();
            bytes -= read;
        }
    }
}
