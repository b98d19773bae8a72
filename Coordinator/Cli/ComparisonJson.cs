using DistEmbed.Coordinator.Local;
using DistEmbed.Coordinator.Reports;

namespace DistEmbed.Coordinator.Cli;

/// <summary>A comparison as the file of <c>--json</c>: accuracies and differences are fractions, as in <c>result.json</c>; what there is not is left out.</summary>
internal static class ComparisonJson
{
    public static object Of(RunComparison comparison, ComparedRuns compared) => new
    {
        comparison.Part,
        comparison.Baseline,
        PairedDifference.Confidence,
        Folds = comparison.Variants.SelectMany(variant => variant.Runs).FirstOrDefault(run => run.Fold is not null)?.Fold!.Of,
        Variants = comparison.Variants.Select(variant => new
        {
            variant.Name,
            variant.Test,
            variant.Dev,
            Runs = variant.Runs.Select(run => new { run.Seed, Fold = run.Fold?.Index, run.Directory, Test = run.Test?.Main, Dev = run.Dev?.Main, run.TableHash, run.Missing }),
        }),
        Differences = comparison.Pairs.Select(pair => new
        {
            pair.Variant,
            Against = comparison.Baseline,
            pair.Seeds,
            Mean = pair.Difference.Pairs == 0 ? (double?)null : pair.Difference.Mean,
            pair.Difference.StandardDeviation,
            pair.Difference.StandardError,
            pair.Difference.Low,
            pair.Difference.High,
            pair.Difference.Verdict,
        }),
        Settings = compared.Differences.ToDictionary(difference => difference.Path, difference => difference.Values),
        comparison.Warnings,
        compared.Notes,
    };
}
