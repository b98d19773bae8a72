using System.Globalization;
using OxyPlot;

namespace DistEmbed.Coordinator.Reports.Html;

/// <summary>Word similarity and analogies over the steps of a stage: curves, and a table of the start and the weights that count.</summary>
internal static class ProbesPart
{
    /// <summary>Adds them.</summary>
    public static void Add(HtmlWriter page, ReportedStage stage, string id)
    {
        page.Element("p", "Measured at the start, which is step 0, and at each checkpoint. Vectors that are tuned for a task usually lose a little of what they are worth in general.");
        var chart = new StepChart(stage);
        page.Open("div", ("class", "charts"));
        chart.Add(page, $"{id}-similarity", "Word similarity", "Spearman", Curves(stage.Probes.Where(probe => !probe.OfAnalogies), 1));
        chart.Add(page, $"{id}-analogies", "Analogies", "% right", Curves(stage.Probes.Where(probe => probe.OfAnalogies), 100));
        page.Close();
        AddTable(page, stage);
    }

    private static IReadOnlyList<StepCurve> Curves(IEnumerable<ReportedProbe> probes, double factor) =>
        [.. probes.Select(probe => new StepCurve(probe.Name, [.. probe.Points.Select(p => new DataPoint(p.Step, factor * p.Value ?? double.NaN))], Marked: true))];

    private static void AddTable(HtmlWriter page, ReportedStage stage)
    {
        // The weights that count, or else the last: those of a run under way.
        int last = stage.Probes.Max(probe => probe.Points[^1].Step);
        int step = stage.Result is { } result && stage.Probes.Any(probe => probe.Points.Any(p => p.Step == result.WeightsStep)) ? result.WeightsStep : last;
        page.Open("div", ("class", "wide")).Open("table").Open("thead").Open("tr").Element("th", "set", ("scope", "col"));
        foreach (string heading in (string[])["start", string.Create(CultureInfo.InvariantCulture, $"step {step}"), "covered"])
            page.Element("th", heading, ("scope", "col"), ("class", "n"));
        page.Close().Close().Open("tbody");
        foreach (ReportedProbe probe in stage.Probes)
        {
            page.Open("tr").Element("th", probe.Name, ("scope", "row"));
            foreach (int at in (int[])[0, step])
                page.Element("td", Number(probe, probe.Points.FirstOrDefault(p => p.Step == at)?.Value), ("class", "n"));
            page.Element("td", string.Create(CultureInfo.InvariantCulture, $"{probe.Covered:N0} of {probe.Size:N0}"), ("class", "n")).Close();
        }

        page.Close().Close().Close();
    }

    private static string Number(ReportedProbe probe, double? value) => value is not { } known ? "-"
        : probe.OfAnalogies ? string.Create(CultureInfo.InvariantCulture, $"{100 * known:F2} %") : known.ToString("F4", CultureInfo.InvariantCulture);
}
