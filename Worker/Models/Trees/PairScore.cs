using DistEmbed.Protocol.Measures;

namespace DistEmbed.Worker.Models.Trees;

/// <summary>Wanted distributions of scores, and what predicted ones are worth.</summary>
public static class PairScore
{
    /// <summary>Sums: pairs; predictions, scores; their squares and products; squared errors.</summary>
    public static MeasureSet Measures { get; } = new(["pearson", "mse"], 7, sums => [Pearson(sums), sums[0] > 0 ? sums[6] / sums[0] : 0]);

    /// <summary>The sparse distributions whose means are the scores (Tai et al. 2015, equation 21), [pairs x labels].</summary>
    /// <param name="scores">Distances from the lowest label.</param>
    /// <param name="labels">Number of labels.</param>
    public static float[] Targets(IReadOnlyList<float> scores, int labels)
    {
        var targets = new float[scores.Count * labels];
        for (int pair = 0; pair < scores.Count; pair++)
        {
            int below = Math.Min((int)scores[pair], labels - 2);
            float above = scores[pair] - below;
            targets[(pair * labels) + below] = 1 - above;
            targets[(pair * labels) + below + 1] = above;
        }

        return targets;
    }

    /// <summary>Scores predicted distributions.</summary>
    /// <param name="scores">Distances from the lowest label.</param>
    /// <param name="probabilities">[pairs x labels].</param>
    /// <param name="labels">Number of labels.</param>
    public static SliceScore Of(IReadOnlyList<float> scores, ReadOnlySpan<float> probabilities, int labels)
    {
        float[] targets = Targets(scores, labels);
        double loss = 0;
        var sums = new double[Measures.Sums];
        sums[0] = scores.Count;
        for (int pair = 0; pair < scores.Count; pair++)
        {
            double predicted = Expected(probabilities.Slice(pair * labels, labels)), wanted = scores[pair];
            for (int label = 0; label < labels; label++)
            {
                float probability = probabilities[(pair * labels) + label], target = targets[(pair * labels) + label];
                if (target > 0)
                    loss += target * (Math.Log(target) - Math.Log(Math.Max(probability, float.Epsilon)));
            }

            sums[1] += predicted;
            sums[2] += wanted;
            sums[3] += predicted * predicted;
            sums[4] += wanted * wanted;
            sums[5] += predicted * wanted;
            sums[6] += (predicted - wanted) * (predicted - wanted);
        }

        return new SliceScore(loss, scores.Count, sums);
    }

    /// <summary>The score that a predicted distribution stands for, its mean (Tai et al. 2015, equation 20): its distance from the lowest label.</summary>
    /// <param name="probabilities">The probability of each label.</param>
    public static double Expected(ReadOnlySpan<float> probabilities)
    {
        double score = 0;
        for (int label = 0; label < probabilities.Length; label++)
            score += (double)label * probabilities[label];
        return score;
    }

    /// <summary>Pearson's correlation; 0 where either side is constant.</summary>
    private static double Pearson(IReadOnlyList<double> sums)
    {
        double n = sums[0];
        if (n == 0)
            return 0;
        double covariance = sums[5] - (sums[1] * sums[2] / n), one = sums[3] - (sums[1] * sums[1] / n), other = sums[4] - (sums[2] * sums[2] / n);
        return one > 0 && other > 0 ? Math.Clamp(covariance / Math.Sqrt(one * other), -1, 1) : 0;
    }
}
