using OxyPlot;

namespace DistEmbed.Coordinator.Reports.Html;

/// <summary>
/// Colours of pictures. Each is a placeholder for a variable of the page's style, which knows whether the reader wants light or dark.
/// </summary>
internal static class ChartColor
{
    /// <summary>Number of colours for curves and points.</summary>
    public const int Curves = 8;

    private const byte Marker = 0xF1;

    private static readonly string[] s_names = ["ink", "muted", "grid", "band", "mark", .. Enumerable.Range(1, Curves).Select(i => $"c{i}")];

    /// <summary>Text.</summary>
    public static OxyColor Ink { get; } = Placeholder(0);

    /// <summary>Text of less weight, axes.</summary>
    public static OxyColor Muted { get; } = Placeholder(1);

    /// <summary>Lines behind curves.</summary>
    public static OxyColor Grid { get; } = Placeholder(2);

    /// <summary>Phases in which something is frozen.</summary>
    public static OxyColor Band { get; } = Placeholder(3);

    /// <summary>Changes while the run trained.</summary>
    public static OxyColor Mark { get; } = Placeholder(4);

    /// <summary>The colour of a curve.</summary>
    public static OxyColor Curve(int index) => Placeholder(5 + index % Curves);

    /// <summary>A placeholder's variable, as style sheets write it.</summary>
    public static string Variable(OxyColor placeholder) => $"var(--{s_names[placeholder.B]})";

    /// <summary>A style with variables in the place of the placeholders.</summary>
    public static string ToVariables(string style)
    {
        for (int i = 0; i < s_names.Length; i++)
        {
            OxyColor color = Placeholder(i);
            style = style.Replace($"rgb({color.R},{color.G},{color.B})", Variable(color), StringComparison.Ordinal);
        }

        return style;
    }

    private static OxyColor Placeholder(int index) => OxyColor.FromRgb(Marker, 0x7E, (byte)index);
}
