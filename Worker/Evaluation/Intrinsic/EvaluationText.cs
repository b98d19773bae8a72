using System.Text;
using DistEmbed.Protocol;
using DistEmbed.Worker.Corpus.Reading;

namespace DistEmbed.Worker.Evaluation.Intrinsic;

/// <summary>Reads the lines of a file of pairs or questions: UTF-8, gzipped or not.</summary>
internal static class EvaluationText
{
    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The lines with their numbers from 1, blank ones left out.</summary>
    /// <exception cref="InvalidInputException">The file is missing, empty, damaged or not UTF-8.</exception>
    public static IReadOnlyList<(int Number, string Text)> Lines(string path)
    {
        if (!File.Exists(path))
            throw new InvalidInputException(path, Directory.Exists(path) ? "is a folder, not a file." : "There is no such file.", "Correct the path.");
        var source = new SourceFile(path, path, s_strict, "utf-8") { EncodingFix = "Convert the file to UTF-8." };
        using TextReader text = source.OpenText();
        var reader = new LineReader(text);
        var lines = new List<(int Number, string Text)>();
        while (reader.Read(out string line))
        {
            if (!string.IsNullOrWhiteSpace(line))
                lines.Add((reader.Line, line));
        }

        return lines;
    }

    /// <summary>What a set is called: the file's name without .gz and the ending before it.</summary>
    public static string NameOf(string path)
    {
        string name = Path.GetFileName(path);
        if (name.EndsWith(".gz", StringComparison.OrdinalIgnoreCase))
            name = name[..^3];
        return Path.GetFileNameWithoutExtension(name) is { Length: > 0 } bare ? bare : name;
    }

    /// <summary>A line as an error shows it.</summary>
    public static string Shown(string line) => PrintableText.Excerpt(line.Trim().Replace('\t', ' '));
}
