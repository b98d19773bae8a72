using System.Diagnostics.CodeAnalysis;

namespace DistEmbed.Protocol.Node;

/// <summary>
/// Where a cluster is looked for. <c>HOST:PORT</c> is one coordinator, written as that coordinator calls itself: a node answers to no other name, and being called by two
/// names at once would have it listen to the later one alone. <c>dns+NAME:PORT</c> is every address that the name has, for coordinators that call themselves by their addresses.
/// </summary>
/// <param name="Place">Host and port.</param>
/// <param name="EveryAddress">Whether the host is a name that stands for all of its addresses.</param>
public readonly record struct SeedPlace(HostPort Place, bool EveryAddress)
{
    private const string Prefix = "dns+";

    /// <summary>Reads <c>HOST:PORT</c> or <c>dns+NAME:PORT</c>.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out SeedPlace? parsed)
    {
        bool every = text.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase);
        bool isPlace = HostPort.TryParse(every ? text[Prefix.Length..] : text, out HostPort? place);
        parsed = isPlace ? new SeedPlace(every ? place!.Value : place!.Value with { Host = Named(place.Value.Host) }, every) : null;
        return isPlace;
    }

    /// <summary>The name that a node of this machine has: who says <c>localhost</c> means 127.0.0.1, on either side.</summary>
    public static string Named(string host) => host.Equals("localhost", StringComparison.OrdinalIgnoreCase) ? "127.0.0.1" : host;

    /// <inheritdoc/>
    public override string ToString() => EveryAddress ? Prefix + Place : Place.ToString();
}
