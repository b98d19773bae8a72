using System.Net;
using System.Net.Sockets;
using DistEmbed.Protocol.Node.RowPlane;

namespace DistEmbed.Cluster.Tests.Rows;

/// <summary>The two ends of a connection over loopback.</summary>
internal sealed class SocketPair : IDisposable
{
    public SocketPair()
    {
        using var listening = new TcpListener(IPAddress.Loopback, 0);
        listening.Start();
        Near = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        Near.Connect(listening.LocalEndpoint);
        Far = listening.AcceptSocket();
    }

    public Socket Near { get; }

    public Socket Far { get; }

    /// <summary>A connection whose handshake is over.</summary>
    public static RowConnection Open(Socket socket, params int[] dimensions)
    {
        using var greeting = new RowGreeting(socket, new NetworkStream(socket, ownsSocket: true));
        return greeting.Open(dimensions);
    }

    public void Dispose()
    {
        Near.Dispose();
        Far.Dispose();
    }
}
