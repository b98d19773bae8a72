namespace DistEmbed.Protocol.Jobs.Settings;

/// <summary>
/// JSON merge patch (RFC 7396) that knows the types: objects merge key by key, everything else is replaced. Two differences. A patch that changes the kind of
/// an object replaces it, since the keys of another kind make no sense. And null stays, as "not set": it has the effect of RFC 7396's removal where the
/// default is "none" or the key belongs to a map, and unlike removal it can turn off what is on by default (the text-cnn's maxNorm).
/// </summary>
internal static class SettingMerge
{
    public static SettingNode Merge(SettingNode? target, SettingNode patch, SettingType? type)
    {
        if (patch is not SettingObject changes || target is not SettingObject current || ChangesKind(current, changes, type))
            return patch;
        var merged = new OrderedDictionary<string, SettingNode>(current.Members, StringComparer.Ordinal);
        foreach ((string key, SettingNode value) in changes.Members)
            merged[key] = Merge(current[key], value, Child(type, current, key));
        return new SettingObject(changes.Origin, merged);
    }

    /// <summary>The type of <paramref name="key"/> in an object of a type; null where the key is not known.</summary>
    public static SettingType? Child(SettingType? type, SettingObject node, string key) => type switch
    {
        RecordSetting record => record.Properties.GetValueOrDefault(key)?.Type,
        MapSetting map => map.Value,
        VariantSetting variant => Child(variant.CaseOf(node) ?? variant.Cases.Values.FirstOrDefault(item => item.Properties.ContainsKey(key)), node, key),
        _ => null,
    };

    /// <summary>Whether both objects name a kind, and not the same.</summary>
    public static bool ChangesKind(SettingObject current, SettingObject changes, SettingType? type) =>
        type is VariantSetting variant
        && current[variant.Discriminator] is SettingScalar before
        && changes[variant.Discriminator] is SettingScalar after
        && before.Text != after.Text;
}
