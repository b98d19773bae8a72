using System.Globalization;

namespace DistEmbed.Coordinator.Reports.Html;

/// <summary>The nearest words before tuning and after, side by side (Kim 2014, table 3).</summary>
internal static class NeighborsPart
{
    /// <summary>Adds the table.</summary>
    public static void Add(HtmlWriter page, IReadOnlyList<ReportedNeighbors> words)
    {
        page.Element("p", "The nearest words by cosine, nearest first. Words in both lists are in bold.");
        page.Open("div", ("class", "wide")).Open("table").Open("thead").Open("tr");
        foreach (string heading in (string[])["word", "before", "after", "in both", "cosine to its start"])
            page.Element("th", heading, ("scope", "col"));
        page.Close().Close().Open("tbody");
        foreach (ReportedNeighbors word in words)
        {
            string[] both = [.. word.Before.Intersect(word.After, StringComparer.Ordinal)];
            page.Open("tr").Element("th", word.Word, ("scope", "row"));
            AddList(page, word.Before, both);
            AddList(page, word.After, both);
            page.Element("td", string.Create(CultureInfo.InvariantCulture, $"{both.Length} of {Math.Max(word.Before.Count, word.After.Count)}"), ("class", "n"));
            page.Element("td", word.Cosine?.ToString("F4", CultureInfo.InvariantCulture) ?? "-", ("class", "n")).Close();
        }

        page.Close().Close().Close();
    }

    private static void AddList(HtmlWriter page, IReadOnlyList<string> words, string[] both)
    {
        page.Open("td");
        for (int i = 0; i < words.Count; i++)
        {
            if (i > 0)
                page.Empty("br");
            page.Element(both.Contains(words[i]) ? "b" : "span", words[i]);
        }

        page.Close();
    }
}
