using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using DistEmbed.Protocol.Checkpoints;
using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Coordinator.Reports.Html;

/// <summary>The section of a stage. Its parts are a list: another one is another line of it.</summary>
internal static class StageSection
{
    /// <summary>A part of a section.</summary>
    /// <param name="Name">What the parts of all stages are called in names of places.</param>
    /// <param name="Title">Its heading.</param>
    /// <param name="Applies">Whether a stage has it.</param>
    /// <param name="Add">Writes it; the name is unique in the page.</param>
    private sealed record Part(string Name, string Title, Func<ReportedStage, bool> Applies, Action<HtmlWriter, ReportedStage, string> Add);

    private static readonly Part[] s_parts =
    [
        new("results", "Dev and test", _ => true, (page, stage, _) => ResultTables.AddParts(page, stage)),
        new("curves", "Learning curves", _ => true, AddCurves),
        new("confusion", "Confusions of the test", stage => stage.Labels > 0, AddConfusion),
        new("words", "Words that moved most", _ => true, AddWords),
        new("drift", "How far words moved", stage => stage.Drift.Count > 0, (page, stage, id) => DriftPart.Add(page, stage.Drift, id)),
        new("unseen", "Words that training never touched", stage => stage.Analysis?.Unseen is { Count: > 0 }, (page, stage, _) => UnseenPartTable.Add(page, stage.Analysis!.Unseen!)),
        new("probes", "Word similarity and analogies", stage => stage.Probes.Count > 0, ProbesPart.Add),
        new("neighbors", "Nearest words before and after", stage => stage.Neighbors.Count > 0, (page, stage, _) => NeighborsPart.Add(page, stage.Neighbors, stage.Pairs)),
        new("rows", "Rows and bytes moved", stage => stage.Metrics.Count > 0, AddTraffic),
        new("timeline", "Timeline", _ => true, (page, stage, _) => Timeline.Add(page, stage)),
        new("hashes", "Hashes", _ => true, (page, stage, _) => AddHashes(page, stage)),
    ];

    /// <summary>Adds a section.</summary>
    /// <param name="page">The page.</param>
    /// <param name="stage">The stage.</param>
    /// <param name="id">Name of the section, unique in the page.</param>
    public static void Add(HtmlWriter page, ReportedStage stage, string id)
    {
        page.Open("section", ("id", id)).Element("h2", stage.Name);
        AddFacts(page, stage);
        foreach (Part part in s_parts.Where(p => p.Applies(stage)))
        {
            page.Open("section", ("id", $"{id}-{part.Name}")).Element("h3", part.Title);
            part.Add(page, stage, $"{id}-{part.Name}");
            page.Close();
        }

        page.Close();
    }

    private static void AddFacts(HtmlWriter page, ReportedStage stage)
    {
        bool done = stage.Result is { Status: RunStatus.Done };
        page.Open("p").Element("span", ResultTables.Status(stage.Result, stage.LastStep), ("class", done ? "status done" : "status open")).Close();
        page.Open("dl");
        string model = JsonSerializer.SerializeToNode(stage.Job.Model, JobJson.Options)!.AsObject() is { } json ? $"{json["kind"]}{(json["channels"] is JsonValue channels ? $", {channels}" : "")}" : "";
        Fact("model", model);
        Fact("words", $"{Number(stage.Words)}, {stage.Dimension} numbers each");
        if (stage.Labels > 0)
            Fact("labels", Number(stage.Labels));
        Fact("steps", $"{Number(stage.LastStep)} of {Number(stage.Freeze.TotalSteps)}, {Number(stage.StepsPerEpoch)} an epoch");
        Fact("batch", $"{Number(stage.Job.Training.Batch)} in {stage.Job.Training.Slices} slices");
        Fact("consistency", stage.Job.Training.Consistency.ToString().ToLowerInvariant());
        Fact("cluster", $"{stage.Job.Cluster.Workers} workers, {stage.Job.Cluster.Shards} shards");
        if (stage.Result is { } result)
        {
            Fact("training time", string.Create(CultureInfo.InvariantCulture, $"{result.Seconds:N1} s"));
            Fact("speed", string.Create(CultureInfo.InvariantCulture, $"{result.ExamplesPerSecond:N0} examples/s, {result.WordsPerSecond:N0} {(stage.Job.Model.NeedsLabels ? "words" : stage.Job.Model.Unit)}/s"));
            Fact("pushes", string.Create(CultureInfo.InvariantCulture, $"{result.Pushes.Sent:N0} sent, {result.Pushes.Applied:N0} applied, {result.Pushes.Rejected.Values.Sum():N0} rejected"));
            if (result.Vectors is { } vectors)
                Fact("first vectors", string.Create(CultureInfo.InvariantCulture, $"{vectors.Source}: {vectors.Found + vectors.FoundLowerCase:N0} of {vectors.Words:N0} words ({vectors.FoundLowerCase:N0} by lower case)"));
        }

        page.Close();

        void Fact(string name, string value) => page.Open("div").Element("dt", name).Element("dd", value).Close();
    }

    private static void AddCurves(HtmlWriter page, ReportedStage stage, string id)
    {
        if (stage.Metrics.Count == 0)
        {
            page.Element("p", "No step has been logged.");
            return;
        }

        IReadOnlyList<FrozenPhase> phases = FrozenPhase.Of(stage.Freeze, stage.Classes, stage.Made, stage.LastStep);
        string frozen = phases.Count == 0 ? "No group was frozen." : "Shaded: " + string.Join("; ", phases.Select(p =>
            $"steps {Number(p.First)}–{Number(p.Last)} ({string.Join(", ", p.Groups)} frozen)")) + ".";
        string named = stage.Freeze.IsNamed ? $" {Phases(stage)}" : "";
        string changed = stage.Made.Count > 0 ? " Dashed: a change while it trained, see the timeline." : "";
        string means = stage.Metrics.Count > StepCurve.MostPoints ? $" The log has {Number(stage.Metrics.Count)} lines: neighbours are drawn as their mean." : "";
        page.Element("p", frozen + named + changed + means);
        StageCurves.AddLearning(page, stage, id);
    }

    /// <summary>The job's phases that began, each with its first step; one that was passed over began with the next.</summary>
    private static string Phases(ReportedStage stage)
    {
        int[] starts = stage.Freeze.Times.Starts(stage.Made);
        IEnumerable<string> begun = Enumerable.Range(0, starts.Length)
            .Where(phase => starts[phase] <= stage.LastStep && (phase + 1 == starts.Length || starts[phase + 1] != starts[phase]))
            .Select(phase => $"{stage.Freeze.NameOf(phase)} from step {Number(starts[phase])}");
        return $"Phases: {string.Join(", ", begun)}.";
    }

    private static void AddConfusion(HtmlWriter page, ReportedStage stage, string id)
    {
        if (stage.Analysis is null)
            page.Element("p", stage.NoAnalysis ?? "Not counted.");
        else if (stage.Analysis.Confusion is { } confusion)
            ConfusionTable.Add(page, confusion, stage.Scores);
        else
            page.Element("p", "The job has no test part.");
    }

    private static void AddWords(HtmlWriter page, ReportedStage stage, string id)
    {
        if (stage.Analysis is { } analysis)
            WordMap.Add(page, analysis, id);
        else
            page.Element("p", stage.NoAnalysis ?? "Not looked at.");
    }

    private static void AddTraffic(HtmlWriter page, ReportedStage stage, string id)
    {
        MetricsRecord last = stage.Metrics[^1];
        page.Element("p", string.Create(CultureInfo.InvariantCulture,
            $"In all {last.RowsPulled:N0} rows pulled ({last.BytesPulled / 1e6:N1} MB), {last.RowsPushed:N0} pushed ({last.BytesPushed / 1e6:N1} MB), {last.RowsKept:N0} kept by workers and so not pulled ({last.BytesKept / 1e6:N1} MB). Evaluations are not counted."));
        StageCurves.AddTraffic(page, stage, id);
    }

    private static void AddHashes(HtmlWriter page, ReportedStage stage)
    {
        IReadOnlyDictionary<string, string> tables = stage.Result?.Tables ?? (stage.Checkpoints is [.., { } newest] ? newest.TableHashes : new Dictionary<string, string>());
        page.Open("div", ("class", "wide")).Open("table").Open("tbody");
        Row("job", stage.Fingerprint);
        Row("data", stage.DataFingerprint);
        if (stage.Result is not null || tables.Count > 0)
            Row("tableHash", stage.Result?.TableHash ?? TableHash.Of(tables));
        foreach ((string table, string hash) in tables.OrderBy(t => t.Key, StringComparer.Ordinal))
            Row(table, hash);
        page.Close().Close().Close();

        void Row(string name, string hash) => page.Open("tr").Element("th", name, ("scope", "row")).Open("td").Element("code", hash).Close().Close();
    }

    private static string Number(int number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
