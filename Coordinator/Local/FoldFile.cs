using System.Text;
using DistEmbed.Coordinator.Reports;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Files;
using DistEmbed.Worker.Corpus;

namespace DistEmbed.Coordinator.Local;

/// <summary>Which example is in which fold of a sweep, kept as <c>folds.txt</c> in its directory, so that others can test on the same folds.</summary>
internal static class FoldFile
{
    /// <summary>The folds that all variants have.</summary>
    /// <param name="found">Variants with their folds; null: data without folds.</param>
    /// <returns>The text of the file; null: nothing has folds.</returns>
    /// <exception cref="InvalidInputException">Variants have different folds, which cannot be compared fold by fold.</exception>
    public static string? TextOf(IEnumerable<(string Variant, IReadOnlyList<int>? Folds)> found)
    {
        IGrouping<string, string>[] different = [.. found.Where(f => f.Folds is not null).GroupBy(f => FoldAssignment.ToText(f.Folds!), f => f.Variant, StringComparer.Ordinal)];
        if (different.Length > 1)
        {
            throw new InvalidInputException(SweepFolds.Option, $"{different[0].First()} and {different[1].First()} have other examples in a fold, so they cannot be compared fold by fold.",
                "Sweep over each in turn, and compare the sweeps.");
        }

        return different.Length == 0 ? null : different[0].Key;
    }

    /// <summary>Writes the file, or, of a sweep that goes on, makes sure that it still holds.</summary>
    /// <exception cref="InvalidInputException">The sweep began with other folds.</exception>
    /// <exception cref="IOException">The disk refuses.</exception>
    public static void Keep(string directory, string text)
    {
        string path = Path.Combine(directory, SweepFolds.FileName);
        if (!File.Exists(path))
            AtomicFile.WriteAllBytes(path, Encoding.UTF8.GetBytes(text));
        else if (File.ReadAllText(path) != text)
            throw new InvalidInputException(path, "has other folds than the data and settings make now.", "Put the data, or the fold file, back as they were, or start a new sweep.");
    }
}
