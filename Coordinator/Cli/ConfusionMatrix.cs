using System.Globalization;
using DistEmbed.Coordinator.Reports;

namespace DistEmbed.Coordinator.Cli;

/// <summary>How often examples of each label were given each label.</summary>
internal sealed class ConfusionMatrix
{
    // Wider than that no console shows it; what was confused most often is told instead.
    private const int MostColumns = 20;
    private const int MostPairs = 20;

    private readonly IReadOnlyList<string> _labels;

    public ConfusionMatrix(ConfusionCounts confusion) => (_labels, Counts) = (confusion.Labels, confusion.Counts);

    /// <summary>Counts by true label, then by predicted label.</summary>
    public IReadOnlyList<IReadOnlyList<int>> Counts { get; }

    public void Write(TextWriter output)
    {
        bool columns = _labels.Count <= MostColumns;
        var table = new TextTable(rightAligned: 4 + (columns ? _labels.Count : 0));
        table.Add(["", "label", .. columns ? Numbers() : [], "examples", "precision", "recall", "F1"]);
        for (int label = 0; label < _labels.Count; label++)
        {
            int right = Counts[label][label], examples = Counts[label].Sum(), predicted = Counts.Sum(row => row[label]);
            double precision = Share(right, predicted), recall = Share(right, examples);
            table.Add([Number(label), _labels[label], .. columns ? Counts[label].Select(Text) : [], Text(examples), Percent(precision), Percent(recall), Percent(2 * precision * recall / (precision + recall))]);
        }

        table.Write(output);
        if (columns)
        {
            output.WriteLine("A row is a true label, a numbered column the label that was predicted.");
            return;
        }

        var pairs =
            from truth in Enumerable.Range(0, _labels.Count)
            from predicted in Enumerable.Range(0, _labels.Count)
            where truth != predicted && Counts[truth][predicted] > 0
            orderby Counts[truth][predicted] descending
            select $"  {_labels[truth]} taken for {_labels[predicted]}: {Text(Counts[truth][predicted])}";
        output.WriteLine("Confused most often:");
        foreach (string pair in pairs.Take(MostPairs))
            output.WriteLine(pair);
    }

    private IEnumerable<string> Numbers() => Enumerable.Range(0, _labels.Count).Select(Number);

    private static string Number(int label) => Text(label + 1);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static double Share(int part, int whole) => (double)part / whole;

    // A label that was never predicted has no precision.
    private static string Percent(double share) => double.IsNaN(share) ? "-" : (share * 100).ToString("F1", CultureInfo.InvariantCulture);
}
