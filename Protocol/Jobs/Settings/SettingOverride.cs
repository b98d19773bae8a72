using System.Text.Json;

namespace DistEmbed.Protocol.Jobs.Settings;

/// <summary>
/// A setting from the command line, <c>path=value</c>: a merge patch of one key. Dots walk objects, numbers walk lists (the next number appends),
/// <c>stages.NAME</c> walks into a stage. The value is JSON where it reads as JSON, else text.
/// </summary>
internal static class SettingOverride
{
    private const string Stages = "stages";

    /// <summary>Applies flag number <paramref name="number"/> to a job file's tree; an error leaves the tree as it is.</summary>
    public static SettingObject Apply(SettingObject root, string assignment, int number, List<SettingError> errors)
    {
        int equals = assignment.IndexOf('=');
        string path = (equals < 0 ? assignment : assignment[..equals]).Trim();
        var origin = new SettingOrigin(SettingOrigin.Flag, number, path);
        if (equals < 0 || path.Split('.').Any(string.IsNullOrWhiteSpace))
        {
            errors.Add(new SettingError(origin, null, $"`{assignment}` is no setting.", "Write it as path=value, for example training.batch=64."));
            return root;
        }
        SettingNode value = Parse(assignment[(equals + 1)..].Trim(), origin, errors);
        if (!path.StartsWith(Stages + ".", StringComparison.Ordinal))
            return (SettingObject)Set(root, path.Split('.'), value, SettingType.Of(typeof(JobSpec)), origin, errors);
        return SetInStage(root, path[(Stages.Length + 1)..], value, origin, errors);
    }

    private static SettingNode Parse(string text, SettingOrigin origin, List<SettingError> errors)
    {
        try
        {
            return SettingReader.Read(text, origin.Path, (_, path) => origin with { Path = path }, errors);
        }
        catch (JsonException)
        {
            // Not JSON: the shell's user means the characters, as in --set name=trec.
            return new SettingScalar(origin, JsonValueKind.String, text);
        }
    }

    private static SettingObject SetInStage(SettingObject root, string path, SettingNode value, SettingOrigin origin, List<SettingError> errors)
    {
        if (root[Stages] is not SettingList list)
        {
            errors.Add(new SettingError(origin, null, "the job has no stages.", $"Leave `{Stages}.NAME.` out."));
            return root;
        }
        // Names may hold dots, so names are tried whole; the longest that fits is meant.
        string[] names = [.. list.Items.Select(item => ((item as SettingObject)?["name"] as SettingScalar)?.Text ?? "")];
        string? name = names
            .Where(known => known.Length > 0 && (path == known || path.StartsWith(known + ".", StringComparison.Ordinal)))
            .MaxBy(known => known.Length);
        if (name is null)
        {
            string given = path.Split('.')[0];
            errors.Add(new SettingError(origin, null, $"there is no stage `{given}`.", Spelling.Advice(given, names, "stages")));
            return root;
        }
        string[] rest = path == name ? [] : path[(name.Length + 1)..].Split('.');
        var items = list.Items.ToList();
        int index = Array.IndexOf(names, name);
        items[index] = Set(items[index], rest, value, SettingType.Of(typeof(JobSpec)), origin, errors);
        return root.With(Stages, new SettingList(list.Origin, items));
    }

    private static SettingNode Set(
        SettingNode? target, ReadOnlySpan<string> path, SettingNode value, SettingType? type, SettingOrigin origin, List<SettingError> errors)
    {
        if (path.IsEmpty)
            return SettingMerge.Merge(target, value, type);
        string key = path[0];
        if (target is SettingList || (type is ListSetting && target is not SettingObject))
        {
            IReadOnlyList<SettingNode> items = (target as SettingList)?.Items ?? [];
            if (!SettingPath.TryIndex(key, out int index) || index > items.Count)
            {
                string range = items.Count == 0 ? "It is empty; 0 appends." : $"It has the elements 0 to {items.Count - 1}; {items.Count} appends.";
                errors.Add(new SettingError(origin, null, $"`{key}` is no element of the list.", range));
                return target ?? new SettingList(origin, items);
            }
            SettingNode item = Set(index < items.Count ? items[index] : null, path[1..], value, (type as ListSetting)?.Item, origin, errors);
            return new SettingList(target?.Origin ?? origin, [.. items.Take(index), item, .. items.Skip(index + 1)]);
        }
        // A scalar on the way is replaced here, and refused by the check of types with the flag as its place.
        SettingObject parent = target as SettingObject ?? new SettingObject(origin, []);
        SettingNode child = Set(parent[key], path[1..], value, SettingMerge.Child(type, parent, key), origin, errors);
        // Through the merge, so that a change of kind drops the keys of the old kind here as it does in a stage.
        if (path.Length == 1 && type is VariantSetting variant && variant.Discriminator == key)
            return SettingMerge.Merge(parent, new SettingObject(origin, [KeyValuePair.Create(key, child)]), type);
        return parent.With(key, child);
    }
}
