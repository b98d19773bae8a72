using DistEmbed.Protocol.Vocabulary;

namespace DistEmbed.Worker.Evaluation;

/// <summary>The nearest words of a word before tuning and after (Kim 2014, table 3).</summary>
/// <param name="Word">The word.</param>
/// <param name="Cosine">Cosine of its vector to its start; null where there is none, see <see cref="RowChange"/>.</param>
/// <param name="Before">Nearest first, before tuning.</param>
/// <param name="After">Nearest first, after tuning.</param>
public sealed record NeighborShift(string Word, double? Cosine, IReadOnlyList<Neighbor> Before, IReadOnlyList<Neighbor> After)
{
    /// <summary>Words that are in both lists.</summary>
    public int Shared => Before.Select(n => n.Word).Intersect(After.Select(n => n.Word), StringComparer.Ordinal).Count();

    /// <summary>Overlap of the lists as sets: words in both over words in either; 1 where both are empty.</summary>
    public double Jaccard => Before.Count + After.Count == 0 ? 1 : (double)Shared / (Before.Count + After.Count - Shared);
}

/// <summary>How near two words were to each other before tuning, and are after: whether good and bad part, for one.</summary>
/// <param name="Word">A word.</param>
/// <param name="Other">Another.</param>
/// <param name="Before">Cosine of their vectors before tuning; null where there is none, see <see cref="RowChange"/>.</param>
/// <param name="After">Cosine after tuning.</param>
public sealed record PairShift(string Word, string Other, double? Before, double? After);

/// <summary>How the nearest words of some words changed.</summary>
/// <param name="Count">Neighbours asked for a word; a small vocabulary may have fewer.</param>
/// <param name="Words">The words, in the order in which they were asked for.</param>
public sealed record NeighborShifts(int Count, IReadOnlyList<NeighborShift> Words)
{
    /// <summary>Of at most so many words every pair is measured: more would be a table that nobody reads.</summary>
    public const int MostPaired = 4;

    /// <summary>Every pair of the words, those of the first word first; empty where there are more than <see cref="MostPaired"/>.</summary>
    public IReadOnlyList<PairShift> Pairs { get; init; } = [];

    /// <summary>Mean of <see cref="NeighborShift.Shared"/>; null without words.</summary>
    public double? MeanShared => Words.Count == 0 ? null : Words.Average(w => w.Shared);

    /// <summary>Mean of <see cref="NeighborShift.Jaccard"/>; null without words.</summary>
    public double? MeanJaccard => Words.Count == 0 ? null : Words.Average(w => w.Jaccard);

    /// <summary>Compares two states of a table, neither of which need be in memory.</summary>
    /// <param name="vocabulary">The words and their rows.</param>
    /// <param name="dimension">Numbers a row.</param>
    /// <param name="before">The table before tuning.</param>
    /// <param name="after">The table after tuning.</param>
    /// <param name="rows">Distinct rows of words.</param>
    /// <param name="count">Neighbours a word, at least 1.</param>
    public static NeighborShifts Of(WordVocabulary vocabulary, int dimension, WordRowScan before, WordRowScan after, IReadOnlyList<int> rows, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        IReadOnlyList<NearestWords> first = NearestWords.Of(vocabulary, dimension, before, rows, count), last = NearestWords.Of(vocabulary, dimension, after, rows, count);
        return new NeighborShifts(count, [.. rows.Select((row, i) =>
            new NeighborShift(vocabulary.Word(row), Cosine(first[i], last[i]), first[i].Nearest, last[i].Nearest))])
        {
            Pairs = rows.Count > MostPaired ? [] : [.. Enumerable.Range(0, rows.Count).SelectMany(i => Enumerable.Range(i + 1, rows.Count - i - 1).Select(j =>
                new PairShift(vocabulary.Word(rows[i]), vocabulary.Word(rows[j]), Cosine(first[i], first[j]), Cosine(last[i], last[j]))))],
        };

        static double? Cosine(NearestWords one, NearestWords other) => RowChange.Of(one.Vector, other.Vector).Cosine is var cosine && double.IsFinite(cosine) ? cosine : null;
    }
}
