namespace DistEmbed.Worker.Evaluation;

/// <summary>How far the words' rows of a table are from where they started. Padding and the row of unknown words are not counted.</summary>
/// <param name="Table">Name of the table.</param>
/// <param name="Classes">
/// All words first (<see cref="DriftClass.All"/>); then those that had a pretrained vector and those that had none, then bands of rank by frequency, then those that the job's row selectors meet. A class without words is left out.
/// </param>
/// <param name="MostMoved">The words farthest from their start by L2 distance, farthest first; of equal ones the more frequent first. A word that has not moved is not among them.</param>
public sealed record DriftReport(string Table, IReadOnlyList<DriftClass> Classes, IReadOnlyList<DriftedWord> MostMoved)
{
    /// <summary>The class of all words; every vocabulary has one at least.</summary>
    public DriftClass Whole() => Classes[0];
}

/// <summary>A class of rows.</summary>
/// <param name="Name">
/// <c>all</c>, <c>pretrained</c>, <c>no vector</c>, a band such as <c>rank 101-1000</c>, the most frequent word having rank 1, or <c>rows</c> and a selector of the job.
/// </param>
/// <param name="Rows">Words in it.</param>
/// <param name="Moved">Of these, words with a row in which any bit differs from its start.</param>
/// <param name="Cosine">Cosine to the start.</param>
/// <param name="Distance">L2 distance to the start.</param>
/// <param name="NormGrowth">Norm now over norm at the start.</param>
public sealed record DriftClass(string Name, long Rows, long Moved, DriftHistogram Cosine, DriftHistogram Distance, DriftHistogram NormGrowth)
{
    /// <summary>Name of the class of all words.</summary>
    public const string All = "all";

    /// <summary>Name of the class of words that had a vector in the file.</summary>
    public const string Pretrained = "pretrained";

    /// <summary>Name of the class of words that had none: they are compared with their random first value.</summary>
    public const string NoVector = "no vector";

    /// <summary><see cref="Moved"/> as a fraction of <see cref="Rows"/>.</summary>
    public double MovedShare => Rows == 0 ? 0 : (double)Moved / Rows;
}

/// <summary>A word and how far its row is from its start.</summary>
/// <param name="Word">The word.</param>
/// <param name="Count">How often it was counted.</param>
/// <param name="Pretrained">Whether it had a vector in the file.</param>
/// <param name="Moved">Whether any bit of its row differs.</param>
/// <param name="Cosine">Cosine to the start; null where there is none, see <see cref="RowChange"/>.</param>
/// <param name="Distance">L2 distance to the start; null: it is no longer finite.</param>
/// <param name="NormGrowth">Norm now over norm at the start; null where there is none.</param>
public sealed record DriftedWord(string Word, long Count, bool Pretrained, bool Moved, double? Cosine, double? Distance, double? NormGrowth);
