namespace DistEmbed.Protocol.Jobs;

/// <summary>
/// Pairs of neighbouring words that become one before words are counted, as word2phrase.c finds them (Mikolov et al. 2013, equation 6): a pair ab of text of N
/// words scores (count(ab) - <see cref="MinCount"/>) / count(a) / count(b) * N.
/// </summary>
public sealed record PhrasesSpec
{
    /// <summary>A pass over the text each: pairs with a score above it are joined. Later passes join what earlier ones made, and so find phrases of more than two words.</summary>
    public IReadOnlyList<double> Thresholds { get; init; } = [100];

    /// <summary>Neither pairs nor words of pairs may be seen less often. It is also what the score takes off a pair's count.</summary>
    public int MinCount { get; init; } = 5;

    /// <summary>What stands between the words of a phrase.</summary>
    public string Separator { get; init; } = "_";
}
