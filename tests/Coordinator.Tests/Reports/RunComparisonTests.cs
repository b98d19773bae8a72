using DistEmbed.Coordinator.Cli;
using DistEmbed.Coordinator.Local;
using DistEmbed.Coordinator.Reports;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Measures;

namespace DistEmbed.Coordinator.Tests.Reports;

public class RunComparisonTests
{
    [Fact]
    public void Runs_are_paired_by_seed_whatever_their_order()
    {
        RunComparison comparison = RunComparison.Of(
            [Run("static", 1, 0.70), Run("tuned", 2, 0.81), Run("static", 2, 0.75), Run("tuned", 1, 0.74), Run("static", 3, 0.10), Run("tuned", 4, 0.99)]);

        RunComparison.Pair pair = Assert.Single(comparison.Pairs);
        Assert.Equal(["1", "2"], pair.Seeds.Order(StringComparer.Ordinal));
        Assert.Equal(0.05, pair.Difference.Mean, 1e-12); // (0.04 + 0.06) / 2
        Assert.Equal(["seed 3 of tuned", "seed 4 of static"], pair.Lacking);
        Assert.Equal((0.70 + 0.75 + 0.10) / 3, comparison.Variants[0].Test!.Mean, 1e-12);
    }

    [Fact]
    public void Folds_are_paired_with_the_same_fold_of_the_same_seed_and_number_of_folds()
    {
        ComparedRun Fold(string variant, int seed, int fold, int of, double accuracy) => Run(variant, seed, accuracy) with { Fold = new FoldSpec { Of = of, Index = fold } };
        RunComparison comparison = RunComparison.Of(
            [Fold("a", 1, 1, 5, 0.5), Fold("a", 1, 2, 5, 0.6), Fold("a", 2, 1, 5, 0.7), Fold("b", 1, 2, 5, 0.62), Fold("b", 1, 1, 5, 0.51), Fold("b", 2, 1, 10, 0.9)]);

        RunComparison.Pair pair = Assert.Single(comparison.Pairs);
        Assert.Equal(["1 fold 1/5", "1 fold 2/5"], pair.Seeds.Order(StringComparer.Ordinal));
        Assert.Equal(["seed 2 fold 1/5 of b", "seed 2 fold 1/10 of a"], pair.Lacking);
        Assert.Equal((0.015, 0.25), (Math.Round(pair.Difference.Mean, 12), pair.Difference.TestedShare));
        Assert.True(comparison.CrossValidates);
    }

    [Fact]
    public void The_baseline_can_be_chosen_and_has_to_be_there()
    {
        ComparedRun[] runs = [Run("a", 1, 0.5), Run("b", 1, 0.6), Run("c", 1, 0.7)];
        Assert.Equal(["b", "c"], RunComparison.Of(runs).Pairs.Select(p => p.Variant));
        Assert.Equal(["a", "c"], RunComparison.Of(runs, "b").Pairs.Select(p => p.Variant));
        InvalidInputException refused = Assert.Throws<InvalidInputException>(() => RunComparison.Of(runs, "bb"));
        Assert.Contains("there is no variant `bb`.", refused.Message, StringComparison.Ordinal);
        Assert.Contains("a, b, c", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Dev_counts_where_a_run_has_no_test_part_and_without_either_nothing_is_compared()
    {
        ComparedRun untested = Run("b", 1, 0.6) with { Test = null };
        RunComparison comparison = RunComparison.Of([Run("a", 1, 0.5), untested]);
        Assert.Equal("dev", comparison.Part);
        Assert.Equal(0.1, comparison.Pairs[0].Difference.Mean, 1e-12);
        Assert.Throws<InvalidInputException>(() => RunComparison.Of([Run("a", 1, 0.5), untested with { Dev = null }]));
        Assert.Contains("has no result (failed: it)", Assert.Throws<InvalidInputException>(() => RunComparison.Of([Failed("a", 1, "failed: it")])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Different_data_are_compared_with_a_warning_that_says_with_which_seeds()
    {
        ComparedRun[] runs = [Run("a", 1, 0.5), Run("a", 2, 0.5), Run("b", 1, 0.6), Run("b", 2, 0.6) with { DataFingerprint = "other" }];
        RunComparison comparison = RunComparison.Of(runs);
        Assert.StartsWith("b and a were trained on different data with seed 2: ", Assert.Single(comparison.Warnings), StringComparison.Ordinal);
        Assert.Equal(2, comparison.Pairs[0].Difference.Pairs);
        Assert.Empty(RunComparison.Of(runs[..3]).Warnings);
        // With other vectors other words of dev and test are known: the examples are the same.
        ComparedRun[] same = [.. runs.Select(run => run with { ExamplesFingerprint = "examples" })];
        Assert.Empty(RunComparison.Of(same).Warnings);
        Assert.Single(RunComparison.Of([.. same[..3], same[3] with { ExamplesFingerprint = "others" }]).Warnings);
    }

    /// <summary>The table to the character: people read it, and a resumed sweep has to end on the same.</summary>
    [Fact]
    public void The_table_says_what_is_shown_what_is_not_and_what_is_missing()
    {
        ComparedRun[] runs =
        [
            .. Series("static", 0.7924, 0.7886, 0.7875), .. Series("tuned", 0.8124, 0.8080, 0.8081), .. Series("worse", 0.7724, 0.7680, 0.7681),
            .. Series("noisy", 0.70, 0.90, 0.80), .. Series("equal", 0.7924, 0.7886, 0.7875), Run("diverged", 1, 0.5), Failed("diverged", 2, "failed: the loss is no number."),
        ];

        using var written = new StringWriter();
        ComparisonTable.Write(RunComparison.Of(runs), new ComparedRuns(runs, [new ComparedRuns.Difference("model.channels", ["\"a\"", "\"b\"", "1", "2", "3", "not set"])], []), written);

        Assert.Equal(
            """
            Test accuracy in percent, over seeds
              variant   n   mean     sd    min    max  dev mean  dev sd
              static    3  78.95   0.26  78.75  79.24     78.95    0.26
              tuned     3  80.95   0.25  80.80  81.24     80.95    0.25
              worse     3  76.95   0.25  76.80  77.24     76.95    0.25
              noisy     3  80.00  10.00  70.00  90.00     80.00   10.00
              equal     3  78.95   0.26  78.75  79.24     78.95    0.26
              diverged  1  50.00      -  50.00  50.00     50.00       -

            Settings in which they differ
              setting         static  tuned  worse  noisy  equal  diverged
              model.channels  "a"     "b"    1      2      3      not set

            Against static, paired by seed, in points
              variant   pairs  difference  standard error     95 % interval
              tuned         3       +2.00            0.03    +1.85 to +2.15
              worse         3       -2.00            0.03    -2.15 to -1.85
              noisy         3       +1.05            5.88  -24.27 to +26.37
              equal         3        0.00            0.00      0.00 to 0.00
              diverged      1      -29.24               -                 -

            tuned is better than static by 2.00 points (95 % interval 1.85 to 2.15, 3 paired seeds).
            worse is worse than static by 2.00 points (95 % interval 1.85 to 2.15, 3 paired seeds).
            No difference is shown: noisy less static is +1.05 points, and the 95 % interval, -24.27 to +26.37, holds zero (3 paired seeds).
            No difference is shown: equal and static are equal on each of 3 paired seeds.
            Nothing can be said of diverged and static: an interval needs two paired seeds at least, and there is 1. Missing: seed 2 of diverged, seed 3 of diverged.

            Not counted: seed 2 of diverged: failed: the loss is no number.

            """, written.ToString());
    }

    [Fact]
    public void A_measure_of_a_users_own_model_is_shown_as_the_number_that_it_is()
    {
        ComparedRun[] runs = [Own("a", 1, 1.5), Own("a", 2, 1.25), Own("b", 1, 2.5), Own("b", 2, 2.0)];
        using var written = new StringWriter();
        ComparisonTable.Write(RunComparison.Of(runs), new ComparedRuns(runs, [], []), written);

        string text = written.ToString();
        Assert.StartsWith("Test perplexity, over seeds\n  variant  n    mean", text, StringComparison.Ordinal);
        Assert.Contains("  a        2  1.3750  0.1768  1.2500  1.5000", text, StringComparison.Ordinal);
        Assert.Contains("\nAgainst a, paired by seed\n", text, StringComparison.Ordinal);
        Assert.Contains("+0.8750", text, StringComparison.Ordinal);
        Assert.DoesNotContain("points", text, StringComparison.Ordinal);

        static ComparedRun Own(string variant, int seed, double value)
        {
            var part = new PartResult(new Scores(KeyValuePair.Create("perplexity", value)), 0.5, 100);
            return Run(variant, seed, 0) with { Test = part, Dev = part };
        }
    }

    private static IEnumerable<ComparedRun> Series(string variant, params double[] accuracies) => accuracies.Select((accuracy, i) => Run(variant, i + 1, accuracy));

    private static ComparedRun Run(string variant, int seed, double accuracy) => new(variant, $"{seed}", $"runs/{variant}-{seed}")
    {
        Test = new PartResult(Scores.OfAccuracy(accuracy), 0.5, 100),
        Dev = new PartResult(Scores.OfAccuracy(accuracy), 0.5, 100),
        TableHash = "hash",
        DataFingerprint = "data",
    };

    private static ComparedRun Failed(string variant, int seed, string why) => new(variant, $"{seed}", $"runs/{variant}-{seed}") { Missing = why };
}
