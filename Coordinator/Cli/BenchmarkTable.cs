using System.Globalization;
using DistEmbed.Coordinator.Local.Benchmarks;
using DistEmbed.Coordinator.Reports;
using DistEmbed.Protocol.Vectors;
using DistEmbed.Worker.Evaluation.Intrinsic;

namespace DistEmbed.Coordinator.Cli;

/// <summary>What vectors are worth, for people: a line for each task with each set of vectors, and a table of word similarity where there are sets of pairs.</summary>
internal static class BenchmarkTable
{
    private const string Nothing = ComparisonTable.Nothing;

    public static void Write(BenchmarkResult result, TextWriter output)
    {
        BenchmarkVectors first = result.Vectors[0];
        bool[] modes = [.. result.Scores.Select(score => score.Tuned).Distinct()];
        bool tuned = modes.Contains(true);
        output.WriteLine(Invariant($"Test scores times 100 over {result.Seeds.Count} seed{(result.Seeds.Count == 1 ? "" : "s")}; words and tokens of the task's data with a vector; differences from {first.Name}, paired by seed"));
        var table = new TextTable(rightAligned: 7);
        table.Add(["task", "measure", .. Mode(tuned, "embedding"), "vectors", "words", "tokens", "n", "mean", "sd", "difference", $"{ComparisonTable.Confidence} interval"]);
        foreach (BenchmarkResult.Score score in result.Scores)
        {
            for (int i = 0; i < result.Vectors.Count; i++)
            {
                BenchmarkVectors vectors = result.Vectors[i];
                SampleSummary? summary = score.Of(vectors);
                VectorCoverage? coverage = score.Coverage[i];
                PairedDifference? difference = score.Against(vectors) is { Pairs: > 0 } against ? against : null;
                table.Add([score.Task, score.Comparison?.Measure ?? Nothing, .. Mode(tuned, ModeOf(score.Tuned)), vectors.Name, Share(coverage?.WordShare), Share(coverage?.TokenShare), Invariant($"{summary?.Count ?? 0}"),
                    ScoreScale.Share.Value(summary?.Mean), ScoreScale.Share.Value(summary?.StandardDeviation), difference is null ? Nothing : ScoreScale.Share.Signed(difference.Mean),
                    difference is { Low: { } low, High: { } high } ? $"{ScoreScale.Share.Signed(low)} to {ScoreScale.Share.Signed(high)}" : Nothing]);
            }
        }

        if (result.Scores.Select(score => score.Task).Distinct().Count() > 1)
        {
            foreach (bool mode in modes)
            {
                foreach (BenchmarkVectors vectors in result.Vectors)
                    table.Add(["mean of tasks", "", .. Mode(tuned, ModeOf(mode)), vectors.Name, "", "", "", ScoreScale.Share.Value(result.MeanOf(vectors, mode)), "", "", ""]);
            }
        }

        table.Write(output, indent: "  ");
        string[] folds = [.. result.Scores.Where(score => score.Comparison?.CrossValidates == true).Select(score => score.Task).Distinct()];
        if (folds.Length > 0 && result.Vectors.Count > 1)
            output.WriteLine($"Intervals of {string.Join(", ", folds)} are widened: each seed tests another part of one set, and seeds share training examples (Nadeau and Bengio 2003).");
        foreach (ComparedRun run in result.Scores.SelectMany(score => score.NotCounted))
            output.WriteLine($"Not counted: {run.Directory}: {run.Missing}");
        foreach (string warning in result.Scores.SelectMany(score => score.Comparison?.Warnings ?? []).Distinct())
            output.WriteLine($"Warning: {warning}");
        if (result.Similarity.Count > 0)
            WriteSimilarity(result, output);
    }

    private static void WriteSimilarity(BenchmarkResult result, TextWriter output)
    {
        output.WriteLine();
        output.WriteLine("Word similarity, Spearman's correlation with people's judgements (pairs with a vector for both words)");
        var table = new TextTable(rightAligned: result.Similarity[0].Sets.Count);
        table.Add(["vectors", .. result.Similarity[0].Sets.Select(set => set.Set)]);
        foreach (VectorSimilarity vectors in result.Similarity)
            table.Add([vectors.Vectors, .. vectors.Sets.Select(Correlation)]);
        table.Write(output, indent: "  ");

        static string Correlation(WordSimilarity set) => set.Correlation.Spearman is { } value ? Invariant($"{value:F3} ({set.Covered} of {set.Pairs})") : $"{Nothing} ({set.Covered} of {set.Pairs})";
    }

    /// <summary>The column of what became of the embedding is there only where both things did.</summary>
    private static string[] Mode(bool shown, string text) => shown ? [text] : [];

    private static string ModeOf(bool tuned) => tuned ? "tuned" : "frozen";

    private static string Share(double? share) => share is { } value ? Invariant($"{100 * value:F1} %") : Nothing;

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
