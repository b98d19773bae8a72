using MathNet.Numerics.Distributions;
using MathNet.Numerics.Statistics;

namespace DistEmbed.Worker.Evaluation.Intrinsic;

/// <summary>How two series of numbers go together.</summary>
/// <param name="Spearman">Pearson's correlation of their ranks; equal numbers have the mean of their ranks. Null: fewer than two pairs, or all numbers of a series are equal.</param>
/// <param name="Pearson">Pearson's correlation; null as for <paramref name="Spearman"/>.</param>
/// <param name="SpearmanP">Chance of a correlation at least so far from 0 if there were none, both sides, by Student's t as in SciPy; null with fewer than three pairs.</param>
/// <param name="PearsonP">The same of <paramref name="Pearson"/>.</param>
public sealed record RankCorrelation(double? Spearman, double? Pearson, double? SpearmanP, double? PearsonP)
{
    /// <summary>Correlates two series.</summary>
    /// <exception cref="ArgumentException">They have different lengths.</exception>
    public static RankCorrelation Of(IReadOnlyList<double> first, IReadOnlyList<double> second)
    {
        if (first.Count != second.Count)
            throw new ArgumentException($"{first.Count} numbers against {second.Count}", nameof(second));
        double? spearman = Correlate(ArrayStatistics.RanksInplace([.. first]), ArrayStatistics.RanksInplace([.. second])), pearson = Correlate(first, second);
        return new RankCorrelation(spearman, pearson, ChanceOf(spearman, first.Count), ChanceOf(pearson, first.Count));
    }

    private static double? Correlate(IReadOnlyList<double> first, IReadOnlyList<double> second)
    {
        // All numbers equal: asked of the numbers, since their computed variance need not be 0.
        if (first.Count < 2 || first.All(value => value == first[0]) || second.All(value => value == second[0]))
            return null;
        return Math.Clamp(Correlation.Pearson(first, second), -1, 1);
    }

    private static double? ChanceOf(double? correlation, int count)
    {
        if (correlation is not { } r || count < 3)
            return null;
        double t = Math.Abs(r) * Math.Sqrt((count - 2) / ((1 - r) * (1 + r)));
        return double.IsInfinity(t) ? 0 : 2 * StudentT.CDF(0, 1, count - 2, -t);
    }
}
