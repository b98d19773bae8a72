using System.Text.RegularExpressions;
using System.Xml.Linq;
using DistEmbed.Testing;

namespace DistEmbed.Coordinator.Tests.Architecture;

/// <summary>The checkout that the tests were built from, as text. Paths are relative, with slashes.</summary>
internal static partial class Repository
{
    /// <summary>Folders that builds and runs leave behind: what .gitignore names.</summary>
    public static IReadOnlyList<string> IgnoredFolders { get; } =
        [.. File.ReadAllLines(Checkout.In(".gitignore")).Where(line => line.EndsWith('/')).Select(line => line.Trim('/'))];

    public static IReadOnlyList<string> RootFolders =>
        [.. new DirectoryInfo(Checkout.Root).GetDirectories().Select(d => d.Name).Where(name => name[0] != '.' && !IgnoredFolders.Contains(name))];

    /// <summary>Files whose name ends in <paramref name="ending"/>, below <paramref name="folder"/> or anywhere.</summary>
    public static IReadOnlyList<string> Files(string ending, string folder = "")
    {
        var files = new List<string>();
        Collect(new DirectoryInfo(Checkout.In(folder)));
        return [.. files.Order(StringComparer.Ordinal)];

        void Collect(DirectoryInfo directory)
        {
            files.AddRange(directory.GetFiles("*" + ending).Select(file => Path.GetRelativePath(Checkout.Root, file.FullName).Replace('\\', '/')));
            foreach (DirectoryInfo sub in directory.GetDirectories().Where(sub => sub.Name[0] != '.' && !IgnoredFolders.Contains(sub.Name)))
                Collect(sub);
        }
    }

    public static string Text(string file) => Checkout.Text(file);

    public static XDocument Xml(string file) => XDocument.Parse(Text(file));

    /// <summary>C# without comments and the contents of strings, so that prose never counts as a reference.</summary>
    public static string Code(string file) => CommentsAndStrings().Replace(Text(file), match => match.Value[0] is '"' or '@' ? "\"\"" : "");

    [GeneratedRegex("""
        //[^\n]*|/\*.*?\*/|"{3}.*?"{3}|@"(?:[^"]|"")*"|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])+'
        """, RegexOptions.Singleline | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex CommentsAndStrings();
}
