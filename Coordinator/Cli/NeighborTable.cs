using System.Globalization;
using DistEmbed.Worker.Evaluation;
using Spectre.Console;

namespace DistEmbed.Coordinator.Cli;

/// <summary>Nearest neighbours of words before and after tuning, side by side (Kim 2014, table 3).</summary>
internal static class NeighborTable
{
    /// <summary>Shows the table; words that are not in the vocabulary are said to be missing.</summary>
    public static void Show(WordVectors before, WordVectors after, IEnumerable<string> words, int count)
    {
        var table = new Table().AddColumns("word", "nearest before", "nearest after", "cosine to its start");
        foreach (string word in words)
        {
            if (!after.Vocabulary.TryRowOf(word, out int row))
            {
                table.AddRow(Markup.Escape(word), "not in the vocabulary", "", "");
                continue;
            }

            table.AddRow(Markup.Escape(word), List(before, row, count), List(after, row, count), Drift(before, after, row).ToString("F3", CultureInfo.InvariantCulture));
        }

        AnsiConsole.Write(table);
    }

    private static string List(WordVectors vectors, int row, int count) =>
        Markup.Escape(string.Join(", ", vectors.Nearest(row, count).Select(n => string.Create(CultureInfo.InvariantCulture, $"{n.Word} {n.Cosine:F2}"))));

    private static double Drift(WordVectors before, WordVectors after, int row)
    {
        double dot = 0, first = 0, second = 0;
        ReadOnlySpan<float> a = before.Vector(row).Span, b = after.Vector(row).Span;
        for (int i = 0; i < a.Length; i++)
        {
            dot += (double)a[i] * b[i];
            first += (double)a[i] * a[i];
            second += (double)b[i] * b[i];
        }

        return first * second == 0 ? 0 : dot / Math.Sqrt(first * second);
    }
}
