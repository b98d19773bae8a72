using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Coordinator.Local;

/// <summary>Names of variants: readable, different from each other, and fit for directories of every system.</summary>
public static partial class VariantNames
{
    private const int LongestValue = 40;

    /// <summary>What each value of a variation is called: the value itself, with a dash for what a directory's name should not hold.</summary>
    public static IReadOnlyList<string> Values(Variation variation)
    {
        string[] names = [.. variation.Values.Select(Plain)];
        // A number behind names that would be alike, or that nothing is left of: 1 is the first value.
        for (int i = 0; i < names.Length; i++)
        {
            if (names[i].Length == 0 || variation.Values.Where((_, k) => k != i).Any(other => string.Equals(Plain(other), Plain(variation.Values[i]), StringComparison.OrdinalIgnoreCase)))
                names[i] = string.Create(CultureInfo.InvariantCulture, $"{names[i]}{(names[i].Length == 0 ? "" : "-")}{i + 1}");
        }

        return names;
    }

    /// <summary>What each setting is called: the last key of its path, or the whole path where two have the same last key.</summary>
    public static IReadOnlyList<string> Settings(IReadOnlyList<string> paths)
    {
        static string Last(string path) => path[(path.LastIndexOf('.') + 1)..];
        return [.. paths.Select(path => paths.Count(other => Last(other) == Last(path)) > 1 ? path : Last(path))];
    }

    /// <summary>Where one setting alone tells variants apart its value is their name, if that is a word: <c>static</c>, but <c>maps=20</c>.</summary>
    public static string OfOneSetting(string setting, string value) => value.Length > 0 && char.IsAsciiLetter(value[0]) && value is not ("true" or "false") ? value : $"{setting}={value}";

    /// <summary>A JSON value, or text, in characters that any directory's name may hold.</summary>
    private static string Plain(string value)
    {
        string text = value.StartsWith('"') ? JsonSerializer.Deserialize<string>(value)! : value;
        string plain = Others().Replace(text, "-").Trim('-', '.');
        if (text.StartsWith('-'))
            plain = "-" + plain; // the sign of a number
        return plain.Length > LongestValue ? plain[..LongestValue] : plain;
    }

    [GeneratedRegex("[^A-Za-z0-9._+-]+")]
    private static partial Regex Others();
}
