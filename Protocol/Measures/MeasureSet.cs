namespace DistEmbed.Protocol.Measures;

/// <summary>
/// What predictions are judged by. Each chunk of examples gives a few sums; the sums of all chunks are added and make the measures, so that the same numbers come
/// out for any number of workers. The first measure decides which weights are the best; higher is better.
/// </summary>
/// <param name="names">Names of the measures as <c>result.json</c> has them, in camel case.</param>
/// <param name="sums">How many sums a chunk gives.</param>
/// <param name="compute">Makes the measures of the added sums, in the order of the names; each has to be finite.</param>
public sealed class MeasureSet(IReadOnlyList<string> names, int sums, Func<IReadOnlyList<double>, IReadOnlyList<double>> compute)
{
    /// <summary>Share of the examples that are labelled right. Sums: right ones, all.</summary>
    public static MeasureSet Accuracy { get; } = new([Scores.Accuracy], 2, sums => [sums[1] > 0 ? sums[0] / sums[1] : 0]);

    /// <summary>Nothing is predicted, so there is nothing to judge.</summary>
    public static MeasureSet None { get; } = new([], 0, _ => []);

    /// <summary>Names of the measures.</summary>
    public IReadOnlyList<string> Names => names;

    /// <summary>How many sums a chunk gives.</summary>
    public int Sums => sums;

    /// <summary>The measures of added sums.</summary>
    public Scores Of(IReadOnlyList<double> added)
    {
        if (added.Count != sums)
            throw new ArgumentException($"{added.Count} sums, but the measures {string.Join(", ", names)} are made of {sums}", nameof(added));
        IReadOnlyList<double> values = compute(added);
        return new Scores([.. names.Select((name, i) => KeyValuePair.Create(name, values[i]))]);
    }
}
