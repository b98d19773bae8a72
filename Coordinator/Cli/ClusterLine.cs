using System.Globalization;
using DistEmbed.Coordinator.Control;

namespace DistEmbed.Coordinator.Cli;

/// <summary>How a cluster stands, in one line.</summary>
public static class ClusterLine
{
    /// <summary>The line.</summary>
    public static string Of(ClusterStatus status)
    {
        var parts = new List<string> { status.RunDirectory is { } run ? $"{run} {StateWords.Of(status.State)}" : StateWords.Of(status.State) };
        if (status.Stage is { } stage)
            parts.Add(stage);
        if (status.Run is { } now)
        {
            parts.Add(now.Paused ? $"{now.Phase}, paused" : now.Phase);
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"step {now.Step}/{now.EndStep}"));
            if (now.Loss is { } loss)
                parts.Add(string.Create(CultureInfo.InvariantCulture, $"loss {loss:F4}"));
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"{(now.HasExamples ? now.ExamplesPerSecond : now.WordsPerSecond):N0} {now.Unit}/s"));
            if (now.Best is { } best)
                parts.Add(string.Create(CultureInfo.InvariantCulture, $"best dev {best.Metric:F4}"));
        }

        if (status.Awaited.Concat(status.Run?.Awaited ?? []).FirstOrDefault() is { } first)
            parts.Add($"waiting for {ClusterView.NodeOf(first.Who)}: {first.Why}");
        return string.Join("  ", parts);
    }
}
