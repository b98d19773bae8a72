namespace DistEmbed.Protocol.Jobs.Settings;

/// <summary>Guesses what a misspelt word was meant to be.</summary>
public static class Spelling
{
    /// <summary>
    /// Of <paramref name="known"/> the one that <paramref name="word"/> means: the same in another way of writing (<c>batch_size</c>), what other programs call it
    /// (<c>lr</c>), or the nearest in spelling; null where none is near enough to be meant.
    /// </summary>
    public static string? Nearest(string word, IEnumerable<string> known)
    {
        string[] words = [.. known];
        return Synonyms.Find(word, words) ?? NearestSpelt(word, words);
    }

    private static string? NearestSpelt(string word, string[] known)
    {
        string? nearest = null;
        int best = Math.Max(2, word.Length / 3) + 1;
        foreach (string candidate in known)
        {
            int distance = Distance(word.ToLowerInvariant(), candidate.ToLowerInvariant());
            // Three edits of a word of three letters are another word.
            if (distance < best && distance < Math.Max(word.Length, candidate.Length))
                (nearest, best) = (candidate, distance);
        }
        return nearest;
    }

    /// <summary>The at most <paramref name="count"/> words of <paramref name="known"/> that are near enough to <paramref name="word"/> to be meant, nearest first, equals in the order given.</summary>
    public static IReadOnlyList<string> Nearest(string word, IEnumerable<string> known, int count)
    {
        int limit = Math.Max(2, word.Length / 3);
        var near = new List<(string Word, int Distance)>();
        foreach (string candidate in known)
        {
            // A distance is never less than the difference in length, which spares most of a large vocabulary.
            if (Math.Abs(candidate.Length - word.Length) > limit)
                continue;
            int distance = Distance(word.ToLowerInvariant(), candidate.ToLowerInvariant());
            if (distance <= limit && distance < Math.Max(word.Length, candidate.Length))
                near.Add((candidate, distance));
        }
        return [.. near.OrderBy(n => n.Distance).Take(count).Select(n => n.Word)];
    }

    /// <summary>"Did you mean `x`?" where a known word is near, then all known words.</summary>
    public static string Advice(string word, IReadOnlyCollection<string> known, string ofWhat)
    {
        string all = known.Count == 0 ? $"There are no {ofWhat} here." : $"Known {ofWhat}: {string.Join(", ", known)}.";
        return Nearest(word, known) is { } nearest ? $"Did you mean `{nearest}`? {all}" : all;
    }

    /// <summary>Edits (insert, delete, replace, swap neighbours) from one word to the other: the optimal string alignment distance.</summary>
    private static int Distance(string from, string to)
    {
        var rows = new int[from.Length + 1, to.Length + 1];
        for (int i = 0; i <= from.Length; i++)
        {
            for (int j = 0; j <= to.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    rows[i, j] = i + j;
                    continue;
                }
                int replace = rows[i - 1, j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
                rows[i, j] = Math.Min(replace, 1 + Math.Min(rows[i - 1, j], rows[i, j - 1]));
                if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
                    rows[i, j] = Math.Min(rows[i, j], 1 + rows[i - 2, j - 2]);
            }
        }
        return rows[from.Length, to.Length];
    }
}
