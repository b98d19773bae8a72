using DistEmbed.Protocol.Vocabulary;
using static System.FormattableString;

namespace DistEmbed.Worker.Corpus;

/// <summary>Those of some words that have a pretrained vector.</summary>
/// <param name="words">The words, each once.</param>
public delegate IEnumerable<string> VectorWords(IReadOnlyList<string> words);

/// <summary>
/// The rows of the words of labelled data: which of them training reads, and which dev and test read.
/// </summary>
/// <param name="Words">All words that have a row.</param>
/// <param name="Train">
/// The first of them, which the train part is encoded with; for <c>all-parts</c> the same as <paramref name="Words"/>.
/// </param>
internal sealed record PartVocabulary(WordVocabulary Words, WordVocabulary Train)
{
    private bool OfAllParts => ReferenceEquals(Words, Train);

    /// <summary>Lines for the user about words.</summary>
    /// <param name="encoder">The encoder of all parts.</param>
    /// <param name="minCount">The setting.</param>
    /// <param name="rare">Words of the train part that are seen less often, and how often all of them are.</param>
    /// <param name="others">The dev and test part as they are encoded; null where there is none.</param>
    public IEnumerable<string> Notes(CorpusEncoder encoder, int minCount, (int Words, long Tokens) rare, params ExampleSet?[] others)
    {
        int words = Words.Rows - WordVocabulary.FirstWordRow, trained = Train.Rows - WordVocabulary.FirstWordRow;
        if (OfAllParts)
        {
            yield return Invariant($"vocabulary: {words:N0} words of all parts together");
            if (words < encoder.Words)
            {
                long lost = encoder.UnknownTokens(Words);
                yield return Invariant($"minCount {minCount}: {encoder.Words - words:N0} rarer words ({lost:N0} tokens) are unknown");
            }

            yield break;
        }

        yield return Invariant($"vocabulary: {trained:N0} words of the train part")
            + (words > trained ? Invariant($", and {words - trained:N0} of other parts that have a vector") : "");
        if (rare.Words > 0)
        {
            yield return Invariant($"minCount {minCount}: {rare.Words:N0} rarer words ({rare.Tokens:N0} tokens) of the train part are unknown there");
        }

        long tokens = others.Sum(part => (long)(part?.TokenCount ?? 0));
        long unknown = others.Sum(part => part is null ? 0 : UnknownIn(part));
        if (unknown > 0)
            yield return Invariant($"{unknown:N0} of {tokens:N0} tokens of the other parts are unknown, as they will be to predict");
    }

    private static long UnknownIn(ExampleSet part)
    {
        long unknown = 0;
        foreach (int token in part.AllTokens)
            unknown += token == WordVocabulary.UnknownRow ? 1 : 0;
        return unknown;
    }
}
