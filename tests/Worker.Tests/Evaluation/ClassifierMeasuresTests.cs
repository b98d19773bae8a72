using CsCheck;
using DistEmbed.Worker.Evaluation;

namespace DistEmbed.Worker.Tests.Evaluation;

public class ClassifierMeasuresTests
{
    private static readonly Gen<(int[] Gold, int[] Predicted, int Labels)> s_examples =
        from labels in Gen.Int[1, 6]
        from pairs in Gen.Select(Gen.Int[0, labels - 1], Gen.Int[0, labels - 1]).Array[1, 40]
        select (pairs.Select(p => p.Item1).ToArray(), pairs.Select(p => p.Item2).ToArray(), labels);

    /// <summary>The examples in scikit-learn's documentation of classification_report and f1_score, with the numbers printed there.</summary>
    [Theory]
    [InlineData(new[] { 0, 1, 2, 2, 2 }, new[] { 0, 0, 2, 2, 1 }, 0.6, 0.49, 0.61, new[] { 0.67, 0.0, 0.80 })]
    [InlineData(new[] { 0, 1, 2, 0, 1, 2 }, new[] { 0, 2, 1, 0, 0, 1 }, 0.33, 0.27, 0.27, new[] { 0.8, 0.0, 0.0 })]
    public void Measures_are_those_of_scikit_learn(int[] gold, int[] predicted, double accuracy, double macro, double weighted, double[] byClass)
    {
        ClassifierMeasures measures = ClassifierMeasures.Of(LabelConfusion.Of(gold, predicted, 3));
        Assert.Equal([accuracy, macro, accuracy, weighted], new[] { measures.Accuracy, measures.MacroF1, measures.MicroF1, measures.WeightedF1 }.Select(m => Math.Round(m, 2)));
        Assert.Equal(byClass, measures.ByClass.Select(c => Math.Round(c.F1!.Value, 2)));
    }

    [Fact]
    public void A_label_that_nobody_was_asked_about_is_left_out_and_any_other_without_a_hit_counts_with_zero()
    {
        // 0: half right; 1: has examples, never predicted; 2: predicted, has no example; 3: neither.
        ClassifierMeasures measures = ClassifierMeasures.Of(LabelConfusion.Of([0, 0, 1, 1], [0, 2, 2, 0], 4));
        Assert.Equal([0.5, 0, 0, null], measures.ByClass.Select(c => c.F1));
        Assert.Equal([0.5, null, 0, null], measures.ByClass.Select(c => c.Precision));
        Assert.Equal([0.5, 0, null, null], measures.ByClass.Select(c => c.Recall));
        Assert.Equal((3, 0.5 / 3), (measures.Counted, measures.MacroF1));
        Assert.Equal(0.25, measures.WeightedF1);
    }

    [Fact]
    public void Measures_are_those_counted_example_by_example() => s_examples.Sample(given =>
    {
        (int[] gold, int[] predicted, int labels) = given;
        ClassifierMeasures measures = ClassifierMeasures.Of(LabelConfusion.Of(gold, predicted, labels));
        var f1 = new List<(double F1, int Support)>();
        int right = 0, givenWrongly = 0, missed = 0;
        foreach (int label in gold.Union(predicted))
        {
            int hits = gold.Zip(predicted).Count(p => p.First == label && p.Second == label);
            int wrongly = predicted.Count(p => p == label) - hits, miss = gold.Count(g => g == label) - hits;
            (right, givenWrongly, missed) = (right + hits, givenWrongly + wrongly, missed + miss);
            double precision = hits == 0 ? 0 : (double)hits / (hits + wrongly), recall = hits == 0 ? 0 : (double)hits / (hits + miss);
            f1.Add((hits == 0 ? 0 : 2 * precision * recall / (precision + recall), hits + miss));
        }

        Assert.Equal(f1.Average(f => f.F1), measures.MacroF1, 1e-12);
        Assert.Equal(f1.Sum(f => f.F1 * f.Support) / gold.Length, measures.WeightedF1, 1e-12);
        Assert.Equal(2.0 * right / (2 * right + givenWrongly + missed), measures.MicroF1, 1e-12);
        Assert.InRange(measures.MacroF1Interval.Low, 0, measures.MacroF1Interval.High);
        Assert.InRange(measures.MacroF1Interval.High, 0, 1);
    }, iter: 100);

    /// <summary>Method 3 of table I in Newcombe, Statistics in Medicine 17 (1998).</summary>
    [Theory]
    [InlineData(81, 263, 0.2553, 0.3662)]
    [InlineData(15, 148, 0.0624, 0.1605)]
    [InlineData(0, 20, 0, 0.1611)]
    [InlineData(1, 29, 0.0061, 0.1718)]
    public void Wilson_intervals_are_those_of_the_printed_table(int count, int examples, double low, double high)
    {
        ConfidenceInterval interval = ConfidenceInterval.Wilson(count, examples);
        Assert.Equal((low, high), (Math.Round(interval.Low, 4), Math.Round(interval.High, 4)));
        ConfidenceInterval others = ConfidenceInterval.Wilson(examples - count, examples);
        Assert.Equal((1 - interval.High, 1 - interval.Low), (others.Low, others.High), new Near());
    }

    // tanh(atanh(r) +- 1.96 / sqrt(n - 3)), worked out by hand.
    [Theory]
    [InlineData(0.6, 28, 0.2924, 0.7951)]
    [InlineData(-0.6, 28, -0.7951, -0.2924)]
    [InlineData(0, 103, -0.1935, 0.1935)]
    [InlineData(1, 4, 1, 1)]
    public void Fisher_intervals_of_correlations(double correlation, int examples, double low, double high)
    {
        ConfidenceInterval interval = ConfidenceInterval.Fisher(correlation, examples);
        Assert.Equal((low, high), (Math.Round(interval.Low, 4), Math.Round(interval.High, 4)));
        Assert.Throws<ArgumentOutOfRangeException>(() => ConfidenceInterval.Fisher(correlation, 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => ConfidenceInterval.Fisher(1.5, examples));
    }

    [Fact]
    public void Of_two_labels_alike_the_bootstrap_of_macro_F1_is_as_wide_as_the_interval_of_the_accuracy()
    {
        ClassifierMeasures measures = ClassifierMeasures.Of(LabelConfusion.Of([[400, 100], [100, 400]]));
        Assert.Equal(measures.Accuracy, measures.MacroF1, 1e-12);
        Assert.Equal(measures.AccuracyInterval.Low, measures.MacroF1Interval.Low, 0.004);
        Assert.Equal(measures.AccuracyInterval.High, measures.MacroF1Interval.High, 0.004);
        Assert.Equal(new ConfidenceInterval(1, 1), ClassifierMeasures.Of(LabelConfusion.Of([[9, 0], [0, 9]])).MacroF1Interval);
        // Drawn the same for ever: an interval that was printed once can be printed again.
        Assert.Equal((0.52, 0.9), Rounded(ClassifierMeasures.Of(LabelConfusion.Of([[9, 3], [2, 6]])).MacroF1Interval));

        static (double, double) Rounded(ConfidenceInterval interval) => (Math.Round(interval.Low, 4), Math.Round(interval.High, 4));
    }

    [Fact]
    public void What_makes_no_sense_is_refused()
    {
        Assert.Throws<ArgumentException>(() => LabelConfusion.Of([0], [0, 1], 2));
        Assert.Throws<ArgumentException>(() => LabelConfusion.Of([2], [0], 2));
        Assert.Throws<ArgumentException>(() => LabelConfusion.Of([0], [-1], 2));
        Assert.Throws<ArgumentException>(() => LabelConfusion.Of([[1, 2]]));
        Assert.Throws<ArgumentException>(() => LabelConfusion.Of([[1, 2], [-1, 0]]));
        Assert.Throws<ArgumentException>(() => ClassifierMeasures.Of(LabelConfusion.Of([], [], 2)));
        Assert.Throws<ArgumentOutOfRangeException>(() => ConfidenceInterval.Wilson(3, 2));
    }

    private sealed class Near : IEqualityComparer<(double, double)>
    {
        public bool Equals((double, double) x, (double, double) y) => Math.Abs(x.Item1 - y.Item1) < 1e-12 && Math.Abs(x.Item2 - y.Item2) < 1e-12;

        public int GetHashCode((double, double) pair) => 0;
    }
}
