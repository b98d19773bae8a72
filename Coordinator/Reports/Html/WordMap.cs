using System.Globalization;
using OxyPlot;
using OxyPlot.Annotations;
using OxyPlot.Axes;
using OxyPlot.Series;

namespace DistEmbed.Coordinator.Reports.Html;

/// <summary>The words that moved most: a map with where each started and ended, joined, and a table.</summary>
internal static class WordMap
{
    private const int Width = 960, Height = 620;
    private const int LineBoxes = 12;
    private const double LetterWidth = 7.2, LineHeight = 13;

    /// <summary>Adds map and table.</summary>
    public static void Add(HtmlWriter page, StageAnalysis analysis, string id)
    {
        IReadOnlyList<MovedWord> words = analysis.Moved;
        string untouched = string.Create(CultureInfo.InvariantCulture, $"Words that lie where they started, bit for bit: {analysis.Frozen:N0}.");
        if (words.Count == 0)
        {
            page.Element("p", $"No word moved. {untouched}");
            return;
        }

        page.Element("p", string.Create(CultureInfo.InvariantCulture,
            $"The {words.Count} words that lie farthest from where they started, with the weights of step {analysis.Step}, in the plane of their first two principal components, which shows {analysis.MapShare:P0} of their variance. {untouched}"));
        string description = string.Join("; ", words.Select(w => string.Create(CultureInfo.InvariantCulture, $"{w.Word} moved by {w.Distance:G3}"))) + ".";
        ChartPage.Add(page, Plot(words), $"{id}-map", "Words that moved most: from the hollow point to the full one", description, Width, Height);
        page.Open("details").Element("summary", "As a table");
        page.Open("div", ("class", "wide")).Open("table").Open("thead").Open("tr");
        page.Element("th", "word", ("scope", "col")).Element("th", "count", ("scope", "col"), ("class", "n")).Element("th", "distance", ("scope", "col"), ("class", "n")).Element("th", "cosine to its start", ("scope", "col"), ("class", "n"));
        page.Close().Close().Open("tbody");
        foreach (MovedWord word in words)
        {
            page.Open("tr").Element("th", word.Word, ("scope", "row"));
            page.Element("td", word.Count.ToString("N0", CultureInfo.InvariantCulture), ("class", "n"));
            page.Element("td", word.Distance.ToString("F3", CultureInfo.InvariantCulture), ("class", "n"));
            page.Element("td", word.Cosine.ToString("F3", CultureInfo.InvariantCulture), ("class", "n")).Close();
        }

        page.Close().Close().Close().Close();
    }

    private static PlotModel Plot(IReadOnlyList<MovedWord> words)
    {
        PlotModel plot = ChartPage.Plot();
        plot.PlotAreaBorderThickness = new OxyThickness(0);
        MapPlace[] places = [.. words.SelectMany(w => new[] { w.Before, w.After })];
        (double left, double right) = Range(places.Select(p => p.X));
        (double bottom, double top) = Range(places.Select(p => p.Y));
        plot.Axes.Add(Hidden(AxisPosition.Bottom, left, right));
        plot.Axes.Add(Hidden(AxisPosition.Left, bottom, top));
        double unitX = (Width - 20) / (right - left), unitY = (Height - 20) / (top - bottom);
        ScreenPoint On(MapPlace place) => new((place.X - left) * unitX, (top - place.Y) * unitY);
        // No label over a point or a line, as far as that can be.
        List<OxyRect> taken = [.. words.SelectMany(w => Enumerable.Range(0, LineBoxes + 1).Select(i => Between(On(w.After), On(w.Before), (double)i / LineBoxes)))];
        var labels = new List<TextAnnotation>();
        for (int i = 0; i < words.Count; i++)
        {
            MovedWord word = words[i];
            OxyColor color = ChartColor.Curve(i);
            plot.Series.Add(new LineSeries { Color = color, StrokeThickness = 1.2, Points = { Point(word.Before), Point(word.After) } });
            plot.Series.Add(Dot(word.Before, ChartColor.Grid, color, 2.5));
            plot.Series.Add(Dot(word.After, color, color, 3.5));
            labels.Add(Label(word, On(word.After), taken));
        }

        foreach (TextAnnotation label in labels)
            plot.Annotations.Add(label);
        return plot;
    }

    private static OxyRect Between(ScreenPoint from, ScreenPoint to, double share) => new(from.X + share * (to.X - from.X) - 4, from.Y + share * (to.Y - from.Y) - 4, 8, 8);

    private static (double Least, double Most) Range(IEnumerable<double> values)
    {
        double least = values.Min(), most = values.Max(), room = Math.Max(1e-6, 0.08 * (most - least));
        return (least - room, most + room);
    }

    private static LinearAxis Hidden(AxisPosition position, double least, double most) => new() { Position = position, IsAxisVisible = false, Minimum = least, Maximum = most };

    private static DataPoint Point(MapPlace place) => new(place.X, place.Y);

    private static ScatterSeries Dot(MapPlace place, OxyColor fill, OxyColor stroke, double size) => new()
    {
        MarkerType = MarkerType.Circle,
        MarkerSize = size,
        MarkerFill = fill,
        MarkerStroke = stroke,
        MarkerStrokeThickness = 1.2,
        Points = { new ScatterPoint(place.X, place.Y) },
    };

    /// <summary>A label beside a point, on the side where it covers the fewest others.</summary>
    private static TextAnnotation Label(MovedWord word, ScreenPoint at, List<OxyRect> taken)
    {
        string text = ChartPage.Label(word.Word.Length > 24 ? word.Word[..23] + "…" : word.Word);
        double width = LetterWidth * text.Length;
        (HorizontalAlignment Side, double X, double Y)[] sides =
        [
            (HorizontalAlignment.Left, 7, -LineHeight / 2), (HorizontalAlignment.Right, -7, -LineHeight / 2), (HorizontalAlignment.Center, 0, -LineHeight - 5), (HorizontalAlignment.Center, 0, 5),
            (HorizontalAlignment.Left, 7, -LineHeight - 4), (HorizontalAlignment.Left, 7, 4), (HorizontalAlignment.Right, -7, -LineHeight - 4), (HorizontalAlignment.Right, -7, 4),
        ];
        (OxyRect Box, (HorizontalAlignment Side, double X, double Y) Side) best = sides
            .Select(s => (Box: new OxyRect(at.X + s.X - (s.Side == HorizontalAlignment.Right ? width : s.Side == HorizontalAlignment.Center ? width / 2 : 0), at.Y + s.Y, width, LineHeight), Side: s))
            .MinBy(s => taken.Sum(t => Overlap(t, s.Box)) + Outside(s.Box));
        taken.Add(best.Box);
        return new TextAnnotation
        {
            Text = text,
            TextPosition = Point(word.After),
            Offset = new ScreenVector(best.Side.X, best.Side.Y),
            TextHorizontalAlignment = best.Side.Side,
            TextVerticalAlignment = VerticalAlignment.Top,
            TextColor = ChartColor.Ink,
            Stroke = OxyColors.Transparent,
            StrokeThickness = 0,
        };
    }

    private static double Overlap(OxyRect a, OxyRect b) =>
        Math.Max(0, Math.Min(a.Right, b.Right) - Math.Max(a.Left, b.Left)) * Math.Max(0, Math.Min(a.Bottom, b.Bottom) - Math.Max(a.Top, b.Top));

    private static double Outside(OxyRect box) => (Math.Max(0, -box.Left) + Math.Max(0, box.Right - (Width - 20))) * LineHeight;
}
