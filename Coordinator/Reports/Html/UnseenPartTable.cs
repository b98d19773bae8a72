using System.Globalization;

namespace DistEmbed.Coordinator.Reports.Html;

/// <summary>How much of dev and test part reads rows that training never changed, how well examples with such tokens are classified, and the most frequent words.</summary>
internal static class UnseenPartTable
{
    /// <summary>Adds the tables.</summary>
    public static void Add(HtmlWriter page, IReadOnlyList<UnseenPart> parts)
    {
        page.Element("p", "Tokens whose row of the embedding has every bit that it started with: the words beside them moved and they did not. Unknown words, which the vocabulary does not have, share a row.");
        page.Open("div", ("class", "wide")).Open("table");
        ResultTables.Head(page, ["part", "rows"], ["tokens", "of all tokens", "words", "of all words"], []);
        foreach (UnseenPart part in parts)
        {
            Row(part, "untouched, pretrained", part.Pretrained.Tokens, part.Pretrained.Words);
            Row(part, "untouched, without a vector", part.NoVector.Tokens, part.NoVector.Words);
            Row(part, "of unknown words", part.UnknownTokens, null);
        }

        page.Close().Close().Close();
        page.Open("div", ("class", "wide")).Open("table");
        page.Element("caption", "Accuracy with one standard error over examples.");
        ResultTables.Head(page, ["part", "examples"], ["number", "accuracy"], []);
        foreach (UnseenPart part in parts)
        {
            Scored(part, "with such a token", part.With);
            Scored(part, "without", part.Without);
        }

        page.Close().Close().Close();
        foreach (UnseenPart part in parts.Where(p => p.Frequent.Count > 0))
        {
            page.Element("p", $"The most frequent of {part.Part}, with their number; in italics those without a pretrained vector:");
            page.Open("p");
            for (int i = 0; i < part.Frequent.Count; i++)
                page.Element(part.Frequent[i].Pretrained ? "span" : "i", string.Create(CultureInfo.InvariantCulture, $"{part.Frequent[i].Word} {part.Frequent[i].Tokens:N0}{(i + 1 < part.Frequent.Count ? ", " : ".")}"));
            page.Close();
        }

        void Row(UnseenPart part, string kind, int tokens, int? words)
        {
            page.Open("tr").Element("th", part.Part, ("scope", "row")).Element("td", kind);
            foreach (string cell in (string[])[Number(tokens), Share(tokens, part.Tokens), words is { } known ? Number(known) : "–", words is { } counted ? Share(counted, part.Words) : "–"])
                page.Element("td", cell, ("class", "n"));
            page.Close();
        }

        void Scored(UnseenPart part, string which, ScoredExamples examples)
        {
            page.Open("tr").Element("th", part.Part, ("scope", "row")).Element("td", which);
            page.Element("td", Number(examples.Examples), ("class", "n")).Element("td", examples.Accuracy(), ("class", "n")).Close();
        }
    }

    private static string Number(int number) => number.ToString("N0", CultureInfo.InvariantCulture);

    private static string Share(int part, int all) => string.Create(CultureInfo.InvariantCulture, $"{100.0 * part / Math.Max(1, all):F1} %");
}
