using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;
using DistEmbed.Protocol.Messages;

namespace DistEmbed.Protocol.Node;

/// <summary>
/// The line on standard output by which a script knows that a node works: <c>ready: worker w-ab12 cluster=distembed control=127.0.0.1:41021 metrics=127.0.0.1:43111</c>.
/// </summary>
/// <param name="Role">What the node offers.</param>
/// <param name="Node">Its name.</param>
/// <param name="Cluster">Name of the cluster.</param>
/// <param name="Addresses">What listens, and where, <c>HOST:PORT</c>, in the order of the line: <c>control</c>, <c>rows</c>, <c>grpc</c>, <c>metrics</c>.</param>
public sealed partial record ReadinessLine(NodeRole Role, string Node, string Cluster, IReadOnlyList<KeyValuePair<string, string>> Addresses)
{
    /// <summary>Where one thing listens; null: it does not.</summary>
    public string? AddressOf(string what) => Addresses.Where(pair => pair.Key == what).Select(pair => pair.Value).FirstOrDefault();

    /// <summary>Reads such a line; other lines of output are none.</summary>
    public static bool TryParse(string line, [NotNullWhen(true)] out ReadinessLine? parsed)
    {
        Match match = Pattern().Match(line);
        parsed = match.Success && Enum.TryParse(match.Groups["role"].Value, ignoreCase: true, out NodeRole role)
            ? new ReadinessLine(role, match.Groups["node"].Value, match.Groups["cluster"].Value,
                [.. match.Groups["key"].Captures.Zip(match.Groups["at"].Captures, (key, at) => KeyValuePair.Create(key.Value, at.Value))])
            : null;
        return parsed is not null;
    }

    /// <summary>The line, without its end.</summary>
    public override string ToString() =>
        $"ready: {NodeSettings.RoleName(Role)} {Node} cluster={Cluster}{string.Concat(Addresses.Select(pair => $" {pair.Key}={pair.Value}"))}";

    [GeneratedRegex(@"\Aready: (?<role>coordinator|server|worker) (?<node>\S+) cluster=(?<cluster>\S+)( (?<key>[a-z]+)=(?<at>\S+))*\z")]
    private static partial Regex Pattern();
}
