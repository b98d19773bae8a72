namespace DistEmbed.Worker.Corpus;

/// <summary>
/// Encoded examples in flat arrays: token ids one after the other, and where each example starts. An example is a labelled sentence, or an unlabelled
/// one for cbow and skip-gram (label -1). What else its data knows of it (a parse tree, a tag at each token) are its annotations: numbers whose meaning is that
/// of the data's form.
/// </summary>
public sealed class ExampleSet
{
    private readonly int[] _starts;
    private readonly int[] _tokens;
    private readonly int[] _labels;
    private readonly int[] _annotationStarts;
    private readonly int[] _annotations;

    /// <summary>Takes ownership of the arrays.</summary>
    /// <param name="starts">Start of each example in <paramref name="tokens"/>, and the end of the last: one longer than there are examples.</param>
    /// <param name="tokens">Row ids of the embedding.</param>
    /// <param name="labels">Index into the labels, or -1.</param>
    public ExampleSet(int[] starts, int[] tokens, int[] labels)
        : this(starts, tokens, labels, [], [])
    {
    }

    /// <summary>Takes ownership of the arrays, with annotations.</summary>
    /// <param name="starts">Start of each example in <paramref name="tokens"/>, and the end of the last: one longer than there are examples.</param>
    /// <param name="tokens">Row ids of the embedding.</param>
    /// <param name="labels">Index into the labels, or -1.</param>
    /// <param name="annotationStarts">Start of each example in <paramref name="annotations"/>, and the end of the last; empty: no example has any.</param>
    /// <param name="annotations">The annotations.</param>
    public ExampleSet(int[] starts, int[] tokens, int[] labels, int[] annotationStarts, int[] annotations)
    {
        if (starts.Length != labels.Length + 1 || starts[^1] != tokens.Length)
            throw new ArgumentException("starts must be one longer than labels and end at the number of tokens", nameof(starts));
        if (annotationStarts.Length == 0 ? annotations.Length > 0 : annotationStarts.Length != starts.Length || annotationStarts[^1] != annotations.Length)
            throw new ArgumentException("annotation starts must be one longer than labels and end at the number of annotations", nameof(annotationStarts));
        (_starts, _tokens, _labels, _annotationStarts, _annotations) = (starts, tokens, labels, annotationStarts, annotations);
    }

    /// <summary>Number of examples.</summary>
    public int Count => _labels.Length;

    /// <summary>Lines for the user about what was changed and left out where the examples are those of one more file; else empty.</summary>
    public IReadOnlyList<string> Notes { get; internal set; } = [];

    /// <summary>Number of tokens of all examples.</summary>
    public int TokenCount => _tokens.Length;

    /// <summary>Whether examples have annotations.</summary>
    public bool IsAnnotated => _annotationStarts.Length > 0;

    /// <summary>Number of annotations of all examples.</summary>
    public int AnnotationCount => _annotations.Length;

    /// <summary>Annotations of all examples, one after the other.</summary>
    internal ReadOnlySpan<int> AllAnnotations => _annotations;

    /// <summary>Token ids of all examples, one after the other.</summary>
    internal ReadOnlySpan<int> AllTokens => _tokens;

    /// <summary>Token ids of an example.</summary>
    public ReadOnlySpan<int> Tokens(int example) => _tokens.AsSpan(_starts[example], _starts[example + 1] - _starts[example]);

    /// <summary>Annotations of an example; none where <see cref="IsAnnotated"/> is false.</summary>
    public ReadOnlySpan<int> Annotations(int example) =>
        IsAnnotated ? _annotations.AsSpan(_annotationStarts[example], _annotationStarts[example + 1] - _annotationStarts[example]) : [];

    /// <summary>Label of an example, -1 for none.</summary>
    public int Label(int example) => _labels[example];
}
