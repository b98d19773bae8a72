using System.Net;
using System.Net.Sockets;

namespace DistEmbed.Cluster.Tests.Node;

/// <summary>
/// A port of loopback that a node is to listen on later. A socket that is bound and does not listen keeps the system from giving it to anybody who asks for a free one; a
/// node that asks for this one gets it (on Linux; elsewhere the port is only likely to be free still).
/// </summary>
internal sealed class ReservedPort : IDisposable
{
    private readonly Socket _bound = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public ReservedPort()
    {
        _bound.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        Number = ((IPEndPoint)_bound.LocalEndPoint!).Port;
        if (!OperatingSystem.IsLinux())
            _bound.Dispose();
    }

    public int Number { get; }

    public void Dispose() => _bound.Dispose();
}
