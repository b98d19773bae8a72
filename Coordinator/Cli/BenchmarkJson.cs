using DistEmbed.Coordinator.Local.Benchmarks;
using DistEmbed.Coordinator.Reports;

namespace DistEmbed.Coordinator.Cli;

/// <summary>What vectors are worth as the file of <c>--json</c>: scores and differences as fractions; what there is not is left out.</summary>
internal static class BenchmarkJson
{
    public static object Of(BenchmarkResult result) => new
    {
        result.Seeds,
        Against = result.Vectors[0].Name,
        PairedDifference.Confidence,
        Vectors = result.Vectors.Select(vectors => new { vectors.Name, File = vectors.Path, vectors.Dimension, vectors.Sha256 }),
        Scores = result.Scores.SelectMany(score => result.Vectors.Select((vectors, i) => new
        {
            score.Task,
            Embedding = score.Tuned ? "tuned" : "frozen",
            Vectors = vectors.Name,
            score.Comparison?.Part,
            score.Comparison?.Measure,
            Score = score.Of(vectors),
            Coverage = score.Coverage[i],
            Difference = score.Against(vectors) is { Pairs: > 0 } difference ? new { difference.Pairs, difference.Mean, difference.StandardDeviation, difference.StandardError, difference.Low, difference.High, difference.Verdict } : null,
            Runs = score.Comparison?.Variants.FirstOrDefault(variant => variant.Name == vectors.Name)?.Runs
                .Select(run => new { run.Seed, run.Directory, Test = run.Test?.Main, Dev = run.Dev?.Main, run.TableHash, run.Missing }),
        })),
        Similarity = result.Similarity.SelectMany(vectors => vectors.Sets.Select(set => new { vectors.Vectors, set.Set, set.Pairs, set.Covered, set.Correlation.Spearman, set.Correlation.Pearson })),
    };
}
