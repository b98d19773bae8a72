namespace DistEmbed.Worker.Evaluation.Intrinsic;

/// <summary>What word vectors are worth by themselves: their similarities beside people's, and analogies.</summary>
/// <param name="Words">Words that counted.</param>
/// <param name="Dimension">Numbers a vector.</param>
/// <param name="Conventions">What counted, and how.</param>
/// <param name="Similarity">The sets of pairs.</param>
/// <param name="Analogies">The sets of analogies.</param>
public sealed record IntrinsicReport(
    int Words, int Dimension, Conventions Conventions, IReadOnlyList<WordSimilarity> Similarity, IReadOnlyList<WordAnalogies> Analogies)
{
    /// <summary>Measures vectors.</summary>
    /// <param name="words">The vectors.</param>
    /// <param name="pairs">Sets of pairs.</param>
    /// <param name="analogies">Sets of analogies.</param>
    /// <param name="conventions">What counts, and how.</param>
    /// <param name="threads">Threads that compute, at least 1. Changes no number.</param>
    public static IntrinsicReport Of(WordDirections words, IEnumerable<WordPairFile> pairs, IEnumerable<AnalogyFile> analogies, Conventions conventions, int threads) => new(
        Math.Min(words.Words.Count, conventions.Restrict), words.Dimension, conventions,
        [.. pairs.Select(set => WordSimilarity.Of(words, set, conventions))], [.. analogies.Select(set => WordAnalogies.Of(words, set, conventions, threads))]);
}
