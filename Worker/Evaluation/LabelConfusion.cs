namespace DistEmbed.Worker.Evaluation;

/// <summary>How often examples of each label were given each label. Immutable.</summary>
public sealed class LabelConfusion
{
    private readonly int[][] _counts;
    private readonly int[] _right;
    private readonly int[] _support;
    private readonly int[] _predicted;

    private LabelConfusion(int[][] counts)
    {
        _counts = counts;
        _right = [.. counts.Select((row, label) => row[label])];
        _support = [.. counts.Select(row => row.Sum())];
        _predicted = [.. counts.Select((_, label) => counts.Sum(row => row[label]))];
        Examples = _support.Sum();
    }

    /// <summary>Counts by true label, then by predicted label.</summary>
    public IReadOnlyList<IReadOnlyList<int>> Counts => _counts;

    /// <summary>Number of examples.</summary>
    public int Examples { get; }

    /// <summary>Number of labels.</summary>
    public int Labels => _counts.Length;

    /// <summary>Examples whose label was predicted, by label.</summary>
    public ReadOnlySpan<int> Right => _right;

    /// <summary>Examples of each label.</summary>
    public ReadOnlySpan<int> Support => _support;

    /// <summary>Examples that each label was predicted for.</summary>
    public ReadOnlySpan<int> Predicted => _predicted;

    /// <summary>Counts labels.</summary>
    /// <param name="gold">True labels.</param>
    /// <param name="predicted">Predicted labels of the same examples.</param>
    /// <param name="labels">How many labels there are; each is below it.</param>
    /// <exception cref="ArgumentException">The two are not of equally many examples, or a label is none.</exception>
    public static LabelConfusion Of(ReadOnlySpan<int> gold, ReadOnlySpan<int> predicted, int labels)
    {
        if (gold.Length != predicted.Length)
            throw new ArgumentException($"{gold.Length} true labels against {predicted.Length} predicted", nameof(predicted));
        int[][] counts = [.. Enumerable.Range(0, labels).Select(_ => new int[labels])];
        for (int i = 0; i < gold.Length; i++)
        {
            if ((uint)gold[i] >= (uint)labels || (uint)predicted[i] >= (uint)labels)
                throw new ArgumentException($"example {i} has label {gold[i]}, predicted {predicted[i]}, of {labels}", nameof(gold));
            counts[gold[i]][predicted[i]]++;
        }

        return new LabelConfusion(counts);
    }

    /// <summary>Takes counts.</summary>
    /// <param name="counts">By true label, then by predicted label.</param>
    /// <exception cref="ArgumentException">They are no square, or one is negative.</exception>
    public static LabelConfusion Of(IReadOnlyList<IReadOnlyList<int>> counts)
    {
        if (counts.Any(row => row.Count != counts.Count || row.Any(count => count < 0)))
            throw new ArgumentException("the counts are no square of counts", nameof(counts));
        return new LabelConfusion([.. counts.Select(row => row.ToArray())]);
    }
}
