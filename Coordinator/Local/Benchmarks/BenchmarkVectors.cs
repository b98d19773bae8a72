using System.Globalization;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Vectors;

namespace DistEmbed.Coordinator.Local.Benchmarks;

/// <summary>Vectors that are measured: those of a file, or random ones to compare with.</summary>
/// <param name="Name">What the table and directories call them.</param>
/// <param name="Path">Full path of the file; null: random vectors.</param>
/// <param name="Dimension">Numbers a word.</param>
/// <param name="Sha256">SHA-256 of the file; null: random vectors.</param>
public sealed partial record BenchmarkVectors(string Name, string? Path, int Dimension, string? Sha256)
{
    /// <summary>The word for random vectors.</summary>
    public const string RandomWord = "random";

    private const string Argument = "VECTORS";

    /// <summary>
    /// Vectors as they are written on the command line: <c>FILE</c>, <c>NAME=FILE</c>, <c>random</c> (of the dimension of the first file) or <c>random:N</c>. A file's name, less what says
    /// its format, is the name of its vectors.
    /// </summary>
    /// <param name="given">What is written.</param>
    /// <param name="errors">Takes what is wrong with any of them.</param>
    /// <returns>Those that can be used.</returns>
    public static IReadOnlyList<BenchmarkVectors> Of(IReadOnlyList<string> given, List<InputError> errors)
    {
        var found = new BenchmarkVectors?[given.Count];
        for (int i = 0; i < given.Count; i++)
        {
            if (!IsRandom(given[i]))
                found[i] = OfFile(given[i], errors);
        }

        int? first = found.FirstOrDefault(vectors => vectors is not null)?.Dimension;
        for (int i = 0; i < given.Count; i++)
        {
            if (IsRandom(given[i]))
                found[i] = Random(given[i], first, anyFile: !given.All(IsRandom), errors);
        }

        BenchmarkVectors[] usable = [.. found.OfType<BenchmarkVectors>()];
        errors.AddRange(usable.GroupBy(vectors => vectors.Name, StringComparer.OrdinalIgnoreCase).Where(same => same.Count() > 1).Select(same => new InputError(
            Argument, $"{string.Join(" and ", same.Select(vectors => vectors.Path ?? vectors.Name))} would both be called `{same.Key}`.", "Give them names: NAME=FILE.")));
        return usable;
    }

    private static bool IsRandom(string text) => text == RandomWord || text.StartsWith(RandomWord + ":", StringComparison.Ordinal);

    private static BenchmarkVectors? Random(string text, int? first, bool anyFile, List<InputError> errors)
    {
        int? dimension = first;
        if (text != RandomWord)
        {
            dimension = int.TryParse(text[(RandomWord.Length + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out int own) && own >= 1 ? own : null;
            if (dimension is null)
                errors.Add(new InputError(Argument, $"`{text}` does not say how many numbers a word has.", $"Write {RandomWord}:N, such as {RandomWord}:100; a file of this name is ./{text}."));
        }
        else if (!anyFile)
        {
            errors.Add(new InputError(Argument, $"`{text}` takes the dimension of the first file, and no file is given.", $"Name one, or write {RandomWord}:N."));
        }

        return dimension is { } numbers ? new BenchmarkVectors(string.Create(CultureInfo.InvariantCulture, $"{RandomWord}-{numbers}"), null, numbers, null) : null;
    }

    private static BenchmarkVectors? OfFile(string text, List<InputError> errors)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        bool named = equals > 0 && !File.Exists(text);
        string path = System.IO.Path.GetFullPath(named ? text[(equals + 1)..] : text), name = named ? text[..equals] : NameOf(path);
        if (named && (OtherThanName().IsMatch(name) || name.All(letter => letter == '.')))
        {
            errors.Add(new InputError(Argument, $"`{name}` can be no name of vectors.", "Use letters, digits, dashes and underscores, and dots beside them."));
            return null;
        }

        try
        {
            VectorFileInfo info = VectorFile.Inspect(path);
            using FileStream file = File.OpenRead(path);
            return new BenchmarkVectors(name, path, info.Dimension, Convert.ToHexStringLower(SHA256.HashData(file)));
        }
        catch (InvalidInputException invalid)
        {
            errors.AddRange(invalid.Errors);
            return null;
        }
    }

    private static string NameOf(string path)
    {
        string name = System.IO.Path.GetFileName(path);
        foreach (string ending in (string[])[".gz", ".txt", ".vec", ".bin"])
        {
            if (name.EndsWith(ending, StringComparison.OrdinalIgnoreCase) && name.Length > ending.Length)
                name = name[..^ending.Length];
        }

        string plain = OtherThanName().Replace(name, "-").Trim('.');
        return plain.Length == 0 ? "vectors" : plain;
    }

    [GeneratedRegex("[^A-Za-z0-9._-]+")]
    private static partial Regex OtherThanName();
}
