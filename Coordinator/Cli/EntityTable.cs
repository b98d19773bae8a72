using System.Globalization;
using DistEmbed.Worker.Corpus;
using DistEmbed.Worker.Evaluation;

namespace DistEmbed.Coordinator.Cli;

/// <summary>A tagger's precision, recall and F1 by entity type, for people.</summary>
internal static class EntityTable
{
    /// <summary>Counts by type and shows them.</summary>
    /// <param name="labels">Names of the tags.</param>
    /// <param name="examples">Sentences with their own tags.</param>
    /// <param name="predicted">The tags that they were given.</param>
    /// <param name="output">Where to write.</param>
    public static void Write(IReadOnlyList<string> labels, ExampleSet examples, IReadOnlyList<int[]> predicted, TextWriter output)
    {
        IReadOnlyList<string> types = EntityTags.Types(labels);
        ClassScore[] scores = Count(labels, examples, predicted);
        var table = new TextTable(rightAligned: 5);
        table.Add("type", "entities", "predicted", "precision", "recall", "F1");
        foreach ((string type, ClassScore score) in types.Zip(scores))
        {
            table.Add(type, score.Support.ToString(CultureInfo.InvariantCulture), score.Predicted.ToString(CultureInfo.InvariantCulture),
                Percent(score.Precision), Percent(score.Recall), Percent(score.F1));
        }

        table.Write(output);
    }

    /// <summary>Counts the entities of each type, in the order of the tags' names.</summary>
    public static ClassScore[] Count(IReadOnlyList<string> labels, ExampleSet examples, IReadOnlyList<int[]> predicted)
    {
        var scores = new ClassScore[EntityTags.Types(labels).Count];
        for (int example = 0; example < examples.Count; example++)
            EntityScore.AddByType(scores, TagAnnotations.Tags(examples, example), predicted[example]);
        return scores;
    }

    private static string Percent(double? share) => share is { } value ? (value * 100).ToString("F2", CultureInfo.InvariantCulture) : "-";
}
