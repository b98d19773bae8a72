using DistEmbed.Protocol.Vocabulary;

namespace DistEmbed.Protocol.Vectors;

/// <summary>How much of some data has vectors. Counted are the words of a vocabulary, padding and unknown not among them.</summary>
/// <param name="Words">Distinct words.</param>
/// <param name="WordsFound">Those with a vector.</param>
/// <param name="Tokens">Occurrences of these words in the data that were counted.</param>
/// <param name="TokensFound">Occurrences of words with a vector.</param>
public sealed record VectorCoverage(int Words, int WordsFound, long Tokens, long TokensFound)
{
    /// <summary>Share of the distinct words that have a vector.</summary>
    public double WordShare => Words == 0 ? 0 : (double)WordsFound / Words;

    /// <summary>Share of the occurrences whose word has a vector.</summary>
    public double TokenShare => Tokens == 0 ? 0 : (double)TokensFound / Tokens;

    /// <summary>Counts.</summary>
    /// <param name="vocabulary">Words with their counts.</param>
    /// <param name="vectors">Vectors loaded for this vocabulary.</param>
    public static VectorCoverage Of(WordVocabulary vocabulary, LoadedVectors vectors)
    {
        long tokens = 0;
        for (int row = WordVocabulary.FirstWordRow; row < vocabulary.Rows; row++)
            tokens += vocabulary.Count(row);
        return new VectorCoverage(vocabulary.Rows - WordVocabulary.FirstWordRow, vectors.Rows.Length, tokens, vectors.Rows.Sum(vocabulary.Count));
    }
}
