using DistEmbed.Protocol.Randomness;

namespace DistEmbed.Worker.Evaluation;

/// <summary>
/// The interval of a macro F1 by the percentile bootstrap (Efron 1979; Efron and Tibshirani 1993, chapter 13): examples are drawn with replacement, as many as there are, and
/// measured again, a thousand times; the interval holds the middle 95 % of what comes out. Draws are a function of the counts alone, so that the same counts have the
/// same interval on every machine. A label that a draw has neither as true nor as predicted is left out of that draw's mean, as it would be of the part's.
/// </summary>
public static class MacroF1Bootstrap
{
    /// <summary>How often examples are drawn anew.</summary>
    public const int Resamples = 1000;

    private const ulong Seed = 1;

    /// <summary>The interval; its time is that of <see cref="Resamples"/> passes over the examples.</summary>
    /// <param name="confusion">Counts of at least one example.</param>
    public static ConfidenceInterval Interval(LabelConfusion confusion)
    {
        (int Gold, int Predicted)[] examples = new (int, int)[confusion.Examples];
        int filled = 0;
        for (int gold = 0; gold < confusion.Labels; gold++)
        {
            for (int predicted = 0; predicted < confusion.Labels; predicted++)
            {
                examples.AsSpan(filled, confusion.Counts[gold][predicted]).Fill((gold, predicted));
                filled += confusion.Counts[gold][predicted];
            }
        }

        var drawn = new double[Resamples];
        int[] right = new int[confusion.Labels], support = new int[confusion.Labels], predictions = new int[confusion.Labels];
        for (int resample = 0; resample < Resamples; resample++)
        {
            Array.Clear(right);
            Array.Clear(support);
            Array.Clear(predictions);
            var random = new CounterRandom(Seed, RandomPurpose.Bootstrap, resample);
            for (int i = 0; i < examples.Length; i++)
            {
                (int gold, int predicted) = examples[random.NextInt(examples.Length)];
                support[gold]++;
                predictions[predicted]++;
                if (gold == predicted)
                    right[gold]++;
            }

            drawn[resample] = ClassifierMeasures.MacroF1Of(right, support, predictions);
        }

        Array.Sort(drawn);
        const double Tail = (1 - ConfidenceInterval.Confidence) / 2;
        return new ConfidenceInterval(Quantile(drawn, Tail), Quantile(drawn, 1 - Tail));
    }

    /// <summary>Between two values on a straight line (type 7 of Hyndman and Fan 1996).</summary>
    private static double Quantile(double[] sorted, double share)
    {
        double place = share * (sorted.Length - 1);
        int below = (int)place;
        double next = sorted[Math.Min(below + 1, sorted.Length - 1)];
        return sorted[below] + (place - below) * (next - sorted[below]);
    }
}
