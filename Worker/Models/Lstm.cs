using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Vocabulary;

namespace DistEmbed.Worker.Models;

/// <summary>
/// The sequence LSTMs that Tai, Socher and Manning (ACL 2015, table 2) compare their trees with: the last state of one or two layers, of both directions their two
/// ends side by side, dropout, a linear layer, a softmax. A sentence without words has the state zero.
/// </summary>
public sealed class Lstm : IEmbeddingModel
{
    private const int FirstOfStack = 1;

    private readonly LstmSpec _spec;
    private readonly int _dimension;
    private readonly int _labels;
    private readonly LstmStack _stack;
    private readonly DistinctRows _distinct;
    private readonly int[][] _denseRows;
    private float[] _input = [];
    private float[] _inputGradient = [];
    private float[] _outputGradient = [];
    private float[] _features = [];
    private float[] _featureGradient = [];

    /// <summary>Creates the model.</summary>
    /// <param name="spec">Units, layers, directions, dropout.</param>
    /// <param name="vocabularyRows">Rows of the embedding, padding and unknown included.</param>
    /// <param name="dimension">Numbers a word vector.</param>
    /// <param name="labels">Number of labels, at least 2.</param>
    /// <param name="embeddingRange">Half width of the uniform distribution of the rows that were given no vector.</param>
    public Lstm(LstmSpec spec, int vocabularyRows, int dimension, int labels, float embeddingRange)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentOutOfRangeException.ThrowIfLessThan(vocabularyRows, WordVocabulary.FirstWordRow);
        ArgumentOutOfRangeException.ThrowIfLessThan(dimension, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(labels, 2);
        (_spec, _dimension, _labels) = (spec, dimension, labels);
        _stack = new LstmStack(dimension, spec.Hidden, spec.Layers, spec.Bidirectional, spec.Tied);
        var output = new RowInit.Uniform(1 / MathF.Sqrt(_stack.Width));
        _distinct = new DistinctRows(vocabularyRows);
        Tables =
        [
            new TableSpec("embedding", "embedding", vocabularyRows, dimension, new RowInit.Uniform(embeddingRange, WordVocabulary.FirstWordRow), Dense: false)
            {
                PaddingRow = WordVocabulary.PaddingRow,
            },
            .. _stack.Tables(),
            new TableSpec("output.weight", "output", labels, _stack.Width, output, Dense: true),
            new TableSpec("output.bias", "output", 1, labels, output, Dense: true),
        ];
        _denseRows = [.. Tables.Skip(1).Select(t => Enumerable.Range(0, t.Rows).ToArray())];
    }

    /// <summary>The tables: <c>embedding</c>, those of <see cref="LstmStack"/>, <c>output.weight</c> [labels x directions * hidden], <c>output.bias</c> [1 x labels].</summary>
    public IReadOnlyList<TableSpec> Tables { get; }

    private int OutputWeight => FirstOfStack + _stack.TableCount;

    private int OutputBias => OutputWeight + 1;

    /// <inheritdoc/>
    public PreparedSlice Prepare(Slice slice) => ClassifierSlice.Prepare(slice, _distinct, rows => [rows, .. _denseRows]);

    /// <inheritdoc/>
    public SliceLoss Train(PreparedSlice prepared, IReadOnlyList<float[]> values, IReadOnlyList<float[]?> gradients)
    {
        var slice = (ClassifierSlice)prepared;
        SentenceSteps steps = ComputeFeatures(slice, values);
        bool belowOutput = gradients.Take(OutputWeight).Any(g => g is not null);
        if (belowOutput && _featureGradient.Length < slice.Count * _stack.Width)
            _featureGradient = new float[slice.Count * _stack.Width];
        (double sum, int correct) = TorchSoftmax.Train(
            _features, DropoutMask.Draw(slice.Slice, _spec.Dropout, slice.Count * _stack.Width), slice.Labels(_labels), _stack.Width, (values[OutputWeight], _labels), values[OutputBias],
            slice.Slice.BatchSize, belowOutput ? _featureGradient : null, gradients[OutputWeight], gradients[OutputBias]);
        if (belowOutput)
            Backward(slice, steps, values, gradients);
        return new SliceLoss(sum, slice.Count, correct, slice.TokenCount, slice.Count);
    }

    /// <inheritdoc/>
    public float[] Predict(PreparedSlice prepared, IReadOnlyList<float[]> values)
    {
        var slice = (ClassifierSlice)prepared;
        ComputeFeatures(slice, values);
        return TorchSoftmax.Probabilities(_features, slice.Count, _stack.Width, (values[OutputWeight], _labels), values[OutputBias]);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // Nothing native lives between calls.
    }

    private SentenceSteps ComputeFeatures(ClassifierSlice slice, IReadOnlyList<float[]> values)
    {
        SentenceSteps steps = WordInput.Steps(slice);
        if (_input.Length < steps.Rows * _dimension)
            _input = new float[steps.Rows * _dimension];
        WordInput.Gather(slice, steps, values[0], _dimension, _input, _dimension);
        float[] output = _stack.Forward(steps, _input, values, FirstOfStack);
        if (_features.Length < slice.Count * _stack.Width)
            _features = new float[slice.Count * _stack.Width];
        for (int example = 0; example < slice.Count; example++)
        {
            for (int part = 0; part < _stack.Width; part += _spec.Hidden)
            {
                Span<float> feature = _features.AsSpan((example * _stack.Width) + part, _spec.Hidden);
                if (steps.Length(example) == 0)
                    feature.Clear();
                else
                    output.AsSpan(LastState(steps, example, part), _spec.Hidden).CopyTo(feature);
            }
        }

        return steps;
    }

    private void Backward(ClassifierSlice slice, SentenceSteps steps, IReadOnlyList<float[]> values, IReadOnlyList<float[]?> gradients)
    {
        if (_outputGradient.Length < steps.Rows * _stack.Width)
            _outputGradient = new float[steps.Rows * _stack.Width];
        _outputGradient.AsSpan(0, steps.Rows * _stack.Width).Clear();
        for (int example = 0; example < slice.Count; example++)
        {
            for (int part = 0; part < _stack.Width && steps.Length(example) > 0; part += _spec.Hidden)
                _featureGradient.AsSpan((example * _stack.Width) + part, _spec.Hidden).CopyTo(_outputGradient.AsSpan(LastState(steps, example, part)));
        }

        float[]? inputGradient = null;
        if (gradients[0] is not null)
        {
            if (_inputGradient.Length < steps.Rows * _dimension)
                _inputGradient = new float[steps.Rows * _dimension];
            inputGradient = _inputGradient;
            inputGradient.AsSpan(0, steps.Rows * _dimension).Clear();
        }

        _stack.Backward(steps, _input, values, FirstOfStack, _outputGradient, gradients, inputGradient);
        if (gradients[0] is { } embedding)
            WordInput.Spread(slice, steps, inputGradient!, _dimension, embedding, _dimension);
    }

    /// <summary>Where the state begins with which a direction left a sentence: forward at its last word, backward at its first.</summary>
    private int LastState(SentenceSteps steps, int example, int part) =>
        (steps.RowOf(example, part == 0 ? steps.Length(example) - 1 : 0) * _stack.Width) + part;
}
