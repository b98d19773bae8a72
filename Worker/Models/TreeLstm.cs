using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Worker.Models.Trees;

namespace DistEmbed.Worker.Models;

/// <summary>
/// Tree-LSTM with a label at every node (Tai, Socher and Manning, ACL 2015, sections 3 and 4.1): dropout, a linear layer and a softmax on each labelled node's state. As in their code the
/// loss is the sum over the nodes divided by the number of sentences, which decides how far a step moves the words. A prediction is the root's.
/// <para>
/// Nodes may have symbols beside the labels, such as neutral where sentences are negative or positive: outcomes of the softmax that are learnt at nodes and left out of predictions, as in
/// their code.
/// </para>
/// </summary>
public sealed class TreeLstm : IEmbeddingModel
{
    private readonly TreeLstmSpec _spec;
    private readonly int _labels;
    private readonly int _outcomes;
    private readonly TreeComposer _composer;
    private readonly DistinctRows _distinct;
    private readonly int[][] _denseRows;
    private float[] _features = [];
    private float[] _featureGradient = [];

    /// <summary>Creates the model.</summary>
    /// <param name="spec">Composition, sizes, dropout.</param>
    /// <param name="vocabularyRows">Rows of the embedding, padding and unknown included.</param>
    /// <param name="dimension">Numbers a word vector.</param>
    /// <param name="labels">Number of labels, at least 2.</param>
    /// <param name="symbols">What nodes may have beside the labels.</param>
    /// <param name="embeddingRange">Half width of the uniform distribution of the rows that were given no vector.</param>
    public TreeLstm(TreeLstmSpec spec, int vocabularyRows, int dimension, int labels, int symbols, float embeddingRange)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentOutOfRangeException.ThrowIfLessThan(vocabularyRows, WordVocabulary.FirstWordRow);
        ArgumentOutOfRangeException.ThrowIfLessThan(dimension, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(labels, 2);
        ArgumentOutOfRangeException.ThrowIfNegative(symbols);
        ArgumentOutOfRangeException.ThrowIfLessThan(spec.Hidden, 1);
        if (!(spec.Dropout is >= 0 and < 1))
            throw new ArgumentOutOfRangeException(nameof(spec), spec.Dropout, "dropout is a probability below 1");
        (_spec, _labels, _outcomes) = (spec, labels, labels + symbols);
        _composer = spec.Composition == TreeComposition.Binary ? new BinaryComposer(dimension, spec.Hidden) : new ChildSumComposer(dimension, spec.Hidden, outputGate: true);
        RowInit output = new RowInit.Uniform(1 / MathF.Sqrt(spec.Hidden));
        _distinct = new DistinctRows(vocabularyRows);
        Tables =
        [
            new TableSpec("embedding", "embedding", vocabularyRows, dimension, new RowInit.Uniform(embeddingRange, WordVocabulary.FirstWordRow), Dense: false) { PaddingRow = WordVocabulary.PaddingRow },
            .. _composer.Tables,
            new TableSpec("output.weight", "output", _outcomes, spec.Hidden, output, Dense: true),
            new TableSpec("output.bias", "output", 1, _outcomes, output, Dense: true),
        ];
        _denseRows = [.. Tables.Skip(1).Select(t => Enumerable.Range(0, t.Rows).ToArray())];
    }

    /// <summary>The tables: <c>embedding</c>, those of the composition, <c>output.weight</c> [labels and symbols x hidden], <c>output.bias</c>.</summary>
    public IReadOnlyList<TableSpec> Tables { get; }

    private int OutputWeight => Tables.Count - 2;

    private int OutputBias => Tables.Count - 1;

    /// <inheritdoc/>
    public PreparedSlice Prepare(Slice slice) => TreeSlice.OfTrees(slice, _distinct, _outcomes, _composer, _denseRows);

    /// <inheritdoc/>
    public SliceLoss Train(PreparedSlice prepared, IReadOnlyList<float[]> values, IReadOnlyList<float[]?> gradients)
    {
        var slice = (TreeSlice)prepared;
        if (slice.Trees.Count == 0)
        {
            for (int table = 1; table < Tables.Count; table++)
                gradients[table]?.AsSpan(0, Tables[table].Rows * Tables[table].Dimension).Clear();
            return default;
        }

        _composer.Forward(slice.Levels, values);
        (int[] states, long[] labels) = LabelledNodes(slice);
        Gather(states);
        bool belowOutput = gradients.Take(OutputWeight).Any(g => g is not null);
        if (belowOutput && _featureGradient.Length < _features.Length)
            _featureGradient = new float[_features.Length];
        (double sum, int correct) = TorchSoftmax.Train(
            _features, DropoutMask.Draw(slice.Slice, _spec.Dropout, states.Length * _spec.Hidden), labels, _spec.Hidden, (values[OutputWeight], _outcomes), values[OutputBias], slice.Slice.BatchSize,
            belowOutput ? _featureGradient : null, gradients[OutputWeight], gradients[OutputBias], judged: (slice.Trees.Count, _labels));
        if (belowOutput)
        {
            for (int i = 0; i < states.Length; i++)
                RowMath.AddScaled(_composer.StateGradient.Slice(states[i] * _composer.Width, _spec.Hidden), _featureGradient.AsSpan(i * _spec.Hidden, _spec.Hidden), 1);
            _composer.Backward(slice.Levels, values, gradients);
        }

        return new SliceLoss(sum, labels.Length, correct, slice.TokenCount, slice.Trees.Count);
    }

    /// <inheritdoc/>
    public float[] Predict(PreparedSlice prepared, IReadOnlyList<float[]> values)
    {
        var slice = (TreeSlice)prepared;
        if (slice.Trees.Count == 0)
            return [];
        _composer.Forward(slice.Levels, values);
        Gather([.. Enumerable.Range(0, slice.Trees.Count).Select(slice.RootState)]);
        return TorchSoftmax.Probabilities(_features, slice.Trees.Count, _spec.Hidden, (values[OutputWeight], _labels), values[OutputBias]);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // Nothing native lives between calls.
    }

    /// <summary>The states and labels of the labelled nodes: the roots, then all others in the order of trees and nodes.</summary>
    private (int[] States, long[] Labels) LabelledNodes(TreeSlice slice)
    {
        var states = new List<int>(slice.Levels.States);
        var labels = new List<long>(slice.Levels.States);
        for (int tree = 0; tree < slice.Trees.Count; tree++)
        {
            int label = slice.Trees[tree].Label(slice.Trees[tree].Root);
            if (label < 0 || label >= _labels)
                throw new InvalidOperationException($"example {slice.Slice.Examples.Span[tree]} has the label {label} at its root, but the model has {_labels} labels");
            states.Add(slice.RootState(tree));
            labels.Add(label);
        }

        for (int tree = 0; tree < slice.Trees.Count; tree++)
        {
            for (int node = 0; node < slice.Trees[tree].Nodes; node++)
            {
                if (slice.Trees[tree].Label(node) < 0 || slice.Trees[tree].Parent(node) < 0)
                    continue;
                states.Add(slice.Levels.StateOf(tree, node));
                labels.Add(slice.Trees[tree].Label(node));
            }
        }

        return ([.. states], [.. labels]);
    }

    private void Gather(int[] states)
    {
        if (_features.Length < states.Length * _spec.Hidden)
            _features = new float[states.Length * _spec.Hidden];
        for (int i = 0; i < states.Length; i++)
            _composer.States.Slice(states[i] * _composer.Width, _spec.Hidden).CopyTo(_features.AsSpan(i * _spec.Hidden));
    }
}
