using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Worker.Evaluation.Intrinsic;

/// <summary>What published numbers differ in beside the vectors. The defaults are those of gensim's <c>evaluate_word_pairs</c> and <c>evaluate_word_analogies</c>.</summary>
public sealed record Conventions
{
    /// <summary>Only so many of the most frequent words count, as words of pairs and questions and as answers.</summary>
    public int Restrict { get; init; } = ProbeSpec.DefaultRestrict;

    /// <summary>Whether upper and lower case differ. If not, the most frequent of words that differ in case alone stands for all of them.</summary>
    public bool CaseSensitive { get; init; }

    /// <summary>What becomes of words without a vector.</summary>
    public MissingWords Missing { get; init; } = MissingWords.Skip;

    /// <summary>How analogies are answered.</summary>
    public AnalogyMethod Method { get; init; } = AnalogyMethod.Add;

    /// <summary>Those of a probe.</summary>
    public static Conventions Of(ProbeSpec probe) =>
        new() { Restrict = probe.Restrict, CaseSensitive = probe.CaseSensitive, Missing = probe.Missing, Method = probe.Method ?? AnalogyMethod.Add };

    /// <summary>A word in the form in which words are compared.</summary>
    public string Fold(string word) => CaseSensitive ? word : word.ToUpperInvariant();
}
