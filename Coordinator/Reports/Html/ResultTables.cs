using System.Globalization;
using DistEmbed.Protocol.Measures;

namespace DistEmbed.Coordinator.Reports.Html;

/// <summary>Tables of results: of a stage, and of the stages side by side.</summary>
internal static class ResultTables
{
    /// <summary>How a run or stage ended, in words.</summary>
    public static string Status(RunResult? result, int lastStep) => result switch
    {
        { Status: RunStatus.Done } => "done",
        { Status: RunStatus.Interrupted } => string.Create(CultureInfo.InvariantCulture, $"interrupted after step {result.Steps:N0}"),
        { Status: RunStatus.Failed } => string.Create(CultureInfo.InvariantCulture, $"failed after step {result.Steps:N0}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"no result yet: step {lastStep:N0} is the last that was logged"),
    };

    /// <summary>The measure that decides, an accuracy with its standard error over examples.</summary>
    public static string Score(PartResult? part) => part?.Text(2) ?? "–";

    /// <summary>The stages side by side, test accuracy first.</summary>
    public static void AddComparison(HtmlWriter page, IReadOnlyList<ReportedStage> stages, IReadOnlyList<string> anchors)
    {
        page.Open("div", ("class", "wide")).Open("table");
        PartResult[] parts = [.. stages.SelectMany(s => new[] { s.Result?.Test, s.Result?.Dev }).OfType<PartResult>()];
        page.Element("caption", parts.All(p => p.Scores.MainName == Scores.Accuracy)
            ? "Accuracy with one standard error over examples."
            : $"What decides: {string.Join(", ", parts.Select(p => p.Scores.MainName).Distinct())}; of an accuracy with one standard error over examples.");
        Head(page, ["stage"], ["test", "dev", "steps", "seconds"], ["status", "tableHash"]);
        for (int i = 0; i < stages.Count; i++)
        {
            RunResult? result = stages[i].Result;
            page.Open("tr").Open("th", ("scope", "row")).Element("a", stages[i].Name, ("href", "#" + anchors[i])).Close();
            foreach (string cell in (string[])[Score(result?.Test), Score(result?.Dev), Count(stages[i].LastStep), result is null ? "–" : result.Seconds.ToString("N1", CultureInfo.InvariantCulture)])
                page.Element("td", cell, ("class", "n"));
            page.Element("td", Status(result, stages[i].LastStep)).Open("td").Element("code", result?.TableHash[..Math.Min(16, result.TableHash.Length)] ?? "–").Close().Close();
        }

        page.Close().Close().Close();
    }

    /// <summary>Dev and test of a stage.</summary>
    public static void AddParts(HtmlWriter page, ReportedStage stage)
    {
        (int Step, PartResult? Dev) last = stage.Metrics.Where(m => m.Dev is not null).Select(m => (m.Step, m.Dev)).LastOrDefault();
        PartResult? dev = stage.Result?.Dev ?? last.Dev;
        PartResult? test = stage.Result?.Test;
        if (dev is null && test is null)
        {
            page.Element("p", stage.Labels == 0 ? "Text without labels: nothing is evaluated." : "Nothing has been evaluated.");
            return;
        }

        page.Open("div", ("class", "wide")).Open("table");
        Head(page, ["part"], [(dev ?? test)!.Scores.MainName, "loss", "examples", "weights of step"], []);
        Part(page, "test", test, stage.Result?.WeightsStep);
        Part(page, "dev", dev, stage.Result?.Dev is null ? last.Step : stage.Result.WeightsStep);
        page.Close().Close().Close();
        if (test is null)
            page.Element("p", stage.Result is { Status: RunStatus.Done } ? "The job has no test part." : "The test comes at the end.");
    }

    /// <summary>Opens the body behind a line of headings.</summary>
    internal static void Head(HtmlWriter page, IReadOnlyList<string> left, IReadOnlyList<string> numbers, IReadOnlyList<string> right)
    {
        page.Open("thead").Open("tr");
        foreach (string heading in left)
            page.Element("th", heading, ("scope", "col"));
        foreach (string heading in numbers)
            page.Element("th", heading, ("scope", "col"), ("class", "n"));
        foreach (string heading in right)
            page.Element("th", heading, ("scope", "col"));
        page.Close().Close().Open("tbody");
    }

    private static void Part(HtmlWriter page, string name, PartResult? part, int? step)
    {
        if (part is null)
            return;
        page.Open("tr").Element("th", name, ("scope", "row")).Element("td", Score(part), ("class", "n"));
        page.Element("td", part.Loss.ToString("F4", CultureInfo.InvariantCulture), ("class", "n")).Element("td", Count(part.Examples), ("class", "n"));
        page.Element("td", step is { } number ? Count(number) : "–", ("class", "n")).Close();
    }

    private static string Count(int number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
