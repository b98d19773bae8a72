using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace DistEmbed.Protocol.Node;

/// <summary>A host and a port, written <c>HOST:PORT</c>; an IPv6 address stands in brackets.</summary>
/// <param name="Host">Name or address, without brackets.</param>
/// <param name="Port">From 1 to 65535.</param>
public readonly record struct HostPort(string Host, int Port)
{
    /// <summary>Reads <c>HOST:PORT</c>.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out HostPort? parsed)
    {
        parsed = null;
        int colon = text.LastIndexOf(':');
        if (colon < 1 || !int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int port) || port is < 1 or > 65535)
            return false;
        string host = text[..colon];
        bool bracketed = host is ['[', .., ']'];
        if (bracketed)
            host = host[1..^1];
        // A colon outside brackets: an IPv6 address whose last part would be taken for the port.
        if ((host.Contains(':') && !bracketed) || Uri.CheckHostName(host) == UriHostNameType.Unknown)
            return false;
        parsed = new HostPort(host, port);
        return true;
    }

    /// <summary>Reads <c>HOST:PORT</c> that a program wrote.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static HostPort Parse(string text) => TryParse(text, out HostPort? parsed) ? parsed.Value : throw new FormatException($"'{text}' is no HOST:PORT");

    /// <inheritdoc/>
    public override string ToString() => Host.Contains(':') ? $"[{Host}]:{Port}" : $"{Host}:{Port}";
}
