using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Vocabulary;

namespace DistEmbed.Worker.Models;

/// <summary>
/// fastText's classifier (Joulin et al., EACL 2017, section 2): the mean of a sentence's word vectors, a linear layer, a softmax. The gradient of a word vector
/// is the true one of the mean, divided by the length as fastText does. A sentence without words has the mean zero.
/// </summary>
public sealed class Bag : IEmbeddingModel
{
    private const int Embedding = 0;
    private const int OutputWeight = 1;
    private const int OutputBias = 2;

    private readonly int _dimension;
    private readonly int _labels;
    private readonly DistinctRows _distinct;
    private readonly int[] _weightRows;
    private readonly int[] _biasRows = [0];
    private float[] _means = [];
    private float[] _meanGradient = [];

    /// <summary>Creates the model.</summary>
    /// <param name="spec">Names the model; it has no settings.</param>
    /// <param name="vocabularyRows">Rows of the embedding, padding and unknown included.</param>
    /// <param name="dimension">Numbers a word vector.</param>
    /// <param name="labels">Number of labels, at least 2.</param>
    /// <param name="embeddingRange">Half width of the uniform distribution of the rows that were given no vector.</param>
    public Bag(BagSpec spec, int vocabularyRows, int dimension, int labels, float embeddingRange)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentOutOfRangeException.ThrowIfLessThan(vocabularyRows, WordVocabulary.FirstWordRow);
        ArgumentOutOfRangeException.ThrowIfLessThan(dimension, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(labels, 2);
        (_dimension, _labels) = (dimension, labels);
        _weightRows = [.. Enumerable.Range(0, labels)];
        _distinct = new DistinctRows(vocabularyRows);
        Tables =
        [
            new TableSpec("embedding", "embedding", vocabularyRows, dimension, new RowInit.Uniform(embeddingRange, WordVocabulary.FirstWordRow), Dense: false)
            {
                PaddingRow = WordVocabulary.PaddingRow,
            },
            new TableSpec("output.weight", "output", labels, dimension, new RowInit.Zero(), Dense: true),
            new TableSpec("output.bias", "output", 1, labels, new RowInit.Zero(), Dense: true),
        ];
    }

    /// <inheritdoc/>
    public IReadOnlyList<TableSpec> Tables { get; }

    /// <inheritdoc/>
    public PreparedSlice Prepare(Slice slice) => ClassifierSlice.Prepare(slice, _distinct, rows => [rows, _weightRows, _biasRows]);

    /// <inheritdoc/>
    public SliceLoss Train(PreparedSlice prepared, IReadOnlyList<float[]> values, IReadOnlyList<float[]?> gradients)
    {
        var slice = (ClassifierSlice)prepared;
        float[]? embedding = gradients[Embedding];
        Average(slice, values[Embedding]);
        if (embedding is not null && _meanGradient.Length < slice.Count * _dimension)
            _meanGradient = new float[slice.Count * _dimension];
        (double sum, int correct) = TorchSoftmax.Train(
            _means, mask: null, slice.Labels(_labels), _dimension, (values[OutputWeight], _labels), values[OutputBias], slice.Slice.BatchSize,
            embedding is null ? null : _meanGradient, gradients[OutputWeight], gradients[OutputBias]);
        if (embedding is not null)
            Spread(slice, embedding);
        return new SliceLoss(sum, slice.Count, correct, slice.TokenCount, slice.Count);
    }

    /// <inheritdoc/>
    public float[] Predict(PreparedSlice prepared, IReadOnlyList<float[]> values)
    {
        var slice = (ClassifierSlice)prepared;
        Average(slice, values[Embedding]);
        return TorchSoftmax.Probabilities(_means, slice.Count, _dimension, (values[OutputWeight], _labels), values[OutputBias]);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // Nothing native lives between calls.
    }

    private void Average(ClassifierSlice slice, float[] vectors)
    {
        if (_means.Length < slice.Count * _dimension)
            _means = new float[slice.Count * _dimension];
        for (int example = 0; example < slice.Count; example++)
        {
            Span<float> mean = _means.AsSpan(example * _dimension, _dimension);
            mean.Clear();
            float share = Share(slice, example);
            foreach (int position in slice.Tokens(example))
            {
                if (position != slice.Touched)
                    RowMath.AddScaled(mean, vectors.AsSpan(position * _dimension, _dimension), share);
            }
        }
    }

    private void Spread(ClassifierSlice slice, float[] gradient)
    {
        gradient.AsSpan(0, slice.Touched * _dimension).Clear();
        for (int example = 0; example < slice.Count; example++)
        {
            ReadOnlySpan<float> mean = _meanGradient.AsSpan(example * _dimension, _dimension);
            float share = Share(slice, example);
            foreach (int position in slice.Tokens(example))
            {
                if (position != slice.Touched)
                    RowMath.AddScaled(gradient.AsSpan(position * _dimension, _dimension), mean, share);
            }
        }
    }

    /// <summary>What a word counts for in its sentence's mean.</summary>
    private static float Share(ClassifierSlice slice, int example)
    {
        int words = 0;
        foreach (int position in slice.Tokens(example))
        {
            if (position != slice.Touched)
                words++;
        }

        return words == 0 ? 0 : 1f / words;
    }
}
