using DistEmbed.Coordinator.Reports;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Worker.Corpus;
using DistEmbed.Worker.Evaluation;

namespace DistEmbed.Coordinator.Local;

/// <summary>Looks at what a stage trained: which test labels it takes for which, and which words it moved most.</summary>
public static class AnalyzedStage
{
    /// <summary>Words that are shown; more cannot be read in one picture.</summary>
    public const int MovedWords = 30;

    /// <summary>Words that training never touched, of each part.</summary>
    public const int UnseenWords = 20;

    private const int BlockNumbers = 1 << 20;

    /// <summary>Looks at the weights.</summary>
    /// <param name="start">How the stage started.</param>
    /// <param name="after">The stage with the weights that count.</param>
    /// <param name="data">Its data, whose dev and test part are predicted where there are labels; null: neither is to be seen.</param>
    /// <param name="tableHash">The table hash of its result.</param>
    public static StageAnalysis Of(StageRows start, TrainedRun after, PreparedData? data, string tableHash)
    {
        IReadOnlyList<PredictedPart> parts = data is null ? [] : PredictedPart.AllOf(after, data);
        FirstRows first = start.First("embedding");
        (List<int> rows, int frozen) = Farthest(first, after);
        ReadOnlyMemory<float>[] starts = [.. rows.Select(row => (ReadOnlyMemory<float>)FirstValue(first, row))];
        ReadOnlyMemory<float>[] ends = [.. rows.Select(row => (ReadOnlyMemory<float>)after.ReadRows("embedding", row, 1))];
        (IReadOnlyList<(double X, double Y)> places, double share) = PrincipalPlane.Of([.. starts, .. ends]);
        MovedWord[] moved = [.. rows.Select((row, i) => new MovedWord(
            after.Vocabulary.Word(row), after.Vocabulary.Count(row), Math.Sqrt(Squared(starts[i].Span, ends[i].Span)), Cosine(starts[i].Span, ends[i].Span),
            new MapPlace(places[i].X, places[i].Y), new MapPlace(places[rows.Count + i].X, places[rows.Count + i].Y)))];
        return new StageAnalysis(after.Step, tableHash, moved, share, frozen)
        {
            Confusion = parts.FirstOrDefault(p => p.Name == PredictedPart.Test) is { } test ? Confusion(after.Labels, test.Examples, test.Probabilities) : null,
            Unseen = parts.Count == 0 || first.Table.AlwaysFrozen ? null : UnseenRows.Count(UnseenRows.StatesOf(start, after), after.Vocabulary, parts, UnseenWords),
        };
    }

    /// <summary>Counts which labels are taken for which.</summary>
    /// <param name="labels">Names of the labels.</param>
    /// <param name="data">Labelled examples.</param>
    /// <param name="probabilities">What a model gives them, [examples x labels].</param>
    public static ConfusionCounts Confusion(IReadOnlyList<string> labels, ExampleSet data, ReadOnlySpan<float> probabilities)
    {
        int[] gold = new int[data.Count], predicted = new int[data.Count];
        for (int example = 0; example < data.Count; example++)
        {
            gold[example] = data.Label(example);
            predicted[example] = ClassifierScore.MostProbable(probabilities.Slice(example * labels.Count, labels.Count));
        }

        return new ConfusionCounts(labels, LabelConfusion.Of(gold, predicted, labels.Count).Counts);
    }

    /// <summary>The rows that lie farthest from where they started, the farthest first, and how many lie where they started.</summary>
    private static (List<int> Rows, int Frozen) Farthest(FirstRows first, TrainedRun after)
    {
        int rows = after.Vocabulary.Rows, frozen = 0, dimension = after.Dimension;
        int block = Math.Max(1, BlockNumbers / dimension);
        // The nearest of those kept is the one to go; of equally far ones the more frequent word, which comes first, stays.
        var farthest = new PriorityQueue<int, (double Distance, int Order)>();
        var start = new float[dimension];
        for (int begin = WordVocabulary.FirstWordRow; begin < rows; begin += block)
        {
            int count = Math.Min(block, rows - begin);
            float[] ends = after.ReadRows("embedding", begin, count);
            for (int i = 0; i < count; i++)
            {
                first.Read(begin + i, start);
                double distance = Squared(start, ends.AsSpan(i * dimension, dimension));
                if (!(distance > 0))
                {
                    frozen += distance == 0 ? 1 : 0; // one that is not a number has moved, but to no place
                    continue;
                }

                farthest.Enqueue(begin + i, (distance, -(begin + i)));
                if (farthest.Count > MovedWords)
                    farthest.Dequeue();
            }
        }

        var result = new List<int>();
        while (farthest.TryDequeue(out int row, out _))
            result.Add(row);
        result.Reverse();
        return (result, frozen);
    }

    private static float[] FirstValue(FirstRows first, int row)
    {
        var values = new float[first.Table.Dimension];
        first.Read(row, values);
        return values;
    }

    private static double Squared(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++)
        {
            double difference = (double)b[i] - a[i];
            sum += difference * difference;
        }

        return double.IsFinite(sum) ? sum : double.NaN;
    }

    private static double Cosine(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double dot = 0, first = 0, second = 0;
        for (int i = 0; i < a.Length; i++)
        {
            dot += (double)a[i] * b[i];
            first += (double)a[i] * a[i];
            second += (double)b[i] * b[i];
        }

        return first * second == 0 ? 0 : dot / Math.Sqrt(first * second);
    }
}
