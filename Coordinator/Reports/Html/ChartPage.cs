using System.Globalization;
using System.Xml.Linq;
using OxyPlot;
using OxyPlot.Axes;

namespace DistEmbed.Coordinator.Reports.Html;

/// <summary>What the pictures of a report share, and how they get into the page: as SVG within it, with a title and a description for readers who do not see them.</summary>
internal static class ChartPage
{
    /// <summary>An empty picture.</summary>
    public static PlotModel Plot() => new()
    {
        Background = OxyColors.Transparent,
        TextColor = ChartColor.Ink,
        PlotAreaBorderThickness = new OxyThickness(0, 0, 0, 1),
        PlotAreaBorderColor = ChartColor.Muted,
        DefaultFont = "sans-serif",
        DefaultFontSize = 12,
        Culture = CultureInfo.InvariantCulture,
        Padding = new OxyThickness(14, 8, 18, 4),
    };

    /// <summary>Styles an axis.</summary>
    public static T Axis<T>(T axis, AxisPosition position)
        where T : Axis
    {
        axis.Position = position;
        axis.TicklineColor = axis.AxislineColor = ChartColor.Muted;
        axis.TextColor = ChartColor.Muted;
        axis.TickStyle = TickStyle.Outside;
        axis.MinorTickSize = 0;
        axis.MajorGridlineStyle = position == AxisPosition.Bottom ? LineStyle.None : LineStyle.Solid;
        axis.MajorGridlineColor = ChartColor.Grid;
        return axis;
    }

    /// <summary>Puts a picture into the page.</summary>
    /// <param name="page">The page.</param>
    /// <param name="plot">The picture.</param>
    /// <param name="id">Its name, unique in the page.</param>
    /// <param name="title">What it shows.</param>
    /// <param name="description">What can be seen on it, in words.</param>
    /// <param name="width">Its width, in units of which text is twelve high.</param>
    /// <param name="height">Its height.</param>
    /// <param name="legend">Names of the curves, in the order of their colours. In the page and not in the picture, where the room for them would be a guess at the reader's letters.</param>
    public static void Add(HtmlWriter page, PlotModel plot, string id, string title, string description, int width, int height, IReadOnlyList<string>? legend = null)
    {
        page.Open("figure", ("class", "chart"), ("id", id));
        page.Element("figcaption", title);
        if (legend is not null)
        {
            page.Open("ul", ("class", "legend"));
            for (int i = 0; i < legend.Count; i++)
                page.Element("li", legend[i], ("style", $"--curve: {ChartColor.Variable(ChartColor.Curve(i))}"));
            page.Close();
        }

        page.Markup(Svg(plot, id, title, description, width, height));
        page.Close();
    }

    /// <summary>Text for a picture: brackets behind a hat or an underscore would raise or lower what they hold.</summary>
    public static string Label(string text) =>
        HtmlWriter.Printable(text).Replace('\n', ' ').Replace('\t', ' ').Replace("^{", "^\u2060{", StringComparison.Ordinal).Replace("_{", "_\u2060{", StringComparison.Ordinal);

    private static string Svg(PlotModel plot, string id, string title, string description, int width, int height)
    {
        string exported = SvgExporter.ExportToString(plot, width, height, isDocument: false);
        if (plot.GetLastPlotException() is { } failed)
            throw new InvalidOperationException($"the picture '{id}' could not be drawn", failed);
        XElement svg = Own(XElement.Parse(exported), id);
        svg.RemoveAttributes();
        svg.Add(
            new XAttribute("viewBox", string.Create(CultureInfo.InvariantCulture, $"0 0 {width} {height}")), new XAttribute("role", "img"),
            new XAttribute("aria-labelledby", $"{id}-title {id}-text"));
        svg.AddFirst(
            new XElement("title", new XAttribute("id", $"{id}-title"), HtmlWriter.Printable(title)), new XElement("desc", new XAttribute("id", $"{id}-text"), HtmlWriter.Printable(description)));
        return svg.ToString(SaveOptions.DisableFormatting);
    }

    /// <summary>
    /// A copy for this page: names of clips are its own, since every exported picture has the same; no namespace, which within HTML goes without saying; and colours that are
    /// variables.
    /// </summary>
    private static XElement Own(XElement element, string id) => new(
        element.Name.LocalName,
        element.Attributes().Where(a => !a.IsNamespaceDeclaration).Select(a => new XAttribute(a.Name.LocalName, a.Name.LocalName switch
        {
            "id" => $"{id}-{a.Value}",
            "clip-path" => a.Value.Replace("url(#", $"url(#{id}-", StringComparison.Ordinal),
            "style" or "fill" or "stroke" => ChartColor.ToVariables(a.Value),
            _ => a.Value,
        })),
        element.Nodes().Select(n => n is XElement child ? (object)Own(child, id) : n));
}
