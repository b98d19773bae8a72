namespace DistEmbed.Protocol.Jobs;

/// <summary>Where a job's text comes from: it names a job that has no name, and relative paths in the job start there.</summary>
/// <param name="Name">Name of a job that does not say one.</param>
/// <param name="Folder">
/// Folder that a relative <c>data.root</c> of the file starts from, and that is <c>data.root</c> where the job has none. Null: paths stay as they are, from the current folder.
/// </param>
public sealed record JobOrigin(string Name, string? Folder)
{
    /// <summary>The path that stands for standard input.</summary>
    public const string StandardInput = "-";

    /// <summary>The origin of a job file: its name without ending, and the folder it lies in. Of standard input: <c>job</c>, and the current folder.</summary>
    public static JobOrigin OfFile(string path) => path == StandardInput
        ? new JobOrigin("job", Path.GetFullPath("."))
        : new JobOrigin(NameOf(path), Path.GetDirectoryName(Path.GetFullPath(path)));

    /// <summary>The name of a job whose file is called <paramref name="path"/>: letters, digits, dots, dashes and underscores of the file's name without ending.</summary>
    public static string NameOf(string path)
    {
        string stem = Path.GetFileNameWithoutExtension(path);
        string name = string.Concat(stem.Select(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' ? letter : '-')).Trim('.', '-');
        return JobValidator.IsName(name) ? name : "job";
    }

    /// <summary>Settings of the command line with a relative <c>data.root</c> made full: there it starts from the current folder.</summary>
    public static IReadOnlyList<string> WithFullRoot(IReadOnlyList<string> settings) => [.. settings.Select(FullRoot)];

    /// <summary>The <c>data.root</c> of a job from here.</summary>
    /// <param name="root">As given; null: not at all.</param>
    /// <param name="byFlag">Whether the command line gives it, which is typed in the current folder.</param>
    internal string? RootOf(string? root, bool byFlag) =>
        Folder is null || string.IsNullOrWhiteSpace(root ?? Folder) ? root : Path.GetFullPath(Path.Combine(byFlag ? "." : Folder, root ?? "."));

    private static string FullRoot(string setting)
    {
        int equals = setting.IndexOf('=', StringComparison.Ordinal);
        string path = equals < 0 ? "" : setting[..equals].Trim(), root = setting[(equals + 1)..].Trim();
        bool names = path == "data.root" || (path.StartsWith("stages.", StringComparison.Ordinal) && path.EndsWith(".data.root", StringComparison.Ordinal));
        // Text in quotes or braces, null and the like are JSON: left as they are.
        return names && root.Length > 0 && root != "null" && root[0] is not ('"' or '{' or '[') ? $"{path}={Path.GetFullPath(root)}" : setting;
    }
}
