using MathNet.Numerics.Distributions;

namespace DistEmbed.Coordinator.Reports;

/// <summary>What pairs of measurements say of a difference.</summary>
public enum Verdict
{
    /// <summary>There are fewer than two pairs, so nothing can be said.</summary>
    TooFewPairs,

    /// <summary>All differences are equal and not zero, so the interval has no width: chance, or too few measurements, and not certainty.</summary>
    NoScatter,

    /// <summary>The interval holds zero.</summary>
    NotShown,

    /// <summary>The whole interval is above zero.</summary>
    Better,

    /// <summary>The whole interval is below zero.</summary>
    Worse,
}

/// <summary>
/// The mean difference of measurements that belong together in pairs, with its confidence interval by Student's t (the paired t interval; Student 1908). What both of a
/// pair share, such as the seed and the examples set aside by it, drops out. It supposes that differences scatter about their mean as a normal distribution does.
/// <para>
/// Folds of a cross-validation are trained on examples that they share, so their differences scatter less than those of independent data would. The variance of the mean
/// is then s² (1/n + tested/trained) (Nadeau and Bengio 2003; for repeated cross-validation Bouckaert and Frank 2004).
/// </para>
/// </summary>
/// <param name="Pairs">How many pairs there are.</param>
/// <param name="Mean">Mean of the differences; not a number where there is no pair.</param>
/// <param name="StandardDeviation">Standard deviation of the differences; null for fewer than two pairs.</param>
/// <param name="TestedShare">Examples that a run is tested on for each that it is trained on, where the pairs are folds of the same examples; else 0.</param>
public sealed record PairedDifference(int Pairs, double Mean, double? StandardDeviation, double TestedShare = 0)
{
    /// <summary>The probability that an interval so made holds the true difference.</summary>
    public const double Confidence = 0.95;

    /// <summary>Differences of accuracies are multiples of one over the number of examples; less scatter than this is that of rounding.</summary>
    private const double Rounding = 1e-12;

    /// <summary>Standard error of <see cref="Mean"/>; null for fewer than two pairs.</summary>
    public double? StandardError => TestedShare == 0 ? StandardDeviation / Math.Sqrt(Pairs) : StandardDeviation * Math.Sqrt((1.0 / Pairs) + TestedShare);

    /// <summary>Lower end of the confidence interval; null for fewer than two pairs.</summary>
    public double? Low => StandardError is { } error ? Mean - (Quantile(Pairs - 1) * error) : null;

    /// <summary>Upper end of the confidence interval; null for fewer than two pairs.</summary>
    public double? High => StandardError is { } error ? Mean + (Quantile(Pairs - 1) * error) : null;

    /// <summary>What can be said, more being better.</summary>
    public Verdict Verdict => (Low, High) switch
    {
        (null, _) or (_, null) => Verdict.TooFewPairs,
        _ when StandardDeviation <= Rounding => Math.Abs(Mean) <= Rounding ? Verdict.NotShown : Verdict.NoScatter,
        ( > 0, _) => Verdict.Better,
        (_, < 0) => Verdict.Worse,
        _ => Verdict.NotShown,
    };

    /// <summary>The differences of pairs, each the second less the first.</summary>
    /// <param name="pairs">The pairs.</param>
    /// <param name="testedShare">As <see cref="TestedShare"/>.</param>
    public static PairedDifference Of(IReadOnlyList<(double First, double Second)> pairs, double testedShare = 0)
    {
        SampleSummary? differences = SampleSummary.Of([.. pairs.Select(pair => pair.Second - pair.First)]);
        return new PairedDifference(pairs.Count, differences?.Mean ?? double.NaN, differences?.StandardDeviation, testedShare);
    }

    /// <summary>The value that a variable of Student's t distribution stays within, on both sides of zero, with probability <see cref="Confidence"/>.</summary>
    /// <param name="degreesOfFreedom">Degrees of freedom, at least 1: one less than there are pairs.</param>
    public static double Quantile(int degreesOfFreedom) => StudentT.InvCDF(0, 1, degreesOfFreedom, (1 + Confidence) / 2);
}
