using System.Globalization;
using DistEmbed.Protocol;
using DistEmbed.Worker.Evaluation;

namespace DistEmbed.Coordinator.Cli;

/// <summary>How often examples of each label were given each label, for people.</summary>
internal static class ConfusionMatrix
{
    // Wider than that no console shows it; what was confused most often is told instead.
    private const int MostColumns = 20;
    private const int MostPairs = 20;

    /// <summary>Writes the matrix, or, of many labels, the pairs that were confused most often.</summary>
    public static void Write(IReadOnlyList<string> labels, LabelConfusion confusion, TextWriter output)
    {
        if (labels.Count > MostColumns)
        {
            WritePairs(labels, confusion, output);
            return;
        }

        var table = new TextTable(rightAligned: 1 + labels.Count);
        table.Add(["", "label", .. labels.Select((_, label) => Text(label + 1)), "examples"]);
        for (int label = 0; label < labels.Count; label++)
            table.Add([Text(label + 1), labels[label], .. confusion.Counts[label].Select(Text), Text(confusion.Support[label])]);
        table.Write(output);
        output.WriteLine("A row is a true label, a numbered column the label that was predicted.");
    }

    private static void WritePairs(IReadOnlyList<string> labels, LabelConfusion confusion, TextWriter output)
    {
        (int Gold, int Predicted, int Count)[] pairs =
        [
            .. (from gold in Enumerable.Range(0, labels.Count)
                from predicted in Enumerable.Range(0, labels.Count)
                where gold != predicted && confusion.Counts[gold][predicted] > 0
                orderby confusion.Counts[gold][predicted] descending
                select (gold, predicted, confusion.Counts[gold][predicted])).Take(MostPairs),
        ];
        output.WriteLine(pairs.Length == 0 ? "No label was taken for another." : "Confused most often:");
        foreach ((int gold, int predicted, int count) in pairs)
            output.WriteLine($"  {PrintableText.Escape(labels[gold])} taken for {PrintableText.Escape(labels[predicted])}: {Text(count)}");
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
