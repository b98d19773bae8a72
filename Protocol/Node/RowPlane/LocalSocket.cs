using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace DistEmbed.Protocol.Node.RowPlane;

/// <summary>
/// The way of rows between processes of one machine: a Unix socket beside the server's TCP port, which moves about twice as many bytes in the same processor time.
/// Its name follows from the address that workers know, and lies in the network's namespace and not in the file system: nobody has to tell it, nothing stays
/// behind, and where it does not exist (another machine, another container) rows go over TCP. Linux only.
/// <para>
/// Whoever runs on a machine may take such a name. So each end looks who the other one is, and wants the same user; and with TLS, which says more than that, there
/// is no such way.
/// </para>
/// </summary>
public static partial class LocalSocket
{
    // Half of what a message of rows has. The kernel gives less where net.core.wmem_max is lower, which costs speed only.
    private const int BufferBytes = 1 << 19;

    private const int SocketLevel = 1; // SOL_SOCKET
    private const int PeerCredentials = 17; // SO_PEERCRED
    private const int CredentialsBytes = 3 * sizeof(int); // process, user, group

    /// <summary>Listens beside a TCP port.</summary>
    /// <param name="address">What workers know the port by.</param>
    /// <param name="options">The server's settings.</param>
    /// <returns>The socket; null where rows go over TCP only.</returns>
    public static Socket? Listen(string address, NodeOptions options) => Open(options, socket =>
    {
        socket.Bind(EndPointOf(address));
        socket.Listen();
        return true;
    });

    /// <summary>Connects to a server of this machine.</summary>
    /// <param name="address">The address of its TCP port.</param>
    /// <param name="options">The worker's settings.</param>
    /// <returns>The socket, prepared; null where there is none of the same user.</returns>
    public static Socket? Connect(string address, NodeOptions options) => Open(options, socket =>
    {
        RowGreeting.Prepare(socket, options.HandshakePatience); // first, so that somebody else's socket that takes no connection is waited for in vain no longer than a handshake
        socket.Connect(EndPointOf(address));
        return IsSameUser(socket);
    });

    /// <summary>The name of the socket beside a TCP port: a digest of its address, since a name has at most 107 bytes and a host may have 253.</summary>
    public static UnixDomainSocketEndPoint EndPointOf(string address) =>
        new($"\0distembed-rows-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(address)))}");

    /// <summary>Whether the process at the other end runs as this one's user.</summary>
    /// <exception cref="SocketException">The connection is gone.</exception>
    public static bool IsSameUser(Socket socket)
    {
        Span<byte> credentials = stackalloc byte[CredentialsBytes];
        return socket.GetRawSocketOption(SocketLevel, PeerCredentials, credentials) == CredentialsBytes
            && MemoryMarshal.Read<uint>(credentials[sizeof(int)..]) == EffectiveUser();
    }

    /// <summary>The process at the other end; 0 where it is not to be seen from here.</summary>
    /// <exception cref="SocketException">The connection is gone.</exception>
    internal static int ProcessOf(Socket socket)
    {
        Span<byte> credentials = stackalloc byte[CredentialsBytes];
        return socket.GetRawSocketOption(SocketLevel, PeerCredentials, credentials) == CredentialsBytes ? MemoryMarshal.Read<int>(credentials) : 0;
    }

    /// <summary>Settings of the sockets that <see cref="RowGreeting.Prepare"/> sets beside those of every socket.</summary>
    internal static void Prepare(Socket socket) => socket.SendBufferSize = BufferBytes;

    private static Socket? Open(NodeOptions options, Func<Socket, bool> use)
    {
        if (!OperatingSystem.IsLinux() || options is not { Tls: null, LocalSockets: true })
            return null;
        Socket? socket = null;
        try
        {
            socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            if (use(socket))
                return socket;
        }
        catch (SocketException)
        {
            // The name is taken, or there is no such name, or the process may have no such sockets: rows go over TCP.
        }

        socket?.Dispose();
        return null;
    }

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint EffectiveUser();
}
