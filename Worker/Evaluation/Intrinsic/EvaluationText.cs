using System.Globalization;
using System.Text;
using DistEmbed.Protocol;
using DistEmbed.Worker.Corpus.Reading;

namespace DistEmbed.Worker.Evaluation.Intrinsic;

/// <summary>Reads the lines of a file of pairs or questions: UTF-8, gzipped or not.</summary>
internal static class EvaluationText
{
    /// <summary>Errors of a file that are told; of more only the number.</summary>
    private const int ErrorsTold = 10;

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

    /// <summary>Throws what is wrong with a file, if anything is.</summary>
    public static void ThrowIfAny(string path, IReadOnlyList<InputError> errors)
    {
        if (errors.Count == 0)
            return;
        IEnumerable<InputError> told = errors.Take(ErrorsTold);
        if (errors.Count > ErrorsTold)
            told = told.Append(new InputError(path, string.Create(CultureInfo.InvariantCulture, $"has {errors.Count - ErrorsTold} more such lines."), ""));
        throw new InvalidInputException([.. told]);
    }

    /// <summary>A line as an error shows it.</summary>
    public static string Shown(string line)
    {
        string one = line.Trim().Replace('\t', ' ');
        return one.Length <= 60 ? one : one[..60] + "...";
    }
}
