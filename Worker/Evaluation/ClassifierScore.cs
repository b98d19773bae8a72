using DistEmbed.Worker.Models;

namespace DistEmbed.Worker.Evaluation;

/// <summary>What a classifier got right.</summary>
/// <param name="LossSum">Sum of -ln p(label).</param>
/// <param name="Correct">Examples whose most probable label is right; of equal ones the first counts.</param>
/// <param name="Examples">Number of examples.</param>
public readonly record struct ClassifierScore(double LossSum, int Correct, int Examples)
{
    /// <summary>Scores the probabilities of a slice, [examples x labels].</summary>
    public static ClassifierScore Of(Slice slice, ReadOnlySpan<float> probabilities)
    {
        ReadOnlySpan<int> examples = slice.Examples.Span;
        if (examples.Length == 0)
            return default;
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

        return new ClassifierScore(loss, correct, examples.Length);
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
