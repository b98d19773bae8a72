using System.Globalization;
using DistEmbed.Coordinator.Reports;
using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Coordinator.Cli;

/// <summary>What a job came to, in the lines that <c>train</c> and <c>submit --follow</c> end with.</summary>
internal static class ResultLines
{
    /// <summary>A stage: how long it took, how fast, its test scores and hash.</summary>
    public static string Of(JobStage stage, RunResult result)
    {
        double units = stage.Spec.Model.NeedsLabels ? result.ExamplesPerSecond : result.WordsPerSecond;
        string test = result.Test is { } part ? Invariant($", test {part.Scores.AllText()} (weights of step {result.WeightsStep})") : "";
        return Invariant($"{(result.Status == RunStatus.Interrupted ? "Stopped" : "Done")} after {result.Steps} steps, {result.Seconds:F1} s, ")
            + Invariant($"{units:N0} {stage.Spec.Model.Unit}/s{test}. tableHash {result.TableHash[..16]}");
    }

    /// <summary>Every stage, and the table of those that were tested.</summary>
    /// <param name="job">The job.</param>
    /// <param name="result">Its result.</param>
    public static IEnumerable<string> Of(JobFile job, RunResult result)
    {
        var ended = new List<(JobStage Stage, RunResult Result)>();
        foreach (JobStage stage in job.Stages)
        {
            if ((result.Stages is { } results ? results.GetValueOrDefault(stage.Name) : result) is { } part)
                ended.Add((stage, part));
        }

        var tested = new List<AccuracyTable.Tested>();
        foreach ((JobStage stage, RunResult part) in ended)
        {
            yield return ended.Count == 1 ? Of(stage, part) : $"{stage.Name}: {Of(stage, part)}";
            if (part.Test is { } test)
                tested.Add(new AccuracyTable.Tested(stage.Name, part, test, Data: null));
        }

        foreach (string line in AccuracyTable.Lines(tested, ""))
            yield return line;
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
