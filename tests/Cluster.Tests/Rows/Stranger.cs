using System.Net;
using System.Net.Sockets;
using DistEmbed.ParameterServer.Rows;
using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Node.RowPlane;
using DistEmbed.Protocol.Serialization;
using DistEmbed.Testing;

namespace DistEmbed.Cluster.Tests.Rows;

/// <summary>A client that connects to a listener by hand, without the protocol of a worker.</summary>
internal static class Stranger
{
    public static RowHello Hello(string run) => new(NodeProtocol.Version, "test", run, "stranger", 1);

    public static RowGreeting Connect(RowPlaneListener listener) => Connect(listener, out _);

    public static RowGreeting Connect(RowPlaneListener listener, out Socket socket)
    {
        socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        socket.ReceiveTimeout = (int)Wait.Deadline.TotalMilliseconds;
        socket.Connect(IPEndPoint.Parse(listener.Address));
        return new RowGreeting(socket, new NetworkStream(socket, ownsSocket: true));
    }

    /// <summary>A connection that is welcome.</summary>
    public static RowGreeting Greet(RowPlaneListener listener, string run) => Greet(listener, run, out _);

    public static RowGreeting Greet(RowPlaneListener listener, string run, out Socket socket)
    {
        RowGreeting greeting = Connect(listener, out socket);
        greeting.Greet(Hello(run));
        Assert.IsType<RowWelcome>(greeting.Await());
        return greeting;
    }

    /// <summary>Fails unless the next thing that comes is the end of the connection: silence is not.</summary>
    public static void IsCutOff(RowGreeting greeting) => IsCutOff(() => greeting.Await());

    /// <summary>Fails unless reading finds that the other end has closed the connection: silence is not that.</summary>
    public static void IsCutOff(Action read)
    {
        IOException ended = Assert.ThrowsAny<IOException>(read);
        // A socket that is closed with bytes unread resets its connection.
        Assert.True(
            ended is EndOfStreamException || ended.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionReset or SocketError.Shutdown },
            $"expected a connection that the other end has closed, found {ended}");
    }
}
