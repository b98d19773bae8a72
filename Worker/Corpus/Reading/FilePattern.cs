using System.IO.Enumeration;

namespace DistEmbed.Worker.Corpus.Reading;

/// <summary>Paths with <c>*</c> and <c>?</c> in them, and <c>**</c> for any number of folders.</summary>
internal static class FilePattern
{
    /// <summary>Whether a path is a pattern. One that is the name of a file is none, whatever is in it.</summary>
    public static bool Is(string path) => path.AsSpan().IndexOfAny('*', '?') >= 0 && !File.Exists(path);

    /// <summary>The files that a pattern meets, in ordinal order of their paths, so that it is the same on every machine. Names that begin with a dot are met only where it says so.</summary>
    /// <param name="path">A full path.</param>
    public static IReadOnlyList<string> Files(string path)
    {
        string root = Path.GetPathRoot(path)!;
        string[] parts = path[root.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries);
        IEnumerable<string> folders = [root];
        foreach (string part in parts.SkipLast(1))
            folders = part == "**" ? folders.SelectMany(WithAllBelow) : folders.SelectMany(folder => Inside(folder, part, Directory.EnumerateDirectories));
        return [.. folders.SelectMany(folder => Inside(folder, parts[^1], Directory.EnumerateFiles)).Distinct().Order(StringComparer.Ordinal)];
    }

    private static IEnumerable<string> WithAllBelow(string folder) =>
        Directory.EnumerateDirectories(folder).Where(inner => !Path.GetFileName(inner).StartsWith('.')).SelectMany(WithAllBelow).Prepend(folder);

    private static IEnumerable<string> Inside(string folder, string part, Func<string, IEnumerable<string>> entries)
    {
        if (part.AsSpan().IndexOfAny('*', '?') < 0)
        {
            string only = Path.Combine(folder, part);
            return File.Exists(only) || Directory.Exists(only) ? [only] : [];
        }

        return entries(folder).Where(entry => Path.GetFileName(entry) is var name
            && (part.StartsWith('.') || !name.StartsWith('.')) && FileSystemName.MatchesSimpleExpression(part, name, ignoreCase: false));
    }
}
