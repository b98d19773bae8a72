using System.Globalization;

namespace DistEmbed.Coordinator.Reports.Html;

/// <summary>Which labels of the test part were taken for which.</summary>
internal static class ConfusionTable
{
    // Wider than that nobody reads it; what was confused most often is told instead.
    private const int MostColumns = 40;
    private const int MostPairs = 20;

    /// <summary>Adds the table.</summary>
    /// <param name="page">The page.</param>
    /// <param name="confusion">What was counted.</param>
    /// <param name="scores">What it comes to; null: nothing was counted.</param>
    public static void Add(HtmlWriter page, ConfusionCounts confusion, ReportedScores? scores)
    {
        if (scores is not null)
        {
            page.Element("p", string.Create(CultureInfo.InvariantCulture,
                $"Accuracy {100 * scores.Accuracy.Value:F2} % (95 % interval over examples {100 * scores.Accuracy.Low:F2} to {100 * scores.Accuracy.High:F2}), macro F1 {100 * scores.MacroF1.Value:F2} % ({100 * scores.MacroF1.Low:F2} to {100 * scores.MacroF1.High:F2}), F1 weighted by examples {100 * scores.WeightedF1:F2} %."));
        }

        int labels = confusion.Labels.Count;
        int[] predicted = [.. Enumerable.Range(0, labels).Select(label => confusion.Counts.Sum(row => row[label]))];
        bool columns = labels <= MostColumns;
        page.Open("div", ("class", "wide")).Open("table", ("class", "confusion"));
        page.Element("caption", columns ? "A row is a true label, a numbered column the label that was predicted. The deeper the colour, the larger the share of its row." : "A row is a true label.");
        page.Open("thead").Open("tr").Element("th", "", ("scope", "col")).Element("th", "label", ("scope", "col"));
        if (columns)
        {
            for (int label = 0; label < labels; label++)
                page.Element("th", Text(label + 1), ("scope", "col"), ("class", "n"), ("title", confusion.Labels[label]));
        }

        foreach (string heading in (string[])["examples", "precision", "recall", "F1"])
            page.Element("th", heading, ("scope", "col"), ("class", "n"));
        page.Close().Close().Open("tbody");
        for (int label = 0; label < labels; label++)
        {
            IReadOnlyList<int> row = confusion.Counts[label];
            int examples = row.Sum();
            page.Open("tr").Element("td", Text(label + 1), ("class", "n")).Element("th", confusion.Labels[label], ("scope", "row"));
            if (columns)
            {
                for (int other = 0; other < labels; other++)
                    page.Element("td", Text(row[other]), ("class", other == label ? "n right" : "n wrong"), ("style", string.Create(CultureInfo.InvariantCulture, $"--share:{(examples > 0 ? 100.0 * row[other] / examples : 0):F1}%")));
            }

            double precision = (double)row[label] / predicted[label], recall = (double)row[label] / examples;
            page.Element("td", Text(examples), ("class", "n")).Element("td", Percent(precision), ("class", "n")).Element("td", Percent(recall), ("class", "n"));
            page.Element("td", Percent(2.0 * row[label] / (examples + predicted[label])), ("class", "n")).Close();
        }

        page.Close().Close().Close();
        AddPairs(page, confusion);
    }

    private static void AddPairs(HtmlWriter page, ConfusionCounts confusion)
    {
        IReadOnlyList<string> labels = confusion.Labels;
        (int Truth, int Predicted, int Count)[] pairs =
        [
            .. (from truth in Enumerable.Range(0, labels.Count)
                from predicted in Enumerable.Range(0, labels.Count)
                where truth != predicted && confusion.Counts[truth][predicted] > 0
                orderby confusion.Counts[truth][predicted] descending
                select (truth, predicted, confusion.Counts[truth][predicted])).Take(MostPairs),
        ];
        if (labels.Count < 3 || pairs.Length == 0)
            return;
        page.Open("details").Element("summary", "Confused most often").Open("ol");
        foreach ((int truth, int predicted, int count) in pairs)
            page.Element("li", $"{labels[truth]} taken for {labels[predicted]}: {Text(count)}");
        page.Close().Close();
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    // A label that was never predicted has no precision; one without examples has no recall.
    private static string Percent(double share) => double.IsNaN(share) ? "–" : (share * 100).ToString("F1", CultureInfo.InvariantCulture);
}
