using System.Globalization;
using DistEmbed.Worker.Evaluation;
using Spectre.Console;

namespace DistEmbed.Coordinator.Cli;

/// <summary>Nearest neighbours of words before and after tuning (Kim 2014, table 3).</summary>
public static class NeighborTable
{
    /// <summary>Shows two lines a word, before and after; words that are not in the vocabulary are said to be missing.</summary>
    public static void Show(WordVectors before, WordVectors after, IEnumerable<string> words, int count)
    {
        // Escapes of a terminal have no place in a file; there a star says the same.
        bool colors = AnsiConsole.Profile.Capabilities.Ansi && !Console.IsOutputRedirected;
        Func<string, string> mark = colors ? word => $"\u001b[1;32m{word}\u001b[0m" : word => $"*{word}";
        Console.Out.WriteLine($"Nearest words before and after tuning ({mark(colors ? "green" : "")} has come in), and the cosine of each word to its own start");
        foreach (string line in Lines(before, after, [.. words], count, mark))
            Console.Out.WriteLine(line);
    }

    /// <summary>The lines.</summary>
    /// <param name="before">Vectors before tuning.</param>
    /// <param name="after">Vectors after tuning.</param>
    /// <param name="words">The words.</param>
    /// <param name="count">Neighbours a word.</param>
    /// <param name="mark">How a neighbour looks that was none before.</param>
    public static IEnumerable<string> Lines(WordVectors before, WordVectors after, IReadOnlyList<string> words, int count, Func<string, string> mark)
    {
        int width = words.Count == 0 ? 0 : words.Max(word => word.Length);
        foreach (string word in words)
        {
            if (!after.Vocabulary.TryRowOf(word, out int row) || !before.Vocabulary.TryRowOf(word, out int start))
            {
                yield return $"  {word.PadRight(width)}  not in the vocabulary";
                continue;
            }

            string[] first = [.. before.Nearest(start, count).Select(n => n.Word)];
            IEnumerable<string> second = after.Nearest(row, count).Select(n => first.Contains(n.Word, StringComparer.Ordinal) ? n.Word : mark(n.Word));
            string cosine = Cosine(before.Vector(start).Span, after.Vector(row).Span).ToString("F2", CultureInfo.InvariantCulture);
            yield return $"  {word.PadRight(width)}  {cosine,5}  before  {string.Join(", ", first)}";
            yield return $"  {"".PadRight(width)}  {"",5}  after   {string.Join(", ", second)}";
        }
    }

    private static double Cosine(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double dot = 0, first = 0, second = 0;
        for (int i = 0; i < a.Length; i++)
        {
            dot += (double)a[i] * b[i];
            first += (double)a[i] * a[i];
            second += (double)b[i] * b[i];
        }

        return first * second == 0 ? 0 : dot / Math.Sqrt(first * second);
    }
}
