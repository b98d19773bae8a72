namespace DistEmbed.Protocol.Vectors;

/// <summary>What loading vectors for a vocabulary came to. The four word counts are of the vocabulary: Words = FoundExactly + FoundByLowerCase + NotFound.</summary>
/// <param name="Words">Words of the vocabulary, padding and unknown not counted.</param>
/// <param name="FoundExactly">Words that the file holds as they are.</param>
/// <param name="FoundByLowerCase">Words that it holds in lower case only.</param>
/// <param name="NotFound">Words without a vector.</param>
/// <param name="Duplicates">Entries left out because the file had given a vector for the same word before; counted among the words that were looked for.</param>
/// <param name="Variance">Variance of all numbers of <see cref="LoadedVectors.Values"/> about their mean; 0 if there are none.</param>
/// <param name="File">
/// What the pass over the file met. The numbers of an entry that no word asks for are not looked at, so nan among them is not counted.
/// </param>
public sealed record VectorReport(
    int Words, int FoundExactly, int FoundByLowerCase, int NotFound, long Duplicates, double Variance, VectorReadCounts File)
{
    /// <summary>The first words of the file, a few, whether they were looked for or not.</summary>
    public IReadOnlyList<string> FirstWords { get; init; } = [];

    /// <summary>
    /// Half width a of the uniform distribution in ±a that has <see cref="Variance"/>, for rows without a vector: a² / 3 is the variance of such a distribution
    /// (Kim 2014, section 3.1: "the same variance as the pre-trained ones").
    /// </summary>
    public double UniformHalfWidth => Math.Sqrt(3 * Variance);
}
