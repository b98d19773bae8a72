using System.Globalization;
using DistEmbed.Coordinator.Control;
using DistEmbed.Coordinator.Run;
using DistEmbed.Protocol;

namespace DistEmbed.Coordinator.Cli;

/// <summary>How a cluster stands, for a screen: a function of the status alone.</summary>
public static class ClusterView
{
    /// <summary>The lines from top to bottom. Who is being waited for stands last, where the eye is.</summary>
    public static IReadOnlyList<ClusterViewLine> Lines(ClusterStatus status)
    {
        List<ClusterViewLine> lines = [new($"{status.Cluster} {status.Version}  {StateWords.Of(status.State)}{Job(status)}", ClusterViewTone.Heading)];
        if (status.Run is { } run)
            AddRun(lines, run);
        lines.AddRange(status.Drift.Select(d => new ClusterViewLine($"drift      {Drift(d)}", ClusterViewTone.Plain)));
        Add(lines, "nodes", 0, status.Nodes.Select(n => new[] { n.Name, n.Role.ToString().ToLowerInvariant(), n.State, n.Address, n.Version, string.Join(", ", n.Hosts.Select(NodeOf)) }));
        if (status.LastEnded is { } ended)
        {
            string result = ended.Error is { } error ? $": {error}" : ended.TableHash is { } hash ? $"  tableHash {hash}" : "";
            lines.Add(new ClusterViewLine($"last job   {ended.RunDirectory}  {ended.Status}{result}", ended.Error is null ? ClusterViewTone.Plain : ClusterViewTone.Warning));
        }

        lines.AddRange(status.Awaited.Concat(status.Run?.Awaited ?? []).Select(a => new ClusterViewLine(
            $"waiting    for {NodeOf(a.Who)}, {Number(a.Seconds, "F1")} s: {a.Why}", ClusterViewTone.Warning)));
        return lines;
    }

    /// <summary>How far a table has drifted, in one line.</summary>
    internal static string Drift(DriftStatus drift)
    {
        string cosine = drift.MeanCosine is { } mean ? $", mean cosine {Number(mean, "F4")}" : "";
        string distance = drift.MeanDistance is { } apart ? $", mean distance {Number(apart, "G4")}" : "";
        string words = drift.MostMoved.Count > 0 ? $"; most: {PrintableText.List(drift.MostMoved)}" : "";
        return $"{drift.Table} after step {drift.Step}: {Number(100 * drift.MovedShare, "F1")} % of {Number(drift.Rows, "N0")} words moved{cosine}{distance}{words}";
    }

    private static string Job(ClusterStatus status)
    {
        if (status.RunDirectory is not { } directory)
            return "";
        string stage = status.Stage is { } name && name != status.Job ? $", stage {name}" : "";
        string attempt = status.Attempt > 1 ? $", attempt {status.Attempt}" : "";
        return $"  {directory} (job {status.Job}{stage}{attempt})";
    }

    private static void AddRun(List<ClusterViewLine> lines, RunProgress run)
    {
        string paused = run.Paused ? "  PAUSED: 'distembed resume' goes on" : "";
        int epochs = run.StepsPerEpoch > 0 ? (run.EndStep + run.StepsPerEpoch - 1) / run.StepsPerEpoch : 0;
        string epoch = run.StepsPerEpoch > 0 ? $"  epoch {Math.Max(0, run.Step - 1) / run.StepsPerEpoch + 1}/{epochs}" : "";
        string left = run is { Step: > 0, Paused: false } && run.EndStep > run.Step ? $"  about {Clock(run.Seconds / run.Step * (run.EndStep - run.Step))} left" : "";
        lines.Add(new ClusterViewLine($"{run.Phase,-10} step {run.Step}/{run.EndStep}{left}{paused}{epoch}  {Clock(run.Seconds)} so far, granted to {run.GrantedStep}", run.Paused ? ClusterViewTone.Warning : ClusterViewTone.Plain));
        lines.Add(new ClusterViewLine($"loss       {(run.Loss is { } loss ? Number(loss, "F4") : "-")}  {(run.HasExamples ? $"{Number(run.ExamplesPerSecond, "N0")} examples/s  {Number(run.WordsPerSecond, "N0")} words/s" : $"{Number(run.WordsPerSecond, "N0")} {run.Unit}/s")}", ClusterViewTone.Plain));
        string best = run.Best is { } b ? $"best {Number(b.Metric, "F4")} after step {b.Step}" : "not evaluated yet";
        string last = run.LastEvaluation is { } e ? $", last {e.Scores.MainName} {Number(e.Scores.Main, "F4")}, loss {Number(e.Loss, "F4")} after step {e.Step}" : "";
        lines.Add(new ClusterViewLine($"dev        {best}{last}", ClusterViewTone.Plain));
        lines.Add(new ClusterViewLine($"checkpoint {(run.LastCheckpoint is { } step ? $"step {step}" : "none yet")}", ClusterViewTone.Plain));
        if (run.TrainingPhase is { } phase)
            lines.Add(new ClusterViewLine($"phase      {phase.Number} of {phase.Count}: {phase.Name}, from step {phase.FirstStep}{(phase.Ends.Length > 0 ? $", until {phase.Ends}" : "")}", ClusterViewTone.Plain));
        Add(lines, "groups", 0, run.Groups.Select(g => new[] { g.Group, g.Frozen ? "frozen" : "tuned", $"rate {Number(g.LearningRate, "G6")}", Change(g) }));
        Add(lines, "workers", 3, run.Workers.Select(w => new[] { NodeOf(w.Worker), Doing(w), $"{w.OpenSlices} slices open", $"{Number(w.RowsPerSecond, "N0")} rows/s", $"{Bytes(w.BytesPerSecond)}/s" }));
        Add(lines, "shards", 3, run.Shards.Select(s => new[] { Number(s.Shard, "F0"), Doing(s, run.GrantedStep), $"{Number(s.Report?.StoredRows ?? 0, "N0")} rows stored", $"{Number(s.RowsPerSecond, "N0")} rows/s", $"{Bytes(s.BytesPerSecond)}/s" }));
    }

    /// <summary>A worker without the name of its run, <c>w-1@head-1.1.2</c>, which says nothing to people.</summary>
    internal static string NodeOf(string worker) => worker.Split('@')[0];

    private static string Change(GroupStatus group) => group.NextChange is { } step ? $"thaws at step {step}" : group.Frozen ? "until somebody thaws it"
        : group.FrozenRows > 0 ? $"but for {Number(group.FrozenRows, "N0")} rows" : "";

    private static string Doing(WorkerStatus worker)
    {
        string drains = worker.Draining ? ", draining" : "";
        if (worker.Report is not { } report)
            return $"no report yet{drains}";
        string on = report.Step > 0 ? $" step {report.Step} slice {report.Slice}" : "";
        string shards = report.Shards.Count > 0 ? $", waits for shard {string.Join(", ", report.Shards)}" : "";
        return $"{report.Doing.ToString().ToLowerInvariant()}{on}{shards}{Silence(worker.SilentSeconds)}{drains}";
    }

    // A step that is not granted is no worker's business yet.
    private static string Doing(ShardStatus shard, int granted)
    {
        if (shard.Report is not { } report)
            return "no report yet";
        string missing = report.MissingSlices.Count > 0 && report.AppliedStep < granted ? $", misses slice {string.Join(", ", report.MissingSlices)}" : "";
        string pulls = report.WaitingPulls > 0 ? $", {report.WaitingPulls} pulls wait" : "";
        return $"applied {report.AppliedStep}{missing}{pulls}{Silence(shard.SilentSeconds)}";
    }

    // Reports come twice a second.
    private static string Silence(double seconds) => seconds >= 2 ? $", silent for {Number(seconds, "F1")} s" : "";

    private static void Add(List<ClusterViewLine> lines, string title, int rightAligned, IEnumerable<string[]> rows)
    {
        var table = new TextTable(rightAligned);
        int count = 0;
        foreach (string[] row in rows)
            table.Add([count++ == 0 ? title.PadRight(9) : "", .. row]);
        if (count == 0)
            return;
        using var text = new StringWriter { NewLine = "\n" };
        table.Write(text);
        lines.AddRange(text.ToString().TrimEnd('\n').Split('\n').Select(line => new ClusterViewLine(line, ClusterViewTone.Plain)));
    }

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    private static string Bytes(double bytes) => bytes switch
    {
        >= 1e9 => $"{Number(bytes / 1e9, "F1")} GB",
        >= 1e6 => $"{Number(bytes / 1e6, "F1")} MB",
        >= 1e3 => $"{Number(bytes / 1e3, "F1")} kB",
        _ => $"{Number(bytes, "F0")} B",
    };

    private static string Clock(double seconds)
    {
        var time = TimeSpan.FromSeconds(Math.Clamp(double.IsFinite(seconds) ? seconds : 0, 0, 1e8));
        return $"{(long)time.TotalHours}:{time.Minutes:00}:{time.Seconds:00}";
    }
}
