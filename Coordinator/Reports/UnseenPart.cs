using System.Globalization;

namespace DistEmbed.Coordinator.Reports;

/// <summary>How much of a part of the data reads rows of the embedding that training never changed.</summary>
/// <param name="Part"><c>dev</c> or <c>test</c>.</param>
/// <param name="Tokens">Its tokens.</param>
/// <param name="Words">Different words among them, of those that the vocabulary has.</param>
/// <param name="Pretrained">Tokens and words that have, bit for bit, the pretrained vector that they started with.</param>
/// <param name="NoVector">Tokens and words that had none and have their first value.</param>
/// <param name="UnknownTokens">Tokens that the vocabulary does not have; they share a row.</param>
/// <param name="With">Examples with at least one token of these three kinds.</param>
/// <param name="Without">Examples without any.</param>
/// <param name="Frequent">The untouched words that the part has most often, most frequent first.</param>
public sealed record UnseenPart(
    string Part, int Tokens, int Words, UnseenCount Pretrained, UnseenCount NoVector, int UnknownTokens, ScoredExamples With, ScoredExamples Without,
    IReadOnlyList<FrequentUnseen> Frequent)
{
    /// <summary>Tokens of all three kinds.</summary>
    public int UnseenTokens() => Pretrained.Tokens + NoVector.Tokens + UnknownTokens;

    /// <summary>Untouched words, with a pretrained vector and without.</summary>
    public int UnseenWords() => Pretrained.Words + NoVector.Words;
}

/// <summary>Tokens, and how many different words they are.</summary>
/// <param name="Tokens">Tokens.</param>
/// <param name="Words">Different words among them.</param>
public sealed record UnseenCount(int Tokens, int Words);

/// <summary>Examples and how well they are classified.</summary>
/// <param name="Examples">Examples.</param>
/// <param name="Right">Those whose label is predicted.</param>
public sealed record ScoredExamples(int Examples, int Right)
{
    /// <summary>The accuracy as it is shown, with one standard error over examples; a dash where there are none.</summary>
    public string Accuracy()
    {
        double accuracy = (double)Right / Examples;
        return Examples == 0 ? "-" : string.Create(CultureInfo.InvariantCulture, $"{100 * accuracy:F1} % ± {100 * Math.Sqrt(accuracy * (1 - accuracy) / Examples):F1}");
    }
}

/// <summary>A word that training never touched.</summary>
/// <param name="Word">The word.</param>
/// <param name="Tokens">How often the part has it.</param>
/// <param name="Pretrained">Whether it has a pretrained vector.</param>
public sealed record FrequentUnseen(string Word, int Tokens, bool Pretrained);
