using System.Runtime.CompilerServices;
using System.Text;

namespace DistEmbed.Testing;

/// <summary>A folder that is deleted with its test. Its name says which class made it; with <c>DISTEMBED_KEEP=1</c> it stays, to be looked at after a failure.</summary>
public sealed class TempFolder : IDisposable
{
    /// <summary>Environment variable that keeps all folders if it is <c>1</c>.</summary>
    public const string KeepVariable = "DISTEMBED_KEEP";

    /// <summary>Makes an empty folder.</summary>
    /// <param name="owner">The file of the class that makes it: the compiler gives it.</param>
    public TempFolder([CallerFilePath] string owner = "") =>
        Path = Directory.CreateTempSubdirectory($"distembed-{System.IO.Path.GetFileNameWithoutExtension(owner)}-").FullName;

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>Whether it stays: because its test failed, or the environment says so.</summary>
    public bool IsKept { get; set; } = Environment.GetEnvironmentVariable(KeepVariable) == "1";

    /// <summary>Where a file or folder in it is or would be.</summary>
    public string In(params string[] parts) => System.IO.Path.Combine([Path, .. parts]);

    /// <summary>Makes a folder in it; returns its path.</summary>
    public string MakeFolder(params string[] parts) => Directory.CreateDirectory(In(parts)).FullName;

    /// <summary>Writes a file, and the folders above it; returns its path.</summary>
    public string Write(string name, byte[] content)
    {
        string path = In(name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
        return path;
    }

    /// <summary>Writes a file of text, in UTF-8 unless told otherwise; returns its path.</summary>
    public string Write(string name, string text, Encoding? encoding = null) => Write(name, (encoding ?? new UTF8Encoding(false)).GetBytes(text));

    /// <summary>Writes a file of lines, each with its line feed; returns its path.</summary>
    public string WriteLines(string name, params IEnumerable<string> lines) => Write(name, string.Concat(lines.Select(line => line + "\n")));

    /// <summary>The path.</summary>
    public override string ToString() => Path;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!IsKept)
            Directory.Delete(Path, recursive: true);
    }
}
