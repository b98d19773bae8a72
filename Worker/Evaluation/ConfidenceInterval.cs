namespace DistEmbed.Worker.Evaluation;

/// <summary>Where a measure over all examples of a kind may lie, as far as the examples at hand tell.</summary>
/// <param name="Low">Lower end.</param>
/// <param name="High">Upper end.</param>
public readonly record struct ConfidenceInterval(double Low, double High)
{
    /// <summary>The share of intervals, so made, that hold the true value.</summary>
    public const double Confidence = 0.95;

    /// <summary>Fewest examples of which a correlation has an interval.</summary>
    public const int FewestForFisher = 4;

    /// <summary>The value that a standard normal variable stays within, on both sides of zero, with probability <see cref="Confidence"/>.</summary>
    private const double Normal = 1.959963984540054;

    /// <summary>
    /// The score interval of a share (Wilson 1927): all shares from which the one at hand is less than 1.96 of their own standard errors away. Unlike the share plus and
    /// minus its standard error it stays within 0 and 1, and has a width where every example is right.
    /// </summary>
    /// <param name="count">Examples that count.</param>
    /// <param name="examples">Examples in all, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The count is no part of the examples.</exception>
    public static ConfidenceInterval Wilson(long count, long examples)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(examples, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, examples);
        double share = (double)count / examples, z2 = Normal * Normal / examples;
        double center = (share + z2 / 2) / (1 + z2);
        double half = Normal / (1 + z2) * Math.Sqrt((share * (1 - share) + z2 / 4) / examples);
        // At the ends the formula gives 0 and 1 but for rounding.
        return new ConfidenceInterval(count == 0 ? 0 : center - half, count == examples ? 1 : center + half);
    }

    /// <summary>The interval of Pearson's correlation (Fisher 1921): its inverse hyperbolic tangent is nearly normal, with variance 1 / (examples - 3).</summary>
    /// <param name="correlation">The correlation, from -1 to 1.</param>
    /// <param name="examples">Examples that it was computed of, at least <see cref="FewestForFisher"/>.</param>
    public static ConfidenceInterval Fisher(double correlation, long examples)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Math.Abs(correlation), 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(examples, FewestForFisher);
        double center = Math.Atanh(correlation), half = Normal / Math.Sqrt(examples - 3);
        return new ConfidenceInterval(Math.Tanh(center - half), Math.Tanh(center + half));
    }
}
