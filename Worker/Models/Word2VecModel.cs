using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Measures;
using DistEmbed.Protocol.Vocabulary;

namespace DistEmbed.Worker.Models;

/// <summary>
/// Word2vec (Mikolov et al. 2013, equations 3 and 4; word2vec.c 0.1c). A prediction is made from the mean h of its context vectors. With negative sampling its
/// loss is -log s(h.v) for the output vector v of the word that is there, and -log s(-h.v) for each of the sampled ones, s being the logistic function. With
/// hierarchical softmax output vectors belong to the inner nodes of a <see cref="HuffmanTree"/>, and the loss is -log s(h.v) for each node at which the word's code
/// has a 0, -log s(-h.v) for a 1: the negative logarithm of a probability, those of all words adding up to 1. The gradient is known in closed form, so no
/// tensors take part, and the same bits come out on every processor (see <see cref="Word2VecKernel"/>).
/// <para>
/// Where word2vec.c moves the vectors after every prediction, here all gradients of a slice are taken at the values that were pulled and summed: a step of
/// one prediction is word2vec.c's, a longer one is its mini-batch form. Sentences are cut into windows one by one; padding and unknown words are removed
/// first, then frequent words at random. A logit beyond +-30 counts as 30, so that one target's loss is at most 30; word2vec.c cuts at 6,
/// and with hierarchical softmax leaves a node alone whose logit is beyond.
/// </para>
/// </summary>
public abstract unsafe class Word2VecModel : IEmbeddingModel
{
    // Below it the product of likelihoods becomes a logarithm. Eight more factors of at least e^-30 stay above the smallest normal number.
    private const double SmallLikelihood = 1e-150;

    private readonly Word2VecSpec _spec;
    private readonly bool _contextByContext;
    private readonly bool _fullError;
    private readonly int _dimension;
    private readonly int _stride;
    private readonly Subsampler _subsampler;
    private readonly NegativeSampler? _negatives;
    private readonly HuffmanTree? _tree;
    private readonly int _mostTargets;
    private readonly Word2VecBuffer _embedding = new(), _embeddingGradient = new(), _output = new(), _outputGradient = new(), _vectors = new();
    private Word2VecSampling? _sampling;

    private protected Word2VecModel(Word2VecSpec spec, bool contextByContext, bool fullError, WordVocabulary vocabulary, int dimension, float? embeddingRange)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dimension, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(spec.Window, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(spec.Negatives);
        ArgumentOutOfRangeException.ThrowIfNegative(spec.Subsample);
        _spec = spec;
        _contextByContext = contextByContext;
        _fullError = fullError;
        _dimension = dimension;
        _stride = (dimension + 7) / 8 * 8;
        _subsampler = new Subsampler(vocabulary, spec.Subsample);
        if (spec.Output == WordOutput.HierarchicalSoftmax)
            _tree = new HuffmanTree([.. Enumerable.Range(WordVocabulary.FirstWordRow, vocabulary.Rows - WordVocabulary.FirstWordRow).Select(vocabulary.Count)]);
        else if (spec.Negatives > 0)
            _negatives = new NegativeSampler(vocabulary, spec.NegativeExponent);
        _mostTargets = _tree?.LongestCode ?? spec.Negatives + 1;
        Tables =
        [
            new TableSpec(
                "embedding", "embedding", vocabulary.Rows, dimension,
                new RowInit.Uniform(embeddingRange ?? 0.5f / dimension, WordVocabulary.FirstWordRow), Dense: false) { PaddingRow = WordVocabulary.PaddingRow },
            _tree is null
                ? new TableSpec("context", "context", vocabulary.Rows, dimension, new RowInit.Zero(), Dense: false) { PaddingRow = WordVocabulary.PaddingRow }
                : new TableSpec("hierarchy", "hierarchy", _tree.Nodes, dimension, new RowInit.Zero(), Dense: false),
        ];
    }

    /// <inheritdoc/>
    public IReadOnlyList<TableSpec> Tables { get; }

    /// <inheritdoc/>
    public MeasureSet Measures => MeasureSet.None;

    /// <inheritdoc/>
    public bool IsClassifier => false;

    /// <inheritdoc/>
    public PreparedSlice Prepare(Slice slice)
    {
        // Its lists serve one call at a time: a second thread makes its own, and one of them is kept.
        var sampling = Interlocked.Exchange(ref _sampling, null)
            ?? new Word2VecSampling(_spec, _contextByContext, _subsampler, _negatives, _tree, Tables[0].Rows);
        var prepared = sampling.Sample(slice);
        _sampling = sampling;
        return prepared;
    }

    /// <inheritdoc/>
    /// <remarks>The sum and the count are over the predictions: positions for CBOW, pairs of words for skip-gram.</remarks>
    public SliceLoss Train(PreparedSlice prepared, IReadOnlyList<float[]> values, IReadOnlyList<float[]?> gradients)
    {
        var slice = (Word2VecSlice)prepared;
        int embeddingRows = slice.Rows[0].Length, outputRows = slice.Rows[1].Length;
        float* embedding = _embedding.Load(values[0], embeddingRows, _dimension, _stride);
        float* output = _output.Load(values[1], outputRows, _dimension, _stride);
        float* embeddingGradient = gradients[0] == null ? null : _embeddingGradient.Zero(embeddingRows * _stride);
        float* outputGradient = gradients[1] == null ? null : _outputGradient.Zero(outputRows * _stride);

        double sum = Compute(slice, embedding, output, embeddingGradient, outputGradient);

        if (gradients[0] is { } first)
            _embeddingGradient.Store(first, embeddingRows, _dimension, _stride);
        if (gradients[1] is { } second)
            _outputGradient.Store(second, outputRows, _dimension, _stride);
        return new SliceLoss(sum, slice.Predictions, 0, slice.Words, 0);
    }

    /// <summary>Word2vec predicts no labels.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public float[] Predict(PreparedSlice prepared, IReadOnlyList<float[]> values)
        => throw new NotSupportedException("word2vec models have no labels to predict");

    /// <summary>Does nothing: the model holds managed memory only.</summary>
    public void Dispose() => GC.SuppressFinalize(this);

    private double Compute(Word2VecSlice slice, float* embedding, float* output, float* embeddingGradient, float* outputGradient)
    {
        int longest = (_mostTargets + 7) / 8 * 8;
        float* mean = _vectors.Zero(2 * _stride + 3 * longest);
        float* error = mean + _stride, logits = error + _stride, slopes = logits + longest, likelihoods = slopes + longest;
        double sum = 0, product = 1;
        for (int i = 0; i < slice.Predictions; i++)
        {
            var contextRows = slice.Contexts(i);
            var targetRows = slice.Targets(i);
            fixed (int* contexts = contextRows, targets = targetRows)
            {
                int count = contextRows.Length;
                nint only = (nint)contexts[0] * _stride;
                float share = 1f / count;
                float* vector = count == 1 ? embedding + only : mean;
                if (count > 1)
                    Word2VecKernel.Sum(mean, embedding, contexts, count, _stride, share);

                Word2VecKernel.Dots(vector, output, targets, targetRows.Length, _stride, logits);
                if (_tree is null)
                    Word2VecKernel.Slopes(logits, targetRows.Length, slopes, likelihoods);
                else
                    Word2VecKernel.Slopes(logits, slice.Bits(i), slopes, likelihoods);

                // One context's error goes straight to its gradient.
                float* sink = count == 1 ? embeddingGradient + only : error;
                if (count > 1)
                    new Span<float>(error, _stride).Clear();
                Backward(vector, embeddingGradient == null ? null : sink, output, outputGradient, targets, slopes, targetRows.Length);
                if (embeddingGradient != null && count > 1)
                {
                    for (int c = 0; c < count; c++)
                        Word2VecKernel.AddScaled(embeddingGradient + (nint)contexts[c] * _stride, _fullError ? 1 : share, error, _stride);
                }
            }
            for (int t = 0; t < targetRows.Length; t++)
            {
                product *= likelihoods[t];
                if (product < SmallLikelihood)
                {
                    sum -= Word2VecMath.Log(product);
                    product = 1;
                }
            }
        }
        return sum - Word2VecMath.Log(product);
    }

    private void Backward(float* vector, float* error, float* output, float* outputGradient, int* targets, float* slopes, int count)
    {
        if (error != null && outputGradient != null)
        {
            Word2VecKernel.Backward(vector, error, output, outputGradient, targets, slopes, count, _stride);
            return;
        }
        for (int t = 0; t < count; t++)
        {
            nint row = (nint)targets[t] * _stride;
            if (error != null)
                Word2VecKernel.AddScaled(error, slopes[t], output + row, _stride);
            if (outputGradient != null)
                Word2VecKernel.AddScaled(outputGradient + row, slopes[t], vector, _stride);
        }
    }
}
