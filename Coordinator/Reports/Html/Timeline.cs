using System.Globalization;
using DistEmbed.Protocol.Checkpoints;

namespace DistEmbed.Coordinator.Reports.Html;

/// <summary>What happened to a stage while it trained, and which checkpoints are left, in the order of time.</summary>
internal static class Timeline
{
    /// <summary>Adds the table.</summary>
    public static void Add(HtmlWriter page, ReportedStage stage)
    {
        (DateTimeOffset At, int Step, string What, string Who)[] rows =
        [
            .. stage.Changes.Select(c => (c.At, c.Step, Describe(c, stage), c.Who ?? ""))
                .Concat(stage.Checkpoints.Select(c => (c.Created, c.Step, Describe(c), "")))
                .OrderBy(r => r.Item1), // of one time as the logs have them
        ];
        int lost = stage.Changes.Count(c => c.Kind == ChangeKind.AttemptLost);
        page.Element("p", lost == 0
            ? "One attempt. Lines below: what was asked of the run while it trained, and the checkpoints that are left."
            : string.Create(CultureInfo.InvariantCulture, $"{lost + 1} attempts: all but the last ended when a server left or was lost, and the next went on from the last checkpoint."));
        if (rows.Length == 0)
        {
            page.Element("p", "Nothing was asked of it, and there is no checkpoint yet.");
            return;
        }

        page.Open("div", ("class", "wide")).Open("table");
        ResultTables.Head(page, ["when (UTC)"], ["step"], ["what", "who"]);
        foreach ((DateTimeOffset at, int step, string what, string who) in rows)
        {
            page.Open("tr").Element("td", at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)).Element("td", step.ToString("N0", CultureInfo.InvariantCulture), ("class", "n"));
            page.Element("td", what).Element("td", who).Close();
        }

        page.Close().Close().Close();
    }

    private static string Describe(ChangeRecord change, ReportedStage stage) => change.Kind switch
    {
        ChangeKind.Changed when change.BeginsPhase is { } phase => $"phase {(phase >= 0 && phase < stage.Freeze.Phases.Count ? stage.Freeze.NameOf(phase) : phase)} begins",
        ChangeKind.Changed => $"{change.Group}{(change.Frozen switch { true => " frozen", false => " thawed", null => "" })}{(change.LearningRate is { } rate ? string.Create(CultureInfo.InvariantCulture, $" learning rate {rate}") : "")}",
        ChangeKind.Paused => "paused",
        ChangeKind.Resumed => "resumed",
        ChangeKind.CheckpointAsked => "checkpoint asked for",
        ChangeKind.DrainAsked => $"drain of {change.Worker ?? change.Server}",
        ChangeKind.StopAsked => "stop asked for",
        ChangeKind.WentBack => "taken back to this step",
        ChangeKind.AttemptLost => $"attempt ended, the next goes on from this step: {change.Reason}",
        _ => throw new ArgumentOutOfRangeException(nameof(change), change.Kind, null),
    };

    private static string Describe(CheckpointManifest checkpoint) => string.Create(CultureInfo.InvariantCulture,
        $"checkpoint ({checkpoint.Kind.ToString().ToLowerInvariant()}), {checkpoint.Shards} shards, {checkpoint.Files.Sum(f => f.Bytes) / 1e6:N1} MB");
}
