using System.Globalization;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Worker.Evaluation.Intrinsic;

namespace DistEmbed.Coordinator.Cli;

/// <summary>An <see cref="IntrinsicReport"/> as tables of text.</summary>
public static class IntrinsicTable
{
    /// <summary>Writes the conventions, a table of the sets of pairs, and a table of sections for each set of analogies.</summary>
    public static void Write(TextWriter output, IntrinsicReport report)
    {
        Conventions conventions = report.Conventions;
        bool skips = conventions.Missing == MissingWords.Skip;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"conventions: {(conventions.CaseSensitive ? "case counts" : "case ignored")}, the {conventions.Restrict:N0} most frequent words, words without a vector {(skips ? "skipped" : "count as similarity 0 and as wrong")}"));
        if (report.Similarity.Count > 0)
            Pairs(output, report.Similarity);
        foreach (WordAnalogies set in report.Analogies)
            Analogies(output, set, conventions.Method);
    }

    private static void Pairs(TextWriter output, IReadOnlyList<WordSimilarity> sets)
    {
        output.WriteLine();
        var table = new TextTable(rightAligned: 4);
        table.Add("pairs", "Spearman", "Pearson", "covered", "words missing");
        foreach (WordSimilarity set in sets)
            table.Add(set.Set, Number(set.Correlation.Spearman), Number(set.Correlation.Pearson), OutOf(set.Covered, set.Pairs), OutOf(set.Missing.Count, set.Words));
        table.Write(output, "  ");
        foreach (WordSimilarity set in sets)
            NameMissing(output, set.Set, set.Missing);
    }

    private static void Analogies(TextWriter output, WordAnalogies set, AnalogyMethod method)
    {
        output.WriteLine();
        var table = new TextTable(rightAligned: 3);
        table.Add($"{set.Set} (3Cos{method})", "accuracy", "correct", "covered");
        AnalogyScore[] sums = [.. new[] { set.Semantic, set.Syntactic, set.Total }.OfType<AnalogyScore>()];
        foreach (AnalogyScore score in set.Sections.Concat(sums))
            table.Add(score.Name, Percent(score.Accuracy), Whole(score.Correct), OutOf(score.Covered, score.Questions));
        table.Write(output, "  ");
        output.WriteLine($"  words missing: {OutOf(set.Missing.Count, set.Words)}");
        NameMissing(output, set.Set, set.Missing);
    }

    private static void NameMissing(TextWriter output, string set, IReadOnlyList<string> missing)
    {
        if (missing.Count > 0)
            output.WriteLine($"  {set} misses {PrintableText.List(missing)}");
    }

    private static string Number(double? value) => value?.ToString("F4", CultureInfo.InvariantCulture) ?? "-";

    private static string Percent(double? share) => share is { } known ? string.Create(CultureInfo.InvariantCulture, $"{100 * known:F2} %") : "-";

    private static string OutOf(int part, int all) => $"{Whole(part)} of {Whole(all)}";

    private static string Whole(int number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
