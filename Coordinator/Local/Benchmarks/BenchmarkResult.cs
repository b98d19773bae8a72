using DistEmbed.Coordinator.Reports;
using DistEmbed.Protocol.Vectors;

namespace DistEmbed.Coordinator.Local.Benchmarks;

/// <summary>What vectors are worth.</summary>
/// <param name="Vectors">The vectors; the others are compared with the first.</param>
/// <param name="Seeds">The seeds.</param>
/// <param name="Scores">The tasks, each with frozen and then with tuned vectors where these were asked for.</param>
/// <param name="Similarity">How the vectors of files agree with people's judgements; none: the data folder has no set of pairs.</param>
public sealed record BenchmarkResult(
    IReadOnlyList<BenchmarkVectors> Vectors, IReadOnlyList<ulong> Seeds, IReadOnlyList<BenchmarkResult.Score> Scores, IReadOnlyList<VectorSimilarity> Similarity)
{
    /// <summary>A task.</summary>
    /// <param name="Task">Its name.</param>
    /// <param name="Tuned">Whether the embedding was tuned; else it was frozen.</param>
    /// <param name="Comparison">The vectors compared; null: no run has a result.</param>
    /// <param name="Coverage">Of each of the vectors, how much of the task's data they have; null: they are random.</param>
    /// <param name="NotCounted">Runs without a result, and why.</param>
    public sealed record Score(string Task, bool Tuned, RunComparison? Comparison, IReadOnlyList<VectorCoverage?> Coverage, IReadOnlyList<ComparedRun> NotCounted)
    {
        /// <summary>Results of some vectors over the seeds, on the part that is compared; null: there are none.</summary>
        public SampleSummary? Of(BenchmarkVectors vectors) =>
            Comparison?.Variants.FirstOrDefault(variant => variant.Name == vectors.Name) is { } found ? Comparison.Part == "test" ? found.Test : found.Dev : null;

        /// <summary>Some vectors against the first; null: they are the first, or nothing has a result.</summary>
        public PairedDifference? Against(BenchmarkVectors vectors) => Comparison?.Pairs.FirstOrDefault(pair => pair.Variant == vectors.Name)?.Difference;
    }

    /// <summary>Mean over the tasks of the means over seeds; null: a task has none.</summary>
    /// <param name="vectors">The vectors.</param>
    /// <param name="tuned">Whether the embedding was tuned.</param>
    public double? MeanOf(BenchmarkVectors vectors, bool tuned)
    {
        SampleSummary?[] scores = [.. Scores.Where(score => score.Tuned == tuned).Select(score => score.Of(vectors))];
        return scores.All(score => score is not null) ? scores.Average(score => score!.Mean) : null;
    }
}
