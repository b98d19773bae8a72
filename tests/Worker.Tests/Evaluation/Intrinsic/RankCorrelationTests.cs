using CsCheck;
using DistEmbed.Worker.Evaluation.Intrinsic;

namespace DistEmbed.Worker.Tests.Evaluation.Intrinsic;

public class RankCorrelationTests
{
    [Fact]
    public void Ties_have_the_mean_of_their_ranks()
    {
        // Ranks 1, 2.5, 2.5, 4 and 1, 4, 2, 3: products of deviations 3, squares 4.5 and 5.
        var correlation = RankCorrelation.Of([1, 2, 2, 3], [1, 30, 2, 4]);
        Assert.Equal(3 / Math.Sqrt(4.5 * 5), correlation.Spearman!.Value, 14);
        // Deviations -1, 0, 0, 1 and -8.25, 20.75, -7.25, -5.25.
        Assert.Equal(3 / Math.Sqrt(2 * 578.75), correlation.Pearson!.Value, 14);
        // With two degrees of freedom Student's distribution has a closed form, and the chance is 1 - |r|.
        Assert.Equal(1 - correlation.Spearman.Value, correlation.SpearmanP!.Value, 12);
        Assert.Equal(1 - correlation.Pearson.Value, correlation.PearsonP!.Value, 12);
    }

    [Fact]
    public void What_has_no_correlation_has_none()
    {
        Assert.Equal(new RankCorrelation(null, null, null, null), RankCorrelation.Of([], []));
        Assert.Equal(new RankCorrelation(null, null, null, null), RankCorrelation.Of([1], [2]));
        Assert.Equal(new RankCorrelation(null, null, null, null), RankCorrelation.Of([0.1, 0.1, 0.1], [1, 2, 3]));
        Assert.Equal(new RankCorrelation(null, null, null, null), RankCorrelation.Of([1, 2, 3], [0.1, 0.1, 0.1]));
        Assert.Equal(new RankCorrelation(1, 1, null, null), RankCorrelation.Of([1, 2], [5, 7]));
        Assert.Equal(new RankCorrelation(-1, -1, 0, 0), RankCorrelation.Of([1, 2, 3], [6, 4, 2]));
        Assert.Throws<ArgumentException>(() => RankCorrelation.Of([1], [1, 2]));
    }

    [Fact]
    public void Spearman_asks_for_the_order_alone()
    {
        Gen.Select(Gen.Int[-9, 9], Gen.Int[-99, 99]).Array[3, 40].Sample(pairs =>
        {
            double[] first = [.. pairs.Select(p => (double)p.Item1)], second = [.. pairs.Select(p => (double)p.Item2)];
            var plain = RankCorrelation.Of(first, second);
            Assert.Equal(plain.Spearman, RankCorrelation.Of([.. first.Select(v => Math.Exp(v / 3))], [.. second.Select(v => (v * v * v) + 7)]).Spearman);
            var turned = RankCorrelation.Of(first, [.. second.Select(v => -v)]);
            Assert.Equal(plain.Spearman.HasValue, turned.Spearman.HasValue);
            if (plain is not { Spearman: { } spearman, Pearson: { } pearson })
                return;
            Assert.Equal(-spearman, turned.Spearman!.Value, 12);
            Assert.Equal(-pearson, turned.Pearson!.Value, 12);
            Assert.Equal(spearman, RankCorrelation.Of(second, first).Spearman!.Value, 12);
            Assert.InRange(plain.SpearmanP!.Value, 0, 1);
            // Of ranks Pearson's correlation is Spearman's.
            Assert.Equal(spearman, RankCorrelation.Of([.. first.Select(v => Rank(first, v))], [.. second.Select(v => Rank(second, v))]).Pearson!.Value, 12);
        });

        static double Rank(double[] all, double value) => all.Count(v => v < value) + ((all.Count(v => v == value) + 1) / 2.0);
    }
}
