using System.Globalization;
using DistEmbed.Protocol.Checkpoints;

namespace DistEmbed.Coordinator.Reports.Html;

/// <summary>
/// The report of a run as one HTML file that needs nothing beside it: no script, and style and pictures within. Its first lines forbid a browser to load anything, so that it
/// cannot even by mistake. The same run gives the same bytes.
/// </summary>
public static class ReportPage
{
    /// <summary>Writes the page.</summary>
    public static string Render(ReportedRun run)
    {
        var page = new HtmlWriter();
        page.Markup("<!DOCTYPE html>");
        page.Open("html", ("lang", "en")).Open("head");
        page.Empty("meta", ("charset", "utf-8"));
        page.Empty("meta", ("http-equiv", "Content-Security-Policy"), ("content", "default-src 'none'; style-src 'unsafe-inline'"));
        page.Empty("meta", ("name", "viewport"), ("content", "width=device-width, initial-scale=1"));
        page.Element("title", $"{run.Name}: report of the run");
        page.Open("style").Markup(PageStyle.Css).Close();
        page.Close().Open("body").Open("main");
        string[] anchors = [.. run.Stages.Select((_, i) => string.Create(CultureInfo.InvariantCulture, $"s{i + 1}"))];
        AddTop(page, run, anchors);
        for (int i = 0; i < run.Stages.Count; i++)
            StageSection.Add(page, run.Stages[i], anchors[i]);
        AddJob(page, run);
        page.Close().Close().Close();
        return page.ToString();
    }

    private static bool HasStages(ReportedRun run) => run.Stages.Count + run.NotBegun.Count > 1;

    private static void AddTop(HtmlWriter page, ReportedRun run, string[] anchors)
    {
        bool done = run.Result is { Status: RunStatus.Done };
        page.Open("header").Element("h1", run.Name);
        string status = ResultTables.Status(run.Result, run.Stages is [.., { } last] ? last.LastStep : 0);
        page.Open("p").Element("span", status, ("class", done ? "status done" : "status open")).Close();
        if (run.Result is null)
            page.Element("p", "This run is still under way, or ended without a result. Shown is what its directory holds.");
        else if (!done)
            page.Element("p", "This run was stopped before its end. Shown is what its directory holds; it can go on with --resume.");
        if (run.Result?.Test is { } test)
            page.Element("p", string.Create(CultureInfo.InvariantCulture, $"Test {test.Scores.MainName} {ResultTables.Score(test)} on {test.Examples:N0} examples, with the weights of step {run.Result.WeightsStep:N0}."));
        page.Close();
        page.Open("nav", ("aria-label", "Sections")).Open("ul");
        for (int i = 0; i < run.Stages.Count; i++)
            page.Open("li").Element("a", run.Stages[i].Name, ("href", "#" + anchors[i])).Close();
        page.Open("li").Element("a", "Job, versions, hashes", ("href", "#job")).Close();
        page.Close().Close();
        if (!HasStages(run))
            return;
        page.Open("section", ("id", "comparison")).Element("h2", "Stages side by side");
        ResultTables.AddComparison(page, run.Stages, anchors);
        if (run.NotBegun.Count > 0)
            page.Element("p", $"Not begun: {string.Join(", ", run.NotBegun)}.");
        page.Close();
    }

    private static void AddJob(HtmlWriter page, ReportedRun run)
    {
        page.Open("section", ("id", "job")).Element("h2", "Job, versions, hashes");
        page.Open("dl");
        Fact("report written by", $"distembed {run.Version}");
        Fact("checkpoint format", CheckpointManifest.CurrentVersion.ToString(CultureInfo.InvariantCulture));
        Fact("job fingerprint", run.Fingerprint);
        if (run.Result is { } result)
            Fact("tableHash", result.TableHash);
        page.Close();
        page.Open("details", ("open", "open")).Element("summary", "job.json: the job with every default written out").Element("pre", run.JobJson).Close();
        page.Close();

        void Fact(string name, string value) => page.Open("div").Element("dt", name).Open("dd").Element("code", value).Close().Close();
    }
}
