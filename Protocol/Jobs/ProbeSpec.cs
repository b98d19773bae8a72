namespace DistEmbed.Protocol.Jobs;

/// <summary>A set that the word vectors are measured by at every checkpoint. Changes no bit of the result.</summary>
public sealed record ProbeSpec
{
    /// <summary>
    /// A file of word pairs with people's scores, such as WordSim-353: two words and a number a line, with tabs, commas, semicolons or blanks between. A relative path
    /// starts from <c>data.root</c>. Either this or <see cref="Analogies"/>.
    /// </summary>
    public string? Pairs { get; init; }

    /// <summary>A file of analogies in the form of word2vec's questions-words.txt. A relative path starts from <c>data.root</c>.</summary>
    public string? Analogies { get; init; }

    /// <summary>Only so many of the most frequent words count, as words of pairs and questions and as answers.</summary>
    public int Restrict { get; init; } = DefaultRestrict;

    /// <summary>Whether upper and lower case differ. If not, the most frequent of words that differ in case alone stands for all of them.</summary>
    public bool CaseSensitive { get; init; }

    /// <summary>What becomes of pairs and questions with a word that has no vector.</summary>
    public MissingWords Missing { get; init; } = MissingWords.Skip;

    /// <summary>How analogies are answered. Absent: add.</summary>
    public AnalogyMethod? Method { get; init; }

    /// <summary>gensim's <c>restrict_vocab</c>.</summary>
    public const int DefaultRestrict = 300_000;
}

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
