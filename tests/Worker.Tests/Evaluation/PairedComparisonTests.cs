using DistEmbed.Worker.Evaluation;

namespace DistEmbed.Worker.Tests.Evaluation;

public class PairedComparisonTests
{
    [Fact]
    public void Difference_and_standard_error_are_those_of_the_mean_of_paired_differences()
    {
        bool[] first = [true, true, false, false, true, false, true, false], second = [true, false, true, true, true, true, true, false];
        double[] differences = [.. first.Zip(second, (a, b) => (b ? 1.0 : 0) - (a ? 1.0 : 0))];
        double mean = differences.Average(), variance = differences.Average(d => (d - mean) * (d - mean));

        PairedComparison pair = PairedComparison.Of(first, second);

        Assert.Equal((3, 1, 8), (pair.Gained, pair.Lost, pair.Examples));
        Assert.Equal(mean, pair.Difference, 1e-12);
        Assert.Equal(Math.Sqrt(variance / differences.Length), pair.StandardError, 1e-12);
    }

    [Fact]
    public void Different_numbers_of_examples_are_refused() =>
        Assert.Throws<ArgumentException>(() => PairedComparison.Of([true], [true, false]));
}
