namespace DistEmbed.Protocol.Measures;

/// <summary>
/// What predictions are judged by. Each chunk of examples gives a few sums; the sums of all chunks are added and make the measures, so that the same numbers come
/// out for any number of workers. The first measure decides which weights are the best; higher is better.
/// </summary>
/// <param name="names">Names of the measures as <c>result.json</c> has them, in camel case.</param>
/// <param name="sums">How many sums a chunk gives.</param>
/// <param name="compute">Makes the measures of the added sums, in the order of the names; each has to be finite.</param>
/// <exception cref="ArgumentException">A name is blank, given twice, or <c>loss</c> or <c>examples</c>, which stand beside the measures.</exception>
public sealed class MeasureSet(IReadOnlyList<string> names, int sums, Func<IReadOnlyList<double>, IReadOnlyList<double>> compute)
{
    private static readonly string[] s_taken = ["loss", "examples"];

    private readonly IReadOnlyList<string> _names = names.All(name => !string.IsNullOrWhiteSpace(name) && !s_taken.Contains(name)) && names.Distinct().Count() == names.Count
        ? names
        : throw new ArgumentException($"names of measures are different, not blank, and none of {string.Join(", ", s_taken)}: {string.Join(", ", names)}", nameof(names));

    /// <summary>Share of the examples that are labelled right. Sums: right ones, all.</summary>
    public static MeasureSet Accuracy { get; } = new([Scores.Accuracy], 2, sums => [sums[1] > 0 ? sums[0] / sums[1] : 0]);

    /// <summary>Nothing is predicted, so there is nothing to judge.</summary>
    public static MeasureSet None { get; } = new([], 0, _ => []);

    /// <summary>Names of the measures.</summary>
    public IReadOnlyList<string> Names => _names;

    /// <summary>How many sums a chunk gives.</summary>
    public int Sums => sums;

    /// <summary>The measures of added sums.</summary>
    public Scores Of(IReadOnlyList<double> added)
    {
        if (added.Count != sums)
            throw new ArgumentException($"{added.Count} sums, but the measures {string.Join(", ", _names)} are made of {sums}", nameof(added));
        IReadOnlyList<double> values = compute(added);
        if (values.Count != _names.Count)
            throw new InvalidOperationException($"{values.Count} values were computed for the measures {string.Join(", ", _names)}");
        return new Scores([.. _names.Select((name, i) => KeyValuePair.Create(name, values[i]))]);
    }
}
