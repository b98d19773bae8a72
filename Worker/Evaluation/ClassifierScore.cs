using DistEmbed.Worker.Models;

namespace DistEmbed.Worker.Evaluation;

/// <summary>What a classifier got right: its sums are the examples whose most probable label is right, of equal ones the first counts, and all.</summary>
public static class ClassifierScore
{
    /// <summary>Scores the probabilities of a slice, [examples x labels]; an example's loss is -ln p(label).</summary>
    public static SliceScore Of(Slice slice, ReadOnlySpan<float> probabilities)
    {
        ReadOnlySpan<int> examples = slice.Examples.Span;
        if (examples.Length == 0)
            return new SliceScore(0, 0, [0, 0]);
        int labels = probabilities.Length / examples.Length;
        double loss = 0;
        int correct = 0;
        for (int i = 0; i < examples.Length; i++)
        {
            ReadOnlySpan<float> row = probabilities.Slice(i * labels, labels);
            int label = slice.Data.Label(examples[i]);
            loss -= Math.Log(Math.Max(row[label], float.Epsilon));
            if (MostProbable(row) == label)
                correct++;
        }

        return new SliceScore(loss, examples.Length, [correct, examples.Length]);
    }

    /// <summary>Index of the largest value, the first of equals.</summary>
    public static int MostProbable(ReadOnlySpan<float> probabilities)
    {
        int best = 0;
        for (int i = 1; i < probabilities.Length; i++)
        {
            if (probabilities[i] > probabilities[best])
                best = i;
        }

        return best;
    }
}
