namespace DistEmbed.Worker.Corpus.DotnetDocs;

/// <summary>
/// The areas of .NET that labelled documentation tells apart, and their namespaces. Chosen so that each is a subject that a .NET programmer would name, and has more than
/// 110 types and 440 sentences in the packs of .NET 10, at most <see cref="DocumentationSelection.SentencesPerType"/> a type: enough for 200 training
/// sentences an area beside the dev and test parts.
/// </summary>
internal static class DotnetAreas
{
    // Area, then namespace; everything below the namespace belongs to it too.
    private static readonly (string Area, string Namespace)[] Table =
    [
        ("collections", "System.Collections"),
        ("components", "Microsoft.AspNetCore.Components"),
        ("data", "System.Data"),
        ("diagnostics", "System.Diagnostics"),
        ("io", "System.IO"),
        ("mvc", "Microsoft.AspNetCore.Mvc"),
        ("networking", "System.Net"),
        ("reflection", "System.Reflection"),
        ("security", "System.Security"),
        ("text", "System.Globalization"),
        ("text", "System.Text"),
        ("threading", "System.Threading"),
        ("xml", "System.Xml"),
    ];

    /// <summary>The areas in ordinal order of name.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Table.Select(t => t.Area).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>The area of a type by its full name; null where it belongs to none.</summary>
    public static string? Of(string type)
    {
        foreach ((string area, string prefix) in Table)
        {
            if (type.Length > prefix.Length && type[prefix.Length] == '.' && type.StartsWith(prefix, StringComparison.Ordinal))
                return area;
        }
        return null;
    }
}
