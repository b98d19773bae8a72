using System.Globalization;
using DistEmbed.Worker.Evaluation;

namespace DistEmbed.Coordinator.Cli;

/// <summary>A classifier's precision, recall and F1 label by label, for people.</summary>
internal static class ClassTable
{
    public static void Write(IReadOnlyList<string> labels, ClassifierMeasures measures, TextWriter output)
    {
        var table = new TextTable(rightAligned: 5);
        table.Add("label", "examples", "predicted", "precision", "recall", "F1");
        foreach ((string label, ClassScore score) in labels.Zip(measures.ByClass))
            table.Add(label, Text(score.Support), Text(score.Predicted), Percent(score.Precision), Percent(score.Recall), Percent(score.F1));
        table.Write(output);
        output.WriteLine($"F1 of all: macro {Percent(measures.MacroF1)}, weighted by examples {Percent(measures.WeightedF1)}, micro {Percent(measures.MicroF1)} (the accuracy, since each example has one label).");
        if (measures.Counted < labels.Count)
            output.WriteLine($"The macro F1 leaves out {Text(labels.Count - measures.Counted)} of {Text(labels.Count)} labels, which no example has and which were predicted for none.");
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Percent(double? share) => share is { } value ? (value * 100).ToString("F1", CultureInfo.InvariantCulture) : "-";
}
