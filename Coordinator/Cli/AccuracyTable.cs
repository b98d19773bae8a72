using System.Globalization;
using DistEmbed.Coordinator.Local;
using DistEmbed.Coordinator.Reports;
using DistEmbed.Protocol.Measures;
using DistEmbed.Worker.Corpus;
using DistEmbed.Worker.Evaluation;

namespace DistEmbed.Coordinator.Cli;

/// <summary>Accuracies of a job's stages side by side, with what chance may have done to them.</summary>
public static class AccuracyTable
{
    /// <summary>A stage that was tested.</summary>
    /// <param name="Stage">Its name.</param>
    /// <param name="Result">Its result.</param>
    /// <param name="Test">What it reached on the test part.</param>
    /// <param name="Data">Its data; null where another process ran it.</param>
    public sealed record Tested(string Stage, RunResult Result, PartResult Test, PreparedStage? Data);

    /// <summary>The lines of the table; none for fewer than two stages.</summary>
    /// <param name="stages">The tested stages in order.</param>
    /// <param name="directory">The job's run directory, whose weights are tried example by example where two stages have the same test part.</param>
    public static IEnumerable<string> Lines(IReadOnlyList<Tested> stages, string directory)
    {
        if (stages.Count < 2)
            yield break;
        int width = Math.Max("stage".Length, stages.Max(s => s.Stage.Length));
        yield return stages.All(s => s.Test.Scores.MainName == Scores.Accuracy) ? "Accuracy (± one standard error)"
            : $"What decides: {string.Join(", ", stages.Select(s => $"{s.Stage} {s.Test.Scores.MainName}"))}";
        yield return $"  {"stage".PadRight(width)}      dev              test           seconds";
        foreach (Tested stage in stages)
        {
            yield return string.Create(CultureInfo.InvariantCulture,
                $"  {stage.Stage.PadRight(width)}  {Percent(stage.Result.Dev),-15}  {Percent(stage.Test),-15}  {stage.Result.Seconds,7:F1}");
        }

        for (int i = 1; i < stages.Count; i++)
        {
            if (Compare(stages[i - 1], stages[i], directory) is { } pair)
            {
                yield return string.Create(CultureInfo.InvariantCulture,
                    $"  {stages[i].Stage} against {stages[i - 1].Stage}: {100 * pair.Difference:+0.0;-0.0} ± {100 * pair.StandardError:F1} points on the same {pair.Examples:N0} examples ({pair.Gained} now right, {pair.Lost} now wrong)");
            }
        }
    }

    private static string Percent(PartResult? part) => part is null ? "" : part.Text(1).PadLeft(12);

    private static PairedComparison? Compare(Tested first, Tested second, string directory) =>
        first.Data is { Data.Test: not null } && second.Data is { Data.Test: not null } && first.Data.Facts.Examples == second.Data.Facts.Examples
            && Right(first, directory) is { } before && Right(second, directory) is { } after
            ? PairedComparison.Of(before, after)
            : null;

    /// <summary>Which test examples are labelled right; null for a model that labels none.</summary>
    private static bool[]? Right(Tested stage, string directory)
    {
        ExampleSet test = stage.Data!.Data.Test!;
        using TrainedRun run = TrainedRun.Open(directory, stage.Stage);
        return run.IsClassifier ? new PredictedPart(PredictedPart.Test, test, run.Predict(test)).Right() : null;
    }
}
