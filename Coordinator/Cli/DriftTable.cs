using System.Globalization;
using DistEmbed.Worker.Evaluation;

namespace DistEmbed.Coordinator.Cli;

/// <summary>A <see cref="DriftReport"/> as tables of text.</summary>
public static class DriftTable
{
    /// <summary>Writes the classes, a histogram of each measure with a column a class, the words that moved farthest, and words that were asked for.</summary>
    public static void Write(TextWriter output, DriftReport report, IReadOnlyList<DriftedWord> asked)
    {
        var classes = new TextTable(rightAligned: 5);
        classes.Add("words", "number", "moved", "mean cosine", "mean distance", "mean norm now/start");
        foreach (DriftClass part in report.Classes)
            classes.Add(part.Name, Whole(part.Rows), Share(part.MovedShare), Cosine(part.Cosine.Mean), Number(part.Distance.Mean), Number(part.NormGrowth.Mean));
        classes.Write(output, "  ");
        Histogram(output, "cosine to the start", report.Classes, part => part.Cosine);
        Histogram(output, "L2 distance to the start", report.Classes, part => part.Distance);
        Histogram(output, "norm now/start", report.Classes, part => part.NormGrowth);
        if (report.MostMoved.Count > 0)
            Words(output, "moved farthest", report.MostMoved);
        if (asked.Count > 0)
            Words(output, "word", asked);
    }

    private static void Histogram(TextWriter output, string title, IReadOnlyList<DriftClass> classes, Func<DriftClass, DriftHistogram> of)
    {
        output.WriteLine();
        var table = new TextTable(classes.Count);
        table.Add([title, .. classes.Select(c => c.Name)]);
        DriftHistogram[] columns = [.. classes.Select(of)];
        IReadOnlyList<double> edges = columns[0].Edges;
        for (int bin = 0; bin <= edges.Count; bin++)
        {
            // Bins that are empty in all classes below the first and above the last that are not say nothing.
            if (columns.All(c => c.Counts.Take(bin + 1).Sum() == 0) || columns.All(c => c.Counts.Skip(bin).Sum() == 0))
                continue;
            string name = bin == 0 ? $"below {Edge(edges[0])}" : bin == edges.Count ? $"{Edge(edges[^1])} and more" : $"{Edge(edges[bin - 1])} to {Edge(edges[bin])}";
            table.Add([name, .. columns.Select(c => Whole(c.Counts[bin]))]);
        }

        if (columns.Any(c => c.Undefined > 0))
            table.Add(["undefined", .. columns.Select(c => Whole(c.Undefined))]);
        table.Write(output, "  ");
    }

    private static void Words(TextWriter output, string title, IReadOnlyList<DriftedWord> words)
    {
        output.WriteLine();
        var table = new TextTable(rightAligned: 4);
        table.Add(title, "started", "count", "cosine", "distance", "norm now/start");
        foreach (DriftedWord word in words)
            table.Add(word.Word, word.Pretrained ? "pretrained" : "at random", Whole(word.Count), Cosine(word.Cosine), Number(word.Distance), Number(word.NormGrowth));
        table.Write(output, "  ");
    }

    private static string Edge(double edge) => edge.ToString(CultureInfo.InvariantCulture);

    private static string Whole(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    private static string Share(double share) => string.Create(CultureInfo.InvariantCulture, $"{100 * share:F1} %");

    // Tuned vectors are close to their start: a small step is in the fifth decimal.
    private static string Cosine(double? cosine) => cosine?.ToString("F6", CultureInfo.InvariantCulture) ?? "-";

    private static string Number(double? number) => number?.ToString("F4", CultureInfo.InvariantCulture) ?? "-";
}
