namespace DistEmbed.Worker.Evaluation;

/// <summary>
/// Two classifiers on the same examples. What both get right or wrong says nothing about which is better, so the difference of their accuracies is known more
/// closely than either accuracy.
/// </summary>
/// <param name="Gained">Examples that only the second gets right.</param>
/// <param name="Lost">Examples that only the first gets right.</param>
/// <param name="Examples">Number of examples.</param>
public readonly record struct PairedComparison(int Gained, int Lost, int Examples)
{
    /// <summary>Accuracy of the second less that of the first.</summary>
    public double Difference => (double)(Gained - Lost) / Examples;

    /// <summary>Standard error of <see cref="Difference"/> over examples: that of a mean of values -1, 0 and 1.</summary>
    public double StandardError => Math.Sqrt(Gained + Lost - (double)(Gained - Lost) * (Gained - Lost) / Examples) / Examples;

    /// <summary>Compares what two classifiers got right.</summary>
    /// <exception cref="ArgumentException">The two were not run on equally many examples.</exception>
    public static PairedComparison Of(ReadOnlySpan<bool> first, ReadOnlySpan<bool> second)
    {
        if (first.Length != second.Length)
            throw new ArgumentException($"{first.Length} examples against {second.Length}", nameof(second));
        int gained = 0, lost = 0;
        for (int i = 0; i < first.Length; i++)
        {
            if (second[i] && !first[i])
                gained++;
            else if (first[i] && !second[i])
                lost++;
        }

        return new PairedComparison(gained, lost, first.Length);
    }
}
