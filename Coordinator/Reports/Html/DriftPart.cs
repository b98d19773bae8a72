using System.Globalization;
using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Series;

namespace DistEmbed.Coordinator.Reports.Html;

/// <summary>How far words are from their start: a table by class, and how cosine, distance and growth are spread.</summary>
internal static class DriftPart
{
    private const int Width = 960, Height = 300;

    /// <summary>Adds what is known of each table.</summary>
    public static void Add(HtmlWriter page, IReadOnlyList<ReportedDrift> tables, string id)
    {
        for (int i = 0; i < tables.Count; i++)
        {
            ReportedDrift drift = tables[i];
            page.Element("p", string.Create(CultureInfo.InvariantCulture, $"Words of table {drift.Table} against their start, after step {drift.Step}. A word that had no vector is compared with its random first value."));
            AddTable(page, drift);
            // Bands of frequency say more as numbers than as curves over each other.
            ReportedDriftClass[] drawn = [.. drift.Classes.Skip(1).Where(c => !c.Name.StartsWith("rank", StringComparison.Ordinal))];
            if (drawn.Length == 0)
                drawn = [drift.Classes[0]];
            Chart("cosine", "Cosine to the start", c => c.Cosine);
            Chart("distance", "L2 distance to the start", c => c.Distance);
            Chart("growth", "Norm now over norm at the start", c => c.NormGrowth);

            void Chart(string name, string title, Func<ReportedDriftClass, ReportedHistogram> measure)
            {
                string description = string.Join("; ", drawn.Select(c => $"{c.Name}: mean {Mean(measure(c))}")) + ".";
                ChartPage.Add(page, Plot(drawn, measure), string.Create(CultureInfo.InvariantCulture, $"{id}-{name}{i + 1}"), $"{title}: share of a class's words", description, Width, Height, [.. drawn.Select(c => c.Name)]);
            }
        }
    }

    private static void AddTable(HtmlWriter page, ReportedDrift drift)
    {
        page.Open("div", ("class", "wide")).Open("table").Open("thead").Open("tr").Element("th", "words", ("scope", "col"));
        foreach (string heading in (string[])["number", "moved", "mean cosine", "mean distance", "mean growth of the norm"])
            page.Element("th", heading, ("scope", "col"), ("class", "n"));
        page.Close().Close().Open("tbody");
        foreach (ReportedDriftClass part in drift.Classes)
        {
            page.Open("tr").Element("th", part.Name, ("scope", "row"));
            page.Element("td", part.Rows.ToString("N0", CultureInfo.InvariantCulture), ("class", "n"));
            page.Element("td", string.Create(CultureInfo.InvariantCulture, $"{100.0 * part.Moved / Math.Max(1, part.Rows):F1} %"), ("class", "n"));
            foreach (ReportedHistogram measure in (ReportedHistogram[])[part.Cosine, part.Distance, part.NormGrowth])
                page.Element("td", Mean(measure), ("class", "n"));
            page.Close();
        }

        page.Close().Close().Close();
    }

    /// <summary>Stairs over the bins, whose widths differ too much to be drawn to scale: each has the same room.</summary>
    private static PlotModel Plot(ReportedDriftClass[] classes, Func<ReportedDriftClass, ReportedHistogram> measure)
    {
        PlotModel plot = ChartPage.Plot();
        IReadOnlyList<double> edges = measure(classes[0]).Edges;
        LinearAxis bottom = ChartPage.Axis(new LinearAxis { Minimum = 0, Maximum = edges.Count + 1, MajorStep = 1, MinorStep = 1 }, AxisPosition.Bottom);
        bottom.LabelFormatter = at => at >= 1 && at <= edges.Count ? edges[(int)Math.Round(at) - 1].ToString("G6", CultureInfo.InvariantCulture) : "";
        plot.Axes.Add(bottom);
        LinearAxis left = ChartPage.Axis(new LinearAxis { Minimum = 0, Maximum = 1, MajorStep = 0.25 }, AxisPosition.Left);
        left.LabelFormatter = share => share.ToString("P0", CultureInfo.InvariantCulture);
        plot.Axes.Add(left);
        for (int i = 0; i < classes.Length; i++)
        {
            IReadOnlyList<long> counts = measure(classes[i]).Counts;
            double all = Math.Max(1, classes[i].Rows);
            var stairs = new LineSeries { Color = ChartColor.Curve(i), StrokeThickness = 1.6 };
            for (int bin = 0; bin < counts.Count; bin++)
            {
                stairs.Points.Add(new DataPoint(bin, counts[bin] / all));
                stairs.Points.Add(new DataPoint(bin + 1, counts[bin] / all));
            }

            plot.Series.Add(stairs);
        }

        return plot;
    }

    private static string Mean(ReportedHistogram measure) => measure.Mean is { } mean ? mean.ToString("G5", CultureInfo.InvariantCulture) : "-";
}
