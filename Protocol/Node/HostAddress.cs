using System.Net;
using System.Net.Sockets;

namespace DistEmbed.Protocol.Node;

/// <summary>The address behind <c>--host</c>.</summary>
public static class HostAddress
{
    /// <summary>Looks up a name; of several addresses one of IPv4 goes first.</summary>
    /// <exception cref="InvalidInputException">It has no address.</exception>
    public static async Task<IPAddress> OfAsync(string host, CancellationToken cancel = default)
    {
        if (IPAddress.TryParse(host, out IPAddress? address))
            return address;
        try
        {
            IPAddress[] addresses = await Dns.GetHostAddressesAsync(host, cancel).ConfigureAwait(false);
            return addresses.OrderBy(a => a.AddressFamily == AddressFamily.InterNetwork ? 0 : 1).First();
        }
        catch (Exception unknown) when (unknown is SocketException or ArgumentException or InvalidOperationException)
        {
            string why = unknown.Message.TrimEnd('.');
            throw new InvalidInputException(
                new InputError("--host", $"'{host}' has no address: {why}.", "Give an address or a name of this machine."), unknown);
        }
    }

    /// <summary>Refuses an address that is not this machine's, before anything tries to listen there.</summary>
    /// <exception cref="InvalidInputException">The name has no address, or none of this machine.</exception>
    public static async Task RequireOwnAsync(string host)
    {
        IPAddress address = await OfAsync(host).ConfigureAwait(false);
        try
        {
            using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(address, 0));
        }
        catch (SocketException foreign)
            when (foreign.SocketErrorCode is SocketError.AddressNotAvailable or SocketError.AddressFamilyNotSupported)
        {
            const string Fix = "Give one that it has, or listen on 0.0.0.0 and name the other with --public-host.";
            throw new InvalidInputException(
                new InputError("--host", $"{host} is no address of this machine.", Fix), foreign);
        }
    }
}
