using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Measures;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Worker.Models.Trees;

namespace DistEmbed.Worker.Models;

/// <summary>
/// How related two sentences are (Tai, Socher and Manning, ACL 2015, section 4.2): a child-sum Tree-LSTM over both dependency trees with shared weights; of the roots' states
/// <c>h_s = s(W [h_L * h_R; |h_L - h_R|] + b)</c>, a softmax over the whole scores, and as prediction their mean. The loss is the Kullback-Leibler divergence of that distribution
/// from the one with the wanted mean on the two scores around it.
/// </summary>
public sealed class TreeLstmPairs : IEmbeddingModel
{
    private readonly TreeLstmPairsSpec _spec;
    private readonly int _labels;
    private readonly ChildSumComposer _composer;
    private readonly PairSimilarity _similarity;
    private readonly DistinctRows _distinct;
    private readonly int[][] _denseRows;
    private float[] _features = [];
    private float[] _featureGradient = [];

    /// <summary>Creates the model.</summary>
    /// <param name="spec">Sizes.</param>
    /// <param name="vocabularyRows">Rows of the embedding, padding and unknown included.</param>
    /// <param name="dimension">Numbers a word vector.</param>
    /// <param name="labels">Number of whole scores, at least 2.</param>
    /// <param name="embeddingRange">Half width of the uniform distribution of the rows that were given no vector.</param>
    public TreeLstmPairs(TreeLstmPairsSpec spec, int vocabularyRows, int dimension, int labels, float embeddingRange)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentOutOfRangeException.ThrowIfLessThan(vocabularyRows, WordVocabulary.FirstWordRow);
        ArgumentOutOfRangeException.ThrowIfLessThan(dimension, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(labels, 2);
        ArgumentOutOfRangeException.ThrowIfLessThan(spec.Hidden, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(spec.SimilarityHidden, 1);
        (_spec, _labels) = (spec, labels);
        _composer = new ChildSumComposer(dimension, spec.Hidden, spec.OutputGate);
        _similarity = new PairSimilarity(2 * spec.Hidden, spec.SimilarityHidden, labels);
        _distinct = new DistinctRows(vocabularyRows);
        Tables =
        [
            new TableSpec("embedding", "embedding", vocabularyRows, dimension, new RowInit.Uniform(embeddingRange, WordVocabulary.FirstWordRow), Dense: false) { PaddingRow = WordVocabulary.PaddingRow },
            .. _composer.Tables,
            .. _similarity.Tables,
        ];
        _denseRows = [.. Tables.Skip(1).Select(t => Enumerable.Range(0, t.Rows).ToArray())];
    }

    /// <summary>
    /// The tables: <c>embedding</c>, those of the composition, <c>similarity.weight</c> [units x 2 hidden: product, difference], <c>similarity.bias</c>, <c>output.weight</c>
    /// [scores x units], <c>output.bias</c>.
    /// </summary>
    public IReadOnlyList<TableSpec> Tables { get; }

    /// <summary>Pearson's correlation of predictions and scores, and the mean squared error.</summary>
    public MeasureSet Measures => PairScore.Measures;

    /// <inheritdoc/>
    public bool IsClassifier => false;

    private int FirstOfHead => Tables.Count - _similarity.Tables.Count;

    /// <inheritdoc/>
    public PreparedSlice Prepare(Slice slice) => TreeSlice.OfPairs(slice, _distinct, _labels, _denseRows);

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

        ComputeFeatures(slice, values);
        bool below = gradients.Take(FirstOfHead).Any(g => g is not null);
        if (below && _featureGradient.Length < _features.Length)
            _featureGradient = new float[_features.Length];
        float[] targets = PairScore.Targets(slice.Scores, _labels);
        double sum = _similarity.Train(_features, targets, slice.Slice.BatchSize, [.. values.Skip(FirstOfHead)], below ? _featureGradient : null, [.. gradients.Skip(FirstOfHead)]);
        if (below)
        {
            SpreadFeatures(slice);
            _composer.Backward(slice.Levels, values, gradients);
        }

        return new SliceLoss(sum, slice.Scores.Count, 0, slice.TokenCount, 0);
    }

    /// <summary>Predicts the distribution over the whole scores of each pair, [pairs x scores].</summary>
    public float[] Predict(PreparedSlice prepared, IReadOnlyList<float[]> values)
    {
        var slice = (TreeSlice)prepared;
        if (slice.Trees.Count == 0)
            return [];
        ComputeFeatures(slice, values);
        return _similarity.Probabilities(_features, slice.Scores.Count, [.. values.Skip(FirstOfHead)]);
    }

    /// <inheritdoc/>
    public SliceScore Score(PreparedSlice prepared, ReadOnlySpan<float> predictions) => PairScore.Of(((TreeSlice)prepared).Scores, predictions, _labels);

    /// <inheritdoc/>
    public void Dispose()
    {
        // Nothing native lives between calls.
    }

    private (int Left, int Right) RootsOf(TreeSlice slice, int pair) => (slice.RootState(2 * pair) * _composer.Width, slice.RootState((2 * pair) + 1) * _composer.Width);

    private void ComputeFeatures(TreeSlice slice, IReadOnlyList<float[]> values)
    {
        _composer.Forward(slice.Levels, values);
        int hidden = _spec.Hidden;
        if (_features.Length < slice.Scores.Count * 2 * hidden)
            _features = new float[slice.Scores.Count * 2 * hidden];
        for (int pair = 0; pair < slice.Scores.Count; pair++)
        {
            (int left, int right) = RootsOf(slice, pair);
            for (int i = 0; i < hidden; i++)
            {
                float one = _composer.States[left + i], other = _composer.States[right + i];
                _features[(pair * 2 * hidden) + i] = one * other;
                _features[(((pair * 2) + 1) * hidden) + i] = MathF.Abs(one - other);
            }
        }
    }

    private void SpreadFeatures(TreeSlice slice)
    {
        int hidden = _spec.Hidden;
        for (int pair = 0; pair < slice.Scores.Count; pair++)
        {
            (int left, int right) = RootsOf(slice, pair);
            for (int i = 0; i < hidden; i++)
            {
                float one = _composer.States[left + i], other = _composer.States[right + i];
                float product = _featureGradient[(pair * 2 * hidden) + i];
                // Of equal numbers the distance has no derivative; zero is one between those of its sides.
                float distance = _featureGradient[(((pair * 2) + 1) * hidden) + i] * (one > other ? 1 : one < other ? -1 : 0);
                _composer.StateGradient[left + i] += (product * other) + distance;
                _composer.StateGradient[right + i] += (product * one) - distance;
            }
        }
    }
}
