using System.Globalization;
using System.Text.Json;

namespace DistEmbed.Protocol.Jobs.Settings;

/// <summary>
/// Checks a tree against the records: unknown keys, wrong types, missing keys, unknown words. It reports every error and returns what is left when the
/// unreadable parts are taken out, so that the rules about values can be checked in the same go.
/// </summary>
/// <param name="errors">Receives the errors.</param>
/// <param name="unreadable">Receives the path of every setting that was taken out or is missing.</param>
internal sealed class SettingChecker(List<SettingError> errors, HashSet<string> unreadable)
{
    /// <summary>Checks <paramref name="node"/>; null: it cannot be read.</summary>
    /// <param name="node">The value.</param>
    /// <param name="type">What it has to be.</param>
    /// <param name="path">Its path in its stage.</param>
    public SettingNode? Check(SettingNode node, SettingType type, string path) => (type, node) switch
    {
        (RecordSetting record, SettingObject value) => CheckRecord(value, record, null, path),
        (VariantSetting variant, SettingObject value) => CheckVariant(value, variant, path),
        (VariantSetting variant, SettingScalar { Kind: JsonValueKind.String } kind) => Refuse(node, path, $"must be an object, found {node.Found}.", InObject(kind.Text, variant)),
        (FreeSetting, SettingObject) => node,
        (MapSetting map, SettingObject value) => CheckMap(value, map, path),
        (ListSetting list, SettingList value) => CheckList(value, list, path),
        (TextSetting, SettingScalar { Kind: JsonValueKind.String }) => node,
        // On the command line quotes are the shell's: --set name=7 means the text.
        (TextSetting, SettingScalar { Origin.IsFlag: true, Kind: not JsonValueKind.Null } value) => new SettingScalar(node.Origin, JsonValueKind.String, value.Text),
        (PathsSetting, SettingScalar) => Check(node, SettingType.Of(typeof(string)), path),
        (PathsSetting, SettingList value) => CheckList(value, (ListSetting)SettingType.Of(typeof(IReadOnlyList<string>)), path),
        (FlagSetting, SettingScalar { Kind: JsonValueKind.True or JsonValueKind.False }) => node,
        (IntegerSetting integer, SettingScalar { Kind: JsonValueKind.Number } value) => CheckInteger(value, integer, path),
        (NumberSetting number, SettingScalar { Kind: JsonValueKind.Number } value) => CheckNumber(value, number, path),
        (ChoiceSetting choice, SettingScalar { Kind: JsonValueKind.String } value) => CheckChoice(value, choice, path),
        _ => Refuse(node, path, $"must be {type.Expected}, found {node.Found}.", ""),
    };

    private static string InObject(string kind, VariantSetting type)
    {
        string? known = type.Cases.ContainsKey(kind) ? kind : Spelling.Nearest(kind, type.Cases.Keys);
        return $"Write it as {{ \"{type.Discriminator}\": \"{known ?? type.Cases.Keys.First()}\" }}. Known values: {string.Join(", ", type.Cases.Keys)}.";
    }

    private SettingNode? CheckInteger(SettingScalar node, IntegerSetting type, string path)
    {
        if (Int128.TryParse(node.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out Int128 value))
        {
            return value >= type.Smallest && value <= type.Largest
                ? new SettingScalar(node.Origin, JsonValueKind.Number, value.ToString(CultureInfo.InvariantCulture))
                : Refuse(node, path, $"must be a whole number from {type.Smallest} to {type.Largest}, found {node.Found}.", "");
        }
        return Refuse(node, path, $"must be a whole number, found {node.Found}.", "Write it in digits, without fraction or exponent.");
    }

    private SettingNode? CheckNumber(SettingScalar node, NumberSetting type, string path) =>
        Math.Abs(double.Parse(node.Text, NumberStyles.Float, CultureInfo.InvariantCulture)) <= type.Largest
            ? node
            : Refuse(node, path, $"is too large: {node.Found}.", "");

    private SettingNode? CheckChoice(SettingScalar node, ChoiceSetting type, string path) =>
        type.Names.Contains(node.Text) ? node : Refuse(node, path, $"unknown value {node.Found}.", Spelling.Advice(node.Text, type.Names, "values"));

    private SettingList? CheckList(SettingList node, ListSetting type, string path)
    {
        var items = new List<SettingNode>();
        bool readable = true;
        for (int i = 0; i < node.Items.Count; i++)
        {
            SettingNode? item = Check(node.Items[i], type.Item, SettingPath.Join(path, i));
            // A record that cannot be read leaves a gap, so that the others keep their number; a list of plain values is given up.
            readable &= item is not null || type.Item is RecordSetting;
            items.Add(item ?? new SettingScalar(node.Items[i].Origin, JsonValueKind.Null, "null"));
        }
        return readable ? new SettingList(node.Origin, items) : null;
    }

    private SettingObject CheckMap(SettingObject node, MapSetting type, string path)
    {
        var members = new List<KeyValuePair<string, SettingNode>>();
        foreach ((string key, SettingNode value) in node.Members)
        {
            if (value.IsNull)
                continue;
            SettingNode? item = Check(value, type.Value, SettingPath.Join(path, key));
            members.Add(KeyValuePair.Create(key, item ?? new SettingScalar(value.Origin, JsonValueKind.Null, "null")));
        }
        return new SettingObject(node.Origin, members);
    }

    private SettingNode? CheckVariant(SettingObject node, VariantSetting type, string path)
    {
        string kindPath = SettingPath.Join(path, type.Discriminator);
        switch (node[type.Discriminator])
        {
            case null or { IsNull: true }:
                unreadable.Add(kindPath);
                errors.Add(new SettingError(node.Origin, kindPath, "is required.", $"Known values: {string.Join(", ", type.Cases.Keys)}."));
                return null;
            case SettingScalar { Kind: JsonValueKind.String } kind when type.CaseOf(node) is null:
                return Refuse(kind, kindPath, $"unknown value {kind.Found}.", Spelling.Advice(kind.Text, [.. type.Cases.Keys], "values"));
            case SettingScalar { Kind: JsonValueKind.String }:
                return CheckRecord(node, type.CaseOf(node)!, type, path);
            case var other:
                return Refuse(other, kindPath, $"must be text, found {other.Found}.", $"Known values: {string.Join(", ", type.Cases.Keys)}.");
        }
    }

    private SettingObject? CheckRecord(SettingObject node, RecordSetting type, VariantSetting? variant, string path)
    {
        var members = new List<KeyValuePair<string, SettingNode>>();
        bool readable = true;
        foreach ((string key, SettingNode value) in node.Members)
        {
            if (key == variant?.Discriminator)
            {
                members.Add(KeyValuePair.Create(key, value));
                continue;
            }
            if (!type.Properties.TryGetValue(key, out SettingProperty? property))
            {
                RefuseKey(key, value, type, variant, path);
                continue;
            }
            if (value.IsNull)
            {
                if (property.Nullable)
                    members.Add(KeyValuePair.Create(key, value));
                continue;
            }
            if (Check(value, property.Type, SettingPath.Join(path, key)) is { } item)
                members.Add(KeyValuePair.Create(key, item));
            else if (property.Required)
                readable = false;
        }
        foreach (SettingProperty property in type.Properties.Values.Where(property => property.Required && node[property.Name] is null or { IsNull: true }))
        {
            if (property.FilledIn)
            {
                members.Add(KeyValuePair.Create<string, SettingNode>(property.Name, new SettingScalar(node.Origin, JsonValueKind.Null, "null")));
                continue;
            }

            string missing = SettingPath.Join(path, property.Name);
            unreadable.Add(missing);
            errors.Add(new SettingError(node.Origin, missing, "is required.", $"Add `{property.Name}`: {property.Type.Expected}."));
            readable = false;
        }
        if (readable)
            return new SettingObject(node.Origin, members);
        if (path.Length > 0)
            return null;
        // The job itself: a required part that cannot be read becomes null, which the rules about values pass over.
        foreach (SettingProperty property in type.Properties.Values.Where(property => property.Required && members.All(member => member.Key != property.Name)))
            members.Add(KeyValuePair.Create<string, SettingNode>(property.Name, new SettingScalar(node.Origin, JsonValueKind.Null, "null")));
        return new SettingObject(node.Origin, members);
    }

    private void RefuseKey(string key, SettingNode value, RecordSetting type, VariantSetting? variant, string path)
    {
        List<string> known = [.. type.Properties.Keys];
        if (variant is not null)
            known.Insert(0, variant.Discriminator);
        if (path.Length == 0)
            known.Add("stages");
        string[] owners = variant is null ? [] : [.. variant.Cases.Where(item => item.Value.Properties.ContainsKey(key)).Select(item => item.Key)];
        string? nearest = Spelling.Nearest(key, known);
        string fix = nearest is null && owners.Length > 0 ? $"It is a setting of {variant!.Discriminator} {string.Join(", ", owners)}."
            : $"{(nearest is null ? "" : $"Did you mean `{nearest}`? ")}Known settings here: {string.Join(", ", known)}.";
        Refuse(value, SettingPath.Join(path, key), $"unknown setting `{value.Origin.Path}`.", fix);
    }

    private SettingNode? Refuse(SettingNode node, string path, string what, string fix)
    {
        unreadable.Add(path);
        errors.Add(SettingError.Of(node, what, fix));
        return null;
    }
}
