using System.Globalization;

namespace DistEmbed.Protocol.Jobs.Settings;

/// <summary>Paths of settings: keys and list indices with dots between, the same in messages and in <c>--set</c>.</summary>
internal static class SettingPath
{
    public static string Join(string path, string key) => path.Length == 0 ? key : $"{path}.{key}";

    public static string Join(string path, int index) => Join(path, index.ToString(CultureInfo.InvariantCulture));

    /// <summary>The path without its last key.</summary>
    public static string Parent(string path) => path.LastIndexOf('.') is var dot and >= 0 ? path[..dot] : "";

    /// <summary>The value at <paramref name="path"/>, or the nearest value above it, and whether the value itself is there.</summary>
    public static (SettingNode Node, bool Exact) Find(SettingNode root, string path)
    {
        SettingNode node = root;
        while (path.Length > 0)
        {
            // Keys of maps are the user's (labels) and may hold dots, so the longest key that fits goes first.
            (SettingNode? child, string rest) = node switch
            {
                SettingObject map => map.Members
                    .Where(member => path == member.Key || path.StartsWith(member.Key + ".", StringComparison.Ordinal))
                    .OrderByDescending(member => member.Key.Length)
                    .Select(member => ((SettingNode?)member.Value, path[Math.Min(path.Length, member.Key.Length + 1)..]))
                    .FirstOrDefault((null, path)),
                SettingList list when TryIndex(path.Split('.')[0], out int index) && index < list.Items.Count =>
                    (list.Items[index], path.Contains('.') ? path[(path.IndexOf('.') + 1)..] : ""),
                _ => (null, path),
            };
            if (child is null)
                return (node, false);
            (node, path) = (child, rest);
        }
        return (node, true);
    }

    public static bool TryIndex(string text, out int index) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out index);
}
