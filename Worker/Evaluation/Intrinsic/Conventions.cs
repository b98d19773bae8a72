namespace DistEmbed.Worker.Evaluation.Intrinsic;

/// <summary>What becomes of a pair or question with a word that has no vector.</summary>
public enum MissingWords
{
    /// <summary>It is left out.</summary>
    Skip,

    /// <summary>A pair has similarity 0, a question is answered wrongly (gensim's <c>dummy4unknown</c>).</summary>
    Zero,
}

/// <summary>How the fourth word of an analogy is looked for.</summary>
public enum AnalogyMethod
{
    /// <summary>3CosAdd: the largest cos(x, b) - cos(x, a) + cos(x, c) (Mikolov et al. 2013).</summary>
    Add,

    /// <summary>3CosMul: the largest cos(x, b) cos(x, c) / (cos(x, a) + 0.000001), cosines moved into [0, 1] (Levy and Goldberg 2014; the small number is gensim's, theirs is 0.001).</summary>
    Mul,
}

/// <summary>What published numbers differ in beside the vectors. The defaults are those of gensim's <c>evaluate_word_pairs</c> and <c>evaluate_word_analogies</c>.</summary>
public sealed record Conventions
{
    /// <summary>gensim's <c>restrict_vocab</c>.</summary>
    public const int DefaultRestrict = 300_000;

    /// <summary>Only so many of the most frequent words count, as words of pairs and questions and as answers.</summary>
    public int Restrict { get; init; } = DefaultRestrict;

    /// <summary>Whether upper and lower case differ. If not, the most frequent of words that differ in case alone stands for all of them.</summary>
    public bool CaseSensitive { get; init; }

    /// <summary>What becomes of words without a vector.</summary>
    public MissingWords Missing { get; init; } = MissingWords.Skip;

    /// <summary>How analogies are answered.</summary>
    public AnalogyMethod Method { get; init; } = AnalogyMethod.Add;

    /// <summary>A word in the form in which words are compared.</summary>
    public string Fold(string word) => CaseSensitive ? word : word.ToUpperInvariant();
}
