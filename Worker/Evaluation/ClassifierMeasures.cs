namespace DistEmbed.Worker.Evaluation;

/// <summary>
/// What a classifier that gives each example one label does on some examples. Each measure is what scikit-learn's function of that name gives with
/// <c>zero_division=0</c> and no list of labels.
/// </summary>
public sealed class ClassifierMeasures
{
    private ClassifierMeasures(LabelConfusion confusion)
    {
        Confusion = confusion;
        ByClass = [.. Enumerable.Range(0, confusion.Labels).Select(label => new ClassScore(confusion.Right[label], confusion.Support[label], confusion.Predicted[label]))];
        int right = ByClass.Sum(c => c.Right);
        Accuracy = (double)right / confusion.Examples;
        AccuracyInterval = ConfidenceInterval.Wilson(right, confusion.Examples);
        Counted = ByClass.Count(c => c.F1 is not null);
        MacroF1 = MacroF1Of(confusion.Right, confusion.Support, confusion.Predicted);
        MacroF1Interval = MacroF1Bootstrap.Interval(confusion);
        WeightedF1 = ByClass.Sum(c => c.Support * (c.F1 ?? 0)) / confusion.Examples;
    }

    /// <summary>Which labels were taken for which.</summary>
    public LabelConfusion Confusion { get; }

    /// <summary>The labels one by one.</summary>
    public IReadOnlyList<ClassScore> ByClass { get; }

    /// <summary>Share of the examples that were given their label.</summary>
    public double Accuracy { get; }

    /// <summary>Where the accuracy on all examples of this kind may lie: <see cref="ConfidenceInterval.Wilson"/>.</summary>
    public ConfidenceInterval AccuracyInterval { get; }

    /// <summary>
    /// Mean of the labels' F1, each counted the same however many examples it has. A label that no example has and that was given to none is left out; one that has
    /// examples and was given to none, or has none and was given to some, counts with 0.
    /// </summary>
    public double MacroF1 { get; }

    /// <summary>How many labels <see cref="MacroF1"/> is the mean over.</summary>
    public int Counted { get; }

    /// <summary>Where the macro F1 on all examples of this kind may lie: <see cref="MacroF1Bootstrap"/>.</summary>
    public ConfidenceInterval MacroF1Interval { get; }

    /// <summary>
    /// F1 of right, support and predicted summed over the labels. Where each example has one label and is given one, the three sums make it the accuracy.
    /// </summary>
    public double MicroF1 => Accuracy;

    /// <summary>Mean of the labels' F1, each counted by its examples.</summary>
    public double WeightedF1 { get; }

    /// <summary>Measures what was counted.</summary>
    /// <exception cref="ArgumentException">There is no example.</exception>
    public static ClassifierMeasures Of(LabelConfusion confusion) =>
        confusion.Examples > 0 ? new ClassifierMeasures(confusion) : throw new ArgumentException("there is no example", nameof(confusion));

    /// <summary>Macro F1 of sums by label; there is at least one example.</summary>
    internal static double MacroF1Of(ReadOnlySpan<int> right, ReadOnlySpan<int> support, ReadOnlySpan<int> predicted)
    {
        double sum = 0;
        int counted = 0;
        for (int label = 0; label < right.Length; label++)
        {
            if (new ClassScore(right[label], support[label], predicted[label]).F1 is not { } f1)
                continue;
            sum += f1;
            counted++;
        }

        return sum / counted;
    }
}
