namespace DistEmbed.Protocol.Jobs.Settings;

/// <summary>An error before its place is put into words.</summary>
/// <param name="Origin">Origin of the setting, or of the nearest object above it.</param>
/// <param name="Path">Path of the setting in its stage; null: the origin's own path says it.</param>
/// <param name="What">What is wrong.</param>
/// <param name="Fix">What to do.</param>
internal sealed record SettingError(SettingOrigin Origin, string? Path, string What, string Fix)
{
    /// <summary>An error of a setting that is there.</summary>
    public static SettingError Of(SettingNode node, string what, string fix) => new(node.Origin, null, what, fix);
}
