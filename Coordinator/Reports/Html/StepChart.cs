using System.Globalization;
using OxyPlot;
using OxyPlot.Annotations;
using OxyPlot.Axes;
using OxyPlot.Series;

namespace DistEmbed.Coordinator.Reports.Html;

/// <summary>A curve over steps.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Points">Its points by step; a value that is not a number is a gap.</param>
/// <param name="Marked">Whether each point is marked, since there are few.</param>
internal sealed record StepCurve(string Name, IReadOnlyList<DataPoint> Points, bool Marked = false)
{
    /// <summary>More points than that are not seen; groups of neighbours are shown by their mean.</summary>
    public const int MostPoints = 500;

    /// <summary>The points as they are drawn.</summary>
    public IEnumerable<DataPoint> Drawn => Points.Count <= MostPoints ? Points
        : Points.Chunk((Points.Count + MostPoints - 1) / MostPoints).Select(group => new DataPoint(group[^1].X, group.Average(p => p.Y)));
}

/// <summary>Draws curves over the steps of a stage, with the phases in which groups were frozen behind them and the steps of live changes marked.</summary>
/// <param name="stage">The stage.</param>
internal sealed class StepChart(ReportedStage stage)
{
    private const int Width = 620, Height = 320;

    private readonly IReadOnlyList<FrozenPhase> _phases = FrozenPhase.Of(stage.Freeze, stage.Classes, stage.Made, stage.LastStep);
    private readonly int[] _changes = [.. stage.Made.Select(c => c.Step).Where(s => s <= stage.LastStep).Distinct()];

    /// <summary>Puts a chart into the page; nothing where no curve has a point.</summary>
    /// <param name="page">The page.</param>
    /// <param name="id">Name of the chart.</param>
    /// <param name="title">What it shows.</param>
    /// <param name="unit">What is measured.</param>
    /// <param name="curves">The curves.</param>
    /// <param name="logarithmic">Whether the axis is logarithmic; values of 0 are then gaps.</param>
    public void Add(HtmlWriter page, string id, string title, string unit, IReadOnlyList<StepCurve> curves, bool logarithmic = false)
    {
        IReadOnlyList<(StepCurve Curve, DataPoint[] Drawn)> shown = [.. curves.Select(c => (c, c.Drawn.Select(p => Usable(p, logarithmic)).ToArray())).Where(c => c.Item2.Any(p => !double.IsNaN(p.Y)))];
        if (shown.Count == 0)
            return;
        PlotModel plot = ChartPage.Plot();
        plot.Axes.Add(ChartPage.Axis(new LinearAxis { Minimum = 0, Maximum = Math.Max(1, stage.LastStep), MinimumMajorStep = 1, StringFormat = "#,0" }, AxisPosition.Bottom));
        double[] values = [.. shown.SelectMany(c => c.Drawn).Select(p => p.Y).Where(double.IsFinite)];
        Axis vertical = ChartPage.Axis(Vertical(values, logarithmic), AxisPosition.Left);
        plot.Axes.Add(vertical);
        AddPhases(plot, Below(vertical));
        foreach (int step in _changes)
            plot.Annotations.Add(new LineAnnotation { Type = LineAnnotationType.Vertical, X = step, Color = ChartColor.Mark, LineStyle = LineStyle.Dash, StrokeThickness = 1.2, Layer = AnnotationLayer.BelowSeries });
        for (int i = 0; i < shown.Count; i++)
            plot.Series.Add(Line(shown[i].Curve, shown[i].Drawn, ChartColor.Curve(i)));
        ChartPage.Add(page, plot, id, $"{title}: {unit}, by step", Describe(shown), Width, Height, [.. shown.Select(c => c.Curve.Name)]);
    }

    private static DataPoint Usable(DataPoint point, bool logarithmic) =>
        double.IsFinite(point.Y) && (!logarithmic || point.Y > 0) ? point : new DataPoint(point.X, double.NaN);

    private static Axis Vertical(double[] values, bool logarithmic)
    {
        double least = values.Min(), most = values.Max();
        if (logarithmic)
            return new LogarithmicAxis { Minimum = least / 1.6, Maximum = most * 2.2, StringFormat = "0.######" };
        double room = most > least ? 0.06 * (most - least) : Math.Max(1e-9, 0.1 * Math.Abs(most));
        // What is nowhere below zero has no axis there. Above the curves there is room for the names of phases.
        return new LinearAxis { Minimum = least - room < 0 && least >= 0 ? 0 : least - room, Maximum = most + 2.5 * room, StringFormat = "#,0.######" };
    }

    /// <summary>Where a name stands that is to lie within the axis at its upper end.</summary>
    private static double Below(Axis axis) => axis is LogarithmicAxis
        ? axis.Maximum * Math.Pow(axis.Minimum / axis.Maximum, 0.025) : axis.Maximum - 0.025 * (axis.Maximum - axis.Minimum);

    private static LineSeries Line(StepCurve curve, DataPoint[] points, OxyColor color)
    {
        var line = new LineSeries
        {
            Color = color,
            StrokeThickness = 1.8,
            LineJoin = LineJoin.Round,
            // A curve of one point is a point.
            MarkerType = curve.Marked || points.Length == 1 ? MarkerType.Circle : MarkerType.None,
            MarkerFill = color,
            MarkerSize = points.Length > 60 ? 1.8 : 3,
        };
        line.Points.AddRange(points);
        return line;
    }

    private void AddPhases(PlotModel plot, double textAt)
    {
        foreach (FrozenPhase phase in _phases)
        {
            plot.Annotations.Add(new RectangleAnnotation
            {
                MinimumX = phase.First - 1,
                MaximumX = phase.Last,
                Fill = ChartColor.Band,
                Stroke = OxyColors.Transparent,
                StrokeThickness = 0,
                Layer = AnnotationLayer.BelowAxes,
                Text = ChartPage.Label(Room(phase)),
                TextColor = ChartColor.Muted,
                FontSize = 10.5,
                TextVerticalAlignment = VerticalAlignment.Top,
                TextPosition = new DataPoint((phase.First - 1 + phase.Last) / 2.0, textAt),
            });
        }
    }

    /// <summary>The phase's name as long as there is room for it.</summary>
    private string Room(FrozenPhase phase)
    {
        string name = phase.Groups.SequenceEqual(stage.Freeze.Groups) ? "all frozen" : $"frozen: {string.Join(", ", phase.Groups)}";
        double width = (phase.Last - phase.First + 1.0) / Math.Max(1, stage.LastStep) * (Width - 80);
        return name.Length * 5.6 < width ? name : 36 < width ? "frozen" : "";
    }

    private string Describe(IEnumerable<(StepCurve Curve, DataPoint[] Drawn)> shown)
    {
        IEnumerable<string> curves = shown.Select(c => (c.Curve.Name, Points: c.Drawn.Where(p => !double.IsNaN(p.Y)).ToArray()))
            .Select(c => string.Create(CultureInfo.InvariantCulture, $"{c.Name}: {c.Points[0].Y:G4} at step {c.Points[0].X:0}, {c.Points[^1].Y:G4} at step {c.Points[^1].X:0}"));
        IEnumerable<string> phases = _phases.Select(p => string.Create(CultureInfo.InvariantCulture, $"frozen in steps {p.First} to {p.Last}: {string.Join(", ", p.Groups)}"));
        IEnumerable<string> changes = _changes.Select(s => string.Create(CultureInfo.InvariantCulture, $"changed at step {s}"));
        return string.Join("; ", curves.Concat(phases).Concat(changes)) + ".";
    }
}
