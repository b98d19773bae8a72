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
    public static SettingObject Apply(SettingObject root, JobSetting setting, int number, List<SettingError> errors)
    {
        string assignment = setting.Assignment;
        int equals = assignment.IndexOf('=');
        string path = (equals < 0 ? assignment : assignment[..equals]).Trim();
        var origin = new SettingOrigin(setting.Option, number, path);
        if (equals < 0 || path.Split('.').Any(string.IsNullOrWhiteSpace))
        {
            errors.Add(new SettingError(origin, null, $"`{assignment}` is no setting.", "Write it as path=value, for example training.batch=64."));
            return root;
        }
        SettingNode value = Parse(assignment[(equals + 1)..].Trim(), origin, errors);
        if (!path.StartsWith(Stages + ".", StringComparison.Ordinal))
            return (SettingObject)Set(root, root, path.Split('.'), value, SettingType.Of(typeof(JobSpec)), null, new FlagPlace(origin, errors))!;
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
        SettingType type = SettingType.Of(typeof(JobSpec));
        SettingNode inherited = SettingMerge.Merge(root.Without(Stages), items[index], type);
        items[index] = Set(items[index], inherited, rest, value, type, null, new FlagPlace(origin, errors))!;
        return root.With(Stages, new SettingList(list.Origin, items));
    }

    /// <summary>Sets the value at a path.</summary>
    /// <param name="target">What is there; of a stage its own part only.</param>
    /// <param name="effective">What counts there: of a stage with what it inherits.</param>
    /// <param name="path">The rest of the path.</param>
    /// <param name="value">The value.</param>
    /// <param name="type">What belongs there; null: unknown.</param>
    /// <param name="initial">The default of what belongs there.</param>
    /// <param name="place">Where the flag's errors belong.</param>
    private static SettingNode? Set(
        SettingNode? target, SettingNode? effective, ReadOnlySpan<string> path, SettingNode value, SettingType? type, object? initial, FlagPlace place)
    {
        if (path.IsEmpty)
        {
            bool otherKind = effective is SettingObject before && value is SettingObject after && SettingMerge.ChangesKind(before, after, type);
            return otherKind ? value : SettingMerge.Merge(target, value, type);
        }
        string key = path[0];
        if (path.Length == 1 && type is VariantSetting variant && variant.Discriminator == key)
            return Set(target, effective, [], new SettingObject(place.Origin, [KeyValuePair.Create(key, value)]), type, initial, place);
        if (effective is SettingList || (type is ListSetting && effective is not SettingObject))
            return SetElement(effective as SettingList ?? DefaultList(initial, place.Origin), path, value, (type as ListSetting)?.Item, place) ?? target;

        // A scalar on the way is replaced here, and refused by the check of types with the flag as its place.
        SettingObject parent = target as SettingObject ?? new SettingObject(place.Origin, []);
        SettingObject whole = effective as SettingObject ?? parent;
        SettingNode? child = Set(
            parent[key], whole[key], path[1..], value, SettingMerge.Child(type, whole, key), (type as RecordSetting)?.Properties.GetValueOrDefault(key)?.Default
                ?? (type as VariantSetting)?.CaseOf(whole)?.Properties.GetValueOrDefault(key)?.Default, place);
        return child is null ? target : parent.With(key, child);
    }

    private static SettingList? SetElement(SettingList list, ReadOnlySpan<string> path, SettingNode value, SettingType? type, FlagPlace place)
    {
        int count = list.Items.Count;
        if (!SettingPath.TryIndex(path[0], out int index) || index > count)
        {
            string range = count == 0 ? "It is empty; 0 appends." : $"It has the elements 0 to {count - 1}; {count} appends.";
            place.Errors.Add(new SettingError(place.Origin, null, $"`{path[0]}` is no element of the list.", range));
            return null;
        }
        SettingNode? current = index < count ? list.Items[index] : null;
        SettingNode? item = Set(current, current, path[1..], value, type, null, place);
        return item is null ? null : new SettingList(list.Origin, [.. list.Items.Take(index), item, .. list.Items.Skip(index + 1)]);
    }

    private static SettingList DefaultList(object? initial, SettingOrigin origin)
    {
        string json = initial is null ? "[]" : JsonSerializer.Serialize(initial, JobJson.Options);
        return (SettingList)SettingReader.Read(json, origin.Path, (_, path) => origin with { Path = path }, []);
    }

    /// <summary>A flag's origin, and where its errors go.</summary>
    private sealed record FlagPlace(SettingOrigin Origin, List<SettingError> Errors);
}
