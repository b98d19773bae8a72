using YamlDotNet.RepresentationModel;

namespace DistEmbed.Process.Tests.Deploy;

/// <summary>Reading YAML: merge keys (<c>&lt;&lt;</c>) are followed, as Compose does.</summary>
internal static class YamlFile
{
    public static IReadOnlyList<YamlNode> Read(params string[] path)
    {
        var stream = new YamlStream();
        using var reader = new StringReader(Checkout.Text(path));
        stream.Load(reader);
        return [.. stream.Documents.Select(document => document.RootNode)];
    }

    /// <summary>The value at a path of keys; null: there is none.</summary>
    public static YamlNode? At(this YamlNode node, params string[] keys)
    {
        YamlNode? at = node;
        foreach (string key in keys)
            at = at is YamlMappingNode map ? Entries(map).GetValueOrDefault(key) : null;
        return at;
    }

    public static string Text(this YamlNode node, params string[] keys) =>
        (node.At(keys) as YamlScalarNode)?.Value ?? throw new InvalidDataException($"no text at {string.Join('.', keys)} of {node}");

    public static IReadOnlyList<YamlNode> List(this YamlNode node, params string[] keys) => node.At(keys) is YamlSequenceNode list ? [.. list] : [];

    public static IReadOnlyDictionary<string, YamlNode> Map(this YamlNode node, params string[] keys) => node.At(keys) is YamlMappingNode map ? Entries(map) : new Dictionary<string, YamlNode>();

    public static string[] Words(this YamlNode node, params string[] keys) => [.. node.List(keys).Select(item => ((YamlScalarNode)item).Value!)];

    private static Dictionary<string, YamlNode> Entries(YamlMappingNode map)
    {
        var entries = new Dictionary<string, YamlNode>();
        foreach ((YamlNode key, YamlNode value) in map.Children)
        {
            string name = ((YamlScalarNode)key).Value!;
            if (name != "<<")
                entries[name] = value;
            else
            {
                foreach ((string inherited, YamlNode under) in Entries((YamlMappingNode)value))
                    entries.TryAdd(inherited, under);
            }
        }

        return entries;
    }
}
