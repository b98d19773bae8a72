using CsCheck;
using DistEmbed.Coordinator.Reports;

namespace DistEmbed.Coordinator.Tests.Reports;

public class PairedDifferenceTests
{
    private static readonly Gen<(double First, double Second)[]> s_pairs =
        Gen.Select(Gen.Double[0, 1], Gen.Double[0, 1]).Array[2, 12];

    /// <summary>The two-sided 95 % column of the printed tables, for example NIST/SEMATECH e-Handbook, section 1.3.6.7.2 (0.975).</summary>
    [Theory]
    [InlineData(1, 12.706)]
    [InlineData(2, 4.303)]
    [InlineData(3, 3.182)]
    [InlineData(4, 2.776)]
    [InlineData(5, 2.571)]
    [InlineData(9, 2.262)]
    [InlineData(10, 2.228)]
    [InlineData(19, 2.093)]
    [InlineData(30, 2.042)]
    [InlineData(100, 1.984)]
    public void Quantiles_are_those_of_the_printed_tables(int degreesOfFreedom, double expected) =>
        Assert.Equal(expected, PairedDifference.Quantile(degreesOfFreedom), 0.0005);

    [Fact]
    public void Quantiles_with_a_closed_form_are_exact()
    {
        Assert.Equal(Math.Tan(Math.PI * 0.475), PairedDifference.Quantile(1), 1e-8); // Cauchy's distribution
        Assert.Equal(0.95 * Math.Sqrt(2 / (1 - (0.95 * 0.95))), PairedDifference.Quantile(2), 1e-8);
    }

    /// <summary>As above, of five folds: 1/4 of the examples are tested for each that is trained on, so the standard error is sqrt(2.5 (1/5 + 1/4)).</summary>
    [Fact]
    public void Folds_that_share_training_examples_widen_the_interval()
    {
        PairedDifference difference = PairedDifference.Of([(1, 3), (1, 5), (2, 5), (7, 8), (0, 5)], 0.25);
        Assert.Equal(Math.Sqrt(2.5 * 0.45), difference.StandardError!.Value, 1e-12);
        Assert.Equal(3 + (PairedDifference.Quantile(4) * Math.Sqrt(1.125)), difference.High!.Value, 1e-9);
    }

    /// <summary>Differences 2, 4, 3, 1, 5: mean 3, squares about it 1 + 1 + 0 + 4 + 4 = 10, variance 10 / 4, standard error sqrt(2.5 / 5), times 2.7764 for 4 degrees of freedom.</summary>
    [Fact]
    public void A_difference_worked_out_by_hand()
    {
        PairedDifference difference = PairedDifference.Of([(1, 3), (1, 5), (2, 5), (7, 8), (0, 5)]);

        Assert.Equal(5, difference.Pairs);
        Assert.Equal(3, difference.Mean, 1e-12);
        Assert.Equal(Math.Sqrt(2.5), difference.StandardDeviation!.Value, 1e-12);
        Assert.Equal(Math.Sqrt(0.5), difference.StandardError!.Value, 1e-12);
        Assert.Equal(3 - (2.776445 * Math.Sqrt(0.5)), difference.Low!.Value, 1e-6);
        Assert.Equal(3 + (2.776445 * Math.Sqrt(0.5)), difference.High!.Value, 1e-6);
        Assert.Equal(Verdict.Better, difference.Verdict);
    }

    [Fact]
    public void A_summary_worked_out_by_hand()
    {
        SampleSummary summary = SampleSummary.Of([2, 4, 4, 4, 5, 5, 7, 9])!;
        Assert.Equal((8, 5.0, 2.0, 9.0), (summary.Count, summary.Mean, summary.Min, summary.Max));
        Assert.Equal(Math.Sqrt(32.0 / 7), summary.StandardDeviation!.Value, 1e-12);
        Assert.Null(SampleSummary.Of([]));
        Assert.Null(SampleSummary.Of([3])!.StandardDeviation);
    }

    [Fact]
    public void Fewer_than_two_pairs_give_no_interval()
    {
        Assert.Equal(Verdict.TooFewPairs, PairedDifference.Of([]).Verdict);
        PairedDifference one = PairedDifference.Of([(0.5, 0.75)]);
        Assert.Equal((1, 0.25, null, null, null, Verdict.TooFewPairs), (one.Pairs, one.Mean, one.StandardError, one.Low, one.High, one.Verdict));
    }

    [Fact]
    public void Equal_differences_are_no_certainty()
    {
        Assert.Equal(Verdict.NoScatter, PairedDifference.Of([(0.8, 0.9), (0.4, 0.5)]).Verdict); // not equal to the last bit
        Assert.Equal(Verdict.NotShown, PairedDifference.Of([(0.8, 0.8), (0.4, 0.4)]).Verdict);
        Assert.Equal(Verdict.Worse, PairedDifference.Of([(0.8, 0.7), (0.4, 0.29999)]).Verdict);
    }

    [Fact]
    public void What_both_of_every_pair_gain_changes_nothing() => Gen.Select(s_pairs, Gen.Double[-5, 5].Array[12]).Sample((pairs, shifts) =>
        AssertClose(PairedDifference.Of(pairs), PairedDifference.Of([.. pairs.Zip(shifts, (pair, shift) => (pair.First + shift, pair.Second + shift))])));

    [Fact]
    public void Exchanging_the_sides_negates_the_difference() => s_pairs.Sample(pairs =>
    {
        PairedDifference there = PairedDifference.Of(pairs), back = PairedDifference.Of([.. pairs.Select(pair => (pair.Second, pair.First))]);
        AssertClose(there, new PairedDifference(back.Pairs, -back.Mean, back.StandardDeviation));
        Assert.Equal(-there.Low!.Value, back.High!.Value, 1e-9);
        Assert.Equal(there.Verdict switch { Verdict.Better => Verdict.Worse, Verdict.Worse => Verdict.Better, var same => same }, back.Verdict);
    });

    [Fact]
    public void The_order_of_pairs_does_not_matter() => s_pairs.Sample(pairs => AssertClose(PairedDifference.Of(pairs), PairedDifference.Of([.. pairs.Reverse()])));

    /// <summary>The promise of an interval, tried on differences whose mean is known: of 2,000 intervals 95 in 100 hold it, give or take four standard errors.</summary>
    [Fact]
    public void Intervals_hold_the_true_difference_as_often_as_they_say()
    {
        var random = new Random(7);
        double Normal() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        int held = Enumerable.Range(0, 2000).Count(_ =>
        {
            PairedDifference difference = PairedDifference.Of([.. Enumerable.Range(0, 4).Select(_ => (0.0, 0.3 + Normal()))]);
            return difference.Low <= 0.3 && 0.3 <= difference.High;
        });
        Assert.InRange(held / 2000.0, 0.93, 0.97);
    }

    private static void AssertClose(PairedDifference expected, PairedDifference actual)
    {
        Assert.Equal(expected.Pairs, actual.Pairs);
        Assert.Equal(expected.Mean, actual.Mean, 1e-9);
        Assert.Equal(expected.StandardError!.Value, actual.StandardError!.Value, 1e-9);
        Assert.Equal(expected.Low!.Value, actual.Low!.Value, 1e-7);
        Assert.Equal(expected.High!.Value, actual.High!.Value, 1e-7);
    }
}
