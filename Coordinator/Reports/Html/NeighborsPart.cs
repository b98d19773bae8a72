using System.Globalization;

namespace DistEmbed.Coordinator.Reports.Html;

/// <summary>The nearest words before tuning and after, side by side (Kim 2014, table 3).</summary>
internal static class NeighborsPart
{
    /// <summary>Adds the table, and one of pairs of the words where there are some.</summary>
    public static void Add(HtmlWriter page, IReadOnlyList<ReportedNeighbors> words, IReadOnlyList<ReportedPair> pairs)
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
            page.Element("td", Number(word.Cosine, "F4"), ("class", "n")).Close();
        }

        page.Close().Close().Close();
        if (pairs.Count > 0)
            AddPairs(page, pairs);
    }

    private static void AddPairs(HtmlWriter page, IReadOnlyList<ReportedPair> pairs)
    {
        page.Element("p", "How near the words are to each other, by the cosine of their vectors.");
        page.Open("div", ("class", "wide")).Open("table").Open("thead").Open("tr");
        foreach (string heading in (string[])["words", "before", "after", "change"])
            page.Element("th", heading, ("scope", "col"));
        page.Close().Close().Open("tbody");
        foreach (ReportedPair pair in pairs)
        {
            page.Open("tr").Element("th", $"{pair.Word}, {pair.Other}", ("scope", "row"));
            page.Element("td", Number(pair.Before, "F3"), ("class", "n")).Element("td", Number(pair.After, "F3"), ("class", "n"));
            page.Element("td", Number(pair.After - pair.Before, "+0.000;-0.000;0.000"), ("class", "n")).Close();
        }

        page.Close().Close().Close();
    }

    private static string Number(double? number, string format) => number?.ToString(format, CultureInfo.InvariantCulture) ?? "-";

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
