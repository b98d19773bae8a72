using System.Net;
using System.Net.Sockets;

namespace DistEmbed.Cluster.Tests.Rows;

/// <summary>Stands between workers and a server and cuts each of its first connections after some bytes, wherever in a frame that is.</summary>
internal sealed class CuttingProxy : IDisposable
{
    private readonly TcpListener _listening = new(IPAddress.Loopback, 0);
    private readonly IPEndPoint _server;
    private readonly int _cuts;
    private int _connections;

    public CuttingProxy(string server, int cuts)
    {
        (_server, _cuts) = (IPEndPoint.Parse(server), cuts);
        _listening.Start();
        Address = _listening.LocalEndpoint.ToString()!;
        _ = AcceptAsync();
    }

    public string Address { get; }

    public int Connections => Volatile.Read(ref _connections);

    public void Dispose() => _listening.Dispose();

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Socket worker = await _listening.AcceptSocketAsync();
                int number = Interlocked.Increment(ref _connections);
                _ = CarryAsync(worker, number <= _cuts ? 500 + number * 777 : long.MaxValue);
            }
        }
        catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task CarryAsync(Socket worker, long left)
    {
        using var server = new Socket(SocketType.Stream, ProtocolType.Tcp);
        using (worker)
        {
            await server.ConnectAsync(_server);
            await Task.WhenAny(PumpAsync(worker, server), PumpAsync(server, worker));
        }

        async Task PumpAsync(Socket from, Socket to)
        {
            byte[] buffer = new byte[300];
            try
            {
                while (left > 0)
                {
                    int read = await from.ReceiveAsync(buffer);
                    if (read == 0)
                        return;
                    await to.SendAsync(buffer.AsMemory(0, read));
                    left -= read;
                }
            }
            catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
            {
                // The other direction has cut it.
            }
        }
    }
}
