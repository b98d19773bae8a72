using System.Net;
using Grpc.Core;

namespace DistEmbed.Coordinator.Grpc;

/// <summary>Who makes a call: the name that the caller gives and the address that the connection has.</summary>
public static class Caller
{
    /// <summary>The metadata entry with the caller's name, <c>name@machine</c>.</summary>
    public const string UserEntry = "distembed-user";

    private const int LongestName = 100;

    /// <summary>The caller in words, for logs and reports: <c>ann@laptop (10.0.0.3)</c>.</summary>
    public static string Of(ServerCallContext context)
    {
        IPAddress? address = context.GetHttpContext().Connection.RemoteIpAddress;
        if (address is { IsIPv4MappedToIPv6: true })
            address = address.MapToIPv4();
        return $"{Printable(context.RequestHeaders.GetValue(UserEntry) ?? "")} ({address})";
    }

    /// <summary>A name as metadata can carry it: printable ASCII, not too long.</summary>
    public static string Printable(string name)
    {
        string kept = string.Concat(name.Take(LongestName).Select(c => c is > ' ' and <= '~' ? c : '?'));
        return kept.Length == 0 ? "somebody" : kept;
    }
}
