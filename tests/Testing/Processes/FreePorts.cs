using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace DistEmbed.Testing.Processes;

/// <summary>
/// Loopback ports for processes that have to be named before they are there. They lie below the range from which the system gives ports to others, and none is given
/// twice, so that nobody takes one before the process does.
/// </summary>
public static class FreePorts
{
    private const int First = 12_000;
    private const int End = 32_000;
    private static int s_next = First + (Environment.ProcessId * 97 % (End - First));

    /// <summary>Ports that nobody listens at, in rising order.</summary>
    public static IReadOnlyList<string> Take(int count)
    {
        var ports = new List<int>();
        for (int tries = 0; ports.Count < count; tries++)
        {
            if (tries > End - First)
                throw new InvalidOperationException($"no {count} ports from {First} to {End} are free");
            int port = First + (Interlocked.Increment(ref s_next) % (End - First));
            if (IsFree(port))
                ports.Add(port);
        }

        return [.. ports.Order().Select(port => port.ToString(CultureInfo.InvariantCulture))];
    }

    private static bool IsFree(int port)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
