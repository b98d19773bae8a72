namespace DistEmbed.Worker.Corpus;

/// <summary>
/// Encoded examples in two flat arrays: token ids one after the other, and where each example starts. An example is a labelled sentence, or an unlabelled
/// one for cbow and skip-gram (label -1).
/// </summary>
public sealed class ExampleSet
{
    private readonly int[] _starts;
    private readonly int[] _tokens;
    private readonly int[] _labels;

    /// <summary>Takes ownership of the arrays.</summary>
    /// <param name="starts">Start of each example in <paramref name="tokens"/>, and the end of the last: one longer than there are examples.</param>
    /// <param name="tokens">Row ids of the embedding.</param>
    /// <param name="labels">Index into the labels, or -1.</param>
    public ExampleSet(int[] starts, int[] tokens, int[] labels)
    {
        if (starts.Length != labels.Length + 1 || starts[^1] != tokens.Length)
            throw new ArgumentException("starts must be one longer than labels and end at the number of tokens", nameof(starts));
        (_starts, _tokens, _labels) = (starts, tokens, labels);
    }

    /// <summary>Number of examples.</summary>
    public int Count => _labels.Length;

    /// <summary>Number of tokens of all examples.</summary>
    public int TokenCount => _tokens.Length;

    /// <summary>Token ids of all examples, one after the other.</summary>
    internal ReadOnlySpan<int> AllTokens => _tokens;

    /// <summary>Token ids of an example.</summary>
    public ReadOnlySpan<int> Tokens(int example) => _tokens.AsSpan(_starts[example], _starts[example + 1] - _starts[example]);

    /// <summary>Label of an example, -1 for none.</summary>
    public int Label(int example) => _labels[example];
}
