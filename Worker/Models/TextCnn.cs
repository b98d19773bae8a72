using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Vocabulary;
using static TorchSharp.torch;

namespace DistEmbed.Worker.Models;

/// <summary>
/// Kim's sentence CNN (EMNLP 2014, section 2): windows of several widths over the word vectors, maximum over time, dropout, a linear layer, a softmax.
/// <para>
/// A sentence stands between max(widths) - 1 rows of padding on either side, and no more: what it is next to in a batch has no part in its features, where
/// the paper's code pads to the longest sentence of the data. Dropout scales while training (inverted), where the paper scales the weights of the test: the
/// same expectation.
/// </para>
/// </summary>
public sealed class TextCnn : IEmbeddingModel
{
    // Adadelta learns from here as well as from a start by fan-in: SST-2, 100 GloVe numbers a word, 3 seeds of each of the four variants, mean accuracy on dev 80.0
    // for both.
    private const float KimFilterRange = 0.01f;

    private readonly TextCnnSpec _spec;
    private readonly int _vocabularyRows;
    private readonly DistinctRows _distinct;
    private readonly int _dimension;
    private readonly int _labels;
    private readonly int _channels;
    private readonly int _width;
    private readonly TextCnnConvolution[] _convolutions;
    private readonly int[][] _denseRows;
    private float[] _features = [];
    private float[] _featureGradient = [];

    /// <summary>Creates the model.</summary>
    /// <param name="spec">Widths, maps, dropout, channels.</param>
    /// <param name="vocabularyRows">Rows of the embedding, padding and unknown included.</param>
    /// <param name="dimension">Numbers a word vector.</param>
    /// <param name="labels">Number of labels, at least 2.</param>
    /// <param name="embeddingRange">Half width of the uniform distribution of the rows that were given no vector.</param>
    public TextCnn(TextCnnSpec spec, int vocabularyRows, int dimension, int labels, float embeddingRange)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentOutOfRangeException.ThrowIfLessThan(vocabularyRows, WordVocabulary.FirstWordRow);
        ArgumentOutOfRangeException.ThrowIfLessThan(dimension, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(labels, 2);
        ArgumentOutOfRangeException.ThrowIfLessThan(spec.Maps, 1);
        if (!(spec.Dropout is >= 0 and < 1))
            throw new ArgumentOutOfRangeException(nameof(spec), spec.Dropout, "dropout is a probability below 1");
        if (spec.Windows.Count == 0 || spec.Windows.Min() < 1 || spec.Windows.Distinct().Count() != spec.Windows.Count)
            throw new ArgumentOutOfRangeException(nameof(spec), string.Join(", ", spec.Windows), "window widths are different numbers of at least 1");

        (_spec, _vocabularyRows, _dimension, _labels) = (spec, vocabularyRows, dimension, labels);
        _distinct = new DistinctRows(vocabularyRows);
        _channels = spec.Channels == ChannelMode.Multichannel ? 2 : 1;
        _width = spec.Windows.Count * spec.Maps;
        int widest = spec.Windows.Max();
        _convolutions = [.. spec.Windows.Select(w => new TextCnnConvolution(w, spec.Maps, dimension, _channels, paddingAlone: w < widest))];
        Tables = CreateTables(embeddingRange);
        _denseRows = [.. Tables.Skip(_channels).Select(t => Enumerable.Range(0, t.Rows).ToArray())];
    }

    /// <summary>
    /// The tables: <c>embedding</c> (for two channels <c>embedding.static</c> before it), <c>convH.weight</c> [maps x H * channels * dimension: position in
    /// the window, then channel, then number; static before tuned] and <c>convH.bias</c> [1 x maps] for each width H, <c>output.weight</c>
    /// [labels x widths * maps], <c>output.bias</c> [1 x labels].
    /// </summary>
    public IReadOnlyList<TableSpec> Tables { get; }

    private int OutputWeight => _channels + (2 * _convolutions.Length);

    private int OutputBias => OutputWeight + 1;

    /// <inheritdoc/>
    public PreparedSlice Prepare(Slice slice) =>
        ClassifierSlice.Prepare(slice, _distinct, rows => [.. Enumerable.Repeat(rows, _channels), .. _denseRows]);

    /// <inheritdoc/>
    public SliceLoss Train(PreparedSlice prepared, IReadOnlyList<float[]> values, IReadOnlyList<float[]?> gradients)
    {
        var slice = (ClassifierSlice)prepared;
        ComputeFeatures(slice, values);

        bool belowOutput = gradients.Take(OutputWeight).Any(g => g is not null);
        if (belowOutput && _featureGradient.Length < slice.Count * _width)
            _featureGradient = new float[slice.Count * _width];
        (double sum, int correct) = TorchSoftmax.Train(
            _features, DropoutMask.Draw(slice.Slice, _spec.Dropout, slice.Count * _width), slice.Labels(_labels), _width, (values[OutputWeight], _labels), values[OutputBias], slice.Slice.BatchSize,
            belowOutput ? _featureGradient : null, gradients[OutputWeight], gradients[OutputBias]);

        if (belowOutput)
        {
            float[][] vectors = [.. values.Take(_channels)];
            float[]?[] vectorGradients = [.. gradients.Take(_channels)];
            foreach (float[]? gradient in vectorGradients)
                gradient?.AsSpan(0, slice.Touched * _dimension).Clear();
            for (int i = 0; i < _convolutions.Length; i++)
            {
                int table = _channels + (2 * i);
                _convolutions[i].Backward(
                    slice, _features, _featureGradient, i * _spec.Maps, _width, vectors, values[table], vectorGradients, gradients[table], gradients[table + 1]);
            }
        }

        return new SliceLoss(sum, slice.Count, correct, slice.TokenCount, slice.Count);
    }

    /// <inheritdoc/>
    public float[] Predict(PreparedSlice prepared, IReadOnlyList<float[]> values)
    {
        var slice = (ClassifierSlice)prepared;
        ComputeFeatures(slice, values);
        return TorchSoftmax.Probabilities(_features, slice.Count, _width, (values[OutputWeight], _labels), values[OutputBias]);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // Nothing native lives between calls.
    }

    private void ComputeFeatures(ClassifierSlice slice, IReadOnlyList<float[]> values)
    {
        if (_features.Length < slice.Count * _width)
            _features = new float[slice.Count * _width];
        using var scope = NewDisposeScope();
        Tensor vectors = SideBySide(slice, values);
        for (int i = 0; i < _convolutions.Length; i++)
        {
            int table = _channels + (2 * i);
            _convolutions[i].Forward(slice, vectors, values[table], values[table + 1], _features, i * _spec.Maps, _width);
        }
    }

    /// <summary>The word vectors with a word's channels side by side, and a last row of zeros: the padding.</summary>
    private Tensor SideBySide(ClassifierSlice slice, IReadOnlyList<float[]> values)
    {
        int size = _channels * _dimension;
        Tensor matrix = empty(slice.Touched + 1, size, dtype: float32);
        Span<float> to = TorchSoftmax.Floats(matrix);
        for (int row = 0; row < slice.Touched; row++)
        {
            for (int channel = 0; channel < _channels; channel++)
                values[channel].AsSpan(row * _dimension, _dimension).CopyTo(to[((row * size) + (channel * _dimension))..]);
        }

        to[(slice.Touched * size)..].Clear();
        return matrix;
    }

    private List<TableSpec> CreateTables(float embeddingRange)
    {
        var tables = new List<TableSpec>();
        bool two = _spec.Channels == ChannelMode.Multichannel;
        var random = new RowInit.Uniform(embeddingRange, WordVocabulary.FirstWordRow);
        if (two)
            tables.Add(Embedding("embedding.static", random) with { AlwaysFrozen = true });
        tables.Add(Embedding("embedding", two ? new RowInit.CopyOf("embedding.static") : random) with { AlwaysFrozen = _spec.Channels == ChannelMode.Static });
        for (int i = 0; i < _convolutions.Length; i++)
        {
            string group = $"conv{_spec.Windows[i]}";
            int read = _convolutions[i].FilterSize;
            tables.Add(new TableSpec($"{group}.weight", group, _spec.Maps, read, Start(read, new RowInit.Uniform(KimFilterRange)), Dense: true));
            tables.Add(new TableSpec($"{group}.bias", group, 1, _spec.Maps, Start(read, new RowInit.Zero()), Dense: true));
        }

        RowInit output = Start(_width, new RowInit.Zero());
        tables.Add(new TableSpec("output.weight", "output", _labels, _width, output, Dense: true) { MaxNorm = _spec.MaxNorm });
        tables.Add(new TableSpec("output.bias", "output", 1, _labels, output, Dense: true));
        return tables;

        RowInit Start(int read, RowInit kim) => _spec.Initialization == DenseStart.Kim ? kim : new RowInit.Uniform(1 / MathF.Sqrt(read));

        TableSpec Embedding(string name, RowInit init) =>
            new(name, name, _vocabularyRows, _dimension, init, Dense: false) { PaddingRow = WordVocabulary.PaddingRow };
    }
}
