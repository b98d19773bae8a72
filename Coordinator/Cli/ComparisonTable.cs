using System.Globalization;
using DistEmbed.Coordinator.Local;
using DistEmbed.Coordinator.Reports;
using DistEmbed.Protocol.Measures;

namespace DistEmbed.Coordinator.Cli;

/// <summary>A comparison for people: each variant's scores, each difference with its interval, and a sentence about each.</summary>
public static class ComparisonTable
{
    private const int MostSettings = 20;
    internal const string Nothing = "-";
    internal static readonly string Confidence = Invariant($"{100 * PairedDifference.Confidence:F0} %");

    /// <summary>Writes the table.</summary>
    /// <param name="comparison">The comparison.</param>
    /// <param name="compared">How its runs were put together.</param>
    /// <param name="output">Where to.</param>
    public static void Write(RunComparison comparison, ComparedRuns compared, TextWriter output)
    {
        bool test = comparison.Part == "test";
        var scale = ScoreScale.Of(comparison.Measure);
        output.WriteLine($"{(test ? "Test" : "Dev")} {comparison.Measure}{(Scores.IsShare(comparison.Measure) ? " in percent" : "")}, over {(comparison.CrossValidates ? "folds" : "seeds")}{(comparison.CrossValidates && SeedsOf(comparison) > 1 ? Invariant($" of {SeedsOf(comparison)} seeds") : "")}");
        var variants = new TextTable(rightAligned: test ? 7 : 5);
        variants.Add(["variant", "n", "mean", "sd", "min", "max", .. test ? ["dev mean", "dev sd"] : (string[])[]]);
        foreach (RunComparison.Summary variant in comparison.Variants)
        {
            SampleSummary? counted = test ? variant.Test : variant.Dev;
            string[] dev = test ? [scale.Value(variant.Dev?.Mean), scale.Value(variant.Dev?.StandardDeviation)] : [];
            variants.Add([variant.Name, Invariant($"{counted?.Count ?? 0}"), scale.Value(counted?.Mean), scale.Value(counted?.StandardDeviation), scale.Value(counted?.Min), scale.Value(counted?.Max), .. dev]);
        }

        variants.Write(output, indent: "  ");
        WriteSettings(compared, comparison, output);
        if (comparison.Pairs.Count > 0)
            WritePairs(comparison, scale, output);
        string[] remarks =
        [
            .. comparison.NotCounted.Select(run => $"Not counted: seed {run.PairedBy} of {run.Variant}: {run.Missing}"),
            .. comparison.Warnings.Select(warning => $"Warning: {warning}"),
            .. compared.Notes,
        ];
        if (remarks.Length == 0)
            return;
        output.WriteLine();
        foreach (string remark in remarks)
            output.WriteLine(remark);
    }

    private static void WriteSettings(ComparedRuns compared, RunComparison comparison, TextWriter output)
    {
        if (compared.Differences.Count == 0)
            return;
        output.WriteLine();
        output.WriteLine("Settings in which they differ");
        var settings = new TextTable(rightAligned: 0);
        settings.Add(["setting", .. comparison.Variants.Select(variant => variant.Name)]);
        foreach (ComparedRuns.Difference difference in compared.Differences.Take(MostSettings))
            settings.Add([difference.Path, .. difference.Values]);
        settings.Write(output, indent: "  ");
        if (compared.Differences.Count > MostSettings)
            output.WriteLine(Invariant($"  and {compared.Differences.Count - MostSettings} more"));
    }

    private static void WritePairs(RunComparison comparison, ScoreScale scale, TextWriter output)
    {
        output.WriteLine();
        output.WriteLine(Invariant($"Against {comparison.Baseline}, paired by seed{(comparison.CrossValidates ? " and fold" : "")}{(scale.Points.Length > 0 ? $", in{scale.Points}" : "")}"));
        var pairs = new TextTable(rightAligned: 4);
        pairs.Add("variant", "pairs", "difference", "standard error", $"{Confidence} interval");
        foreach (RunComparison.Pair pair in comparison.Pairs)
        {
            PairedDifference difference = pair.Difference;
            pairs.Add(pair.Variant, Invariant($"{difference.Pairs}"), difference.Pairs == 0 ? Nothing : scale.Signed(difference.Mean), scale.Value(difference.StandardError),
                difference.Low is { } low && difference.High is { } high ? $"{scale.Signed(low)} to {scale.Signed(high)}" : Nothing);
        }

        pairs.Write(output, indent: "  ");
        output.WriteLine();
        foreach (RunComparison.Pair pair in comparison.Pairs)
            output.WriteLine(SentenceOf(pair, scale, comparison.Baseline, comparison.CrossValidates ? "folds" : "seeds"));
        if (comparison.CrossValidates)
            output.WriteLine("Folds share training examples; standard errors and intervals are widened for it (Nadeau and Bengio 2003).");
    }

    /// <summary>What a difference says, in words.</summary>
    private static string SentenceOf(RunComparison.Pair pair, ScoreScale scale, string baseline, string units)
    {
        PairedDifference difference = pair.Difference;
        string seeds = Invariant($"{difference.Pairs} paired {units}");
        switch (difference.Verdict)
        {
            case Verdict.TooFewPairs:
                string lacking = pair.Lacking.Count == 0 ? $"More {units} are needed." : $"Missing: {string.Join(", ", pair.Lacking)}.";
                string there = difference.Pairs == 1 ? "is 1" : "is none";
                return $"Nothing can be said of {pair.Variant} and {baseline}: an interval needs two paired {units} at least, and there {there}. {lacking}";
            case Verdict.NoScatter:
                return $"Nothing can be said of {pair.Variant} and {baseline}: they differ by {scale.Signed(difference.Mean)}{scale.Points} on each of {seeds}, "
                    + $"which leaves an interval without width. More {units} are needed.";
            case Verdict.NotShown when difference is { Low: 0, High: 0 }:
                return $"No difference is shown: {pair.Variant} and {baseline} are equal on each of {seeds}.";
            case Verdict.NotShown:
                return $"No difference is shown: {pair.Variant} less {baseline} is {scale.Signed(difference.Mean)}{scale.Points}, "
                    + $"and the {Confidence} interval, {scale.Signed(difference.Low!.Value)} to {scale.Signed(difference.High!.Value)}, holds zero ({seeds}).";
            default:
                bool better = difference.Verdict == Verdict.Better;
                (double low, double high) = better ? (difference.Low!.Value, difference.High!.Value) : (-difference.High!.Value, -difference.Low!.Value);
                return $"{pair.Variant} is {(better ? "better" : "worse")} than {baseline} by {scale.Value(Math.Abs(difference.Mean))}{scale.Points} "
                    + $"({Confidence} interval {scale.Value(low)} to {scale.Value(high)}, {seeds}).";
        }
    }

    private static int SeedsOf(RunComparison comparison) => comparison.Variants.SelectMany(variant => variant.Runs).Select(run => run.Seed).Distinct().Count();

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
