namespace DistEmbed.Worker.Evaluation;

/// <summary>How a measure is spread over the rows of a class.</summary>
/// <param name="Edges">Ascending; the same in every histogram of a measure, so that they can be laid over each other.</param>
/// <param name="Counts">One more than edges: rows below the first edge, from each edge to below the next, and from the last edge on.</param>
/// <param name="Undefined">Rows without the measure, in no bin: they started at zero, or are no longer finite.</param>
/// <param name="Mean">Mean over the rows in bins; null: there is none.</param>
public sealed record DriftHistogram(IReadOnlyList<double> Edges, IReadOnlyList<long> Counts, long Undefined, double? Mean)
{
    /// <summary>Edges for cosines: close together near 1, where tuned vectors are.</summary>
    public static IReadOnlyList<double> CosineEdges { get; } = [0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999, 0.9999, 0.99999];

    /// <summary>Edges for L2 distances: three a power of ten.</summary>
    public static IReadOnlyList<double> DistanceEdges { get; } = [0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];

    /// <summary>Edges for the growth of norms.</summary>
    public static IReadOnlyList<double> NormGrowthEdges { get; } = [0.5, 0.75, 0.9, 0.95, 0.99, 1.01, 1.05, 1.1, 1.25, 1.5, 2, 4];

    /// <summary>Counts values; those that are not finite numbers are undefined.</summary>
    /// <param name="edges">Ascending.</param>
    /// <param name="values">The values; their order decides the last bits of the mean.</param>
    public static DriftHistogram Of(IReadOnlyList<double> edges, IEnumerable<double> values)
    {
        var counts = new long[edges.Count + 1];
        long undefined = 0, defined = 0;
        double sum = 0;
        foreach (double value in values)
        {
            if (!double.IsFinite(value))
            {
                undefined++;
                continue;
            }

            int bin = 0;
            while (bin < edges.Count && value >= edges[bin])
                bin++;
            counts[bin]++;
            defined++;
            sum += value;
        }

        return new DriftHistogram(edges, counts, undefined, defined == 0 ? null : sum / defined);
    }
}
