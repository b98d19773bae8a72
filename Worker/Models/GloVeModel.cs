using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Measures;
using DistEmbed.Protocol.Vocabulary;

namespace DistEmbed.Worker.Models;

/// <summary>
/// GloVe (Pennington, Socher, Manning, EMNLP 2014, equation 8): the loss of a cell with count x and weight f is f/2 (w.v + b + c - ln x)^2, for the vector w and bias b of the word and
/// v and c of the context. The paper has no half; the original program does, so that the gradient is f times the error.
/// <para>
/// The original program moves vectors after every cell. Here all gradients of a slice are taken at the values that were pulled and summed. As its kernels are those of word2vec, the
/// same bits come out on every processor (see <see cref="Word2VecKernel"/>).
/// </para>
/// </summary>
public sealed unsafe class GloVeModel : IEmbeddingModel
{
    private const int Words = 0, WordBiases = 1, Contexts = 2, ContextBiases = 3;

    private readonly int _dimension;
    private readonly int _stride;
    private readonly Word2VecBuffer _words = new(), _contexts = new(), _wordGradient = new(), _contextGradient = new(), _scores = new();

    /// <summary>Creates the model.</summary>
    /// <param name="rows">Rows of the vocabulary.</param>
    /// <param name="dimension">Numbers a vector.</param>
    /// <param name="embeddingRange">Word vectors start uniform within plus and minus this; null: 0.5 / <paramref name="dimension"/>, as all else does.</param>
    public GloVeModel(int rows, int dimension, float? embeddingRange = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dimension, 1);
        _dimension = dimension;
        _stride = (dimension + 7) / 8 * 8;
        float range = 0.5f / dimension;
        Tables =
        [
            Table("embedding", "embedding", dimension, embeddingRange ?? range),
            Table("embedding.bias", "embedding", 1, range),
            Table("context", "context", dimension, range),
            Table("context.bias", "context", 1, range),
        ];

        TableSpec Table(string name, string group, int numbers, float within) =>
            new(name, group, rows, numbers, new RowInit.Uniform(within, WordVocabulary.FirstWordRow), Dense: false) { PaddingRow = WordVocabulary.PaddingRow };
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
        if (slice.Cells is not { } cells)
            throw new ArgumentException("GloVe trains on cells, and the slice has none", nameof(slice));
        return new GloVeSlice(slice, cells.Of(slice.Step, slice.Index));
    }

    /// <inheritdoc/>
    /// <remarks>The sum is over the cells, which are counted as words too. The gradient is that of the sum.</remarks>
    public SliceLoss Train(PreparedSlice prepared, IReadOnlyList<float[]> values, IReadOnlyList<float[]?> gradients)
    {
        var block = ((GloVeSlice)prepared).Block;
        int words = block.Words.Length, contexts = block.ContextRows.Length;
        float* word = _words.Load(values[Words], words, _dimension, _stride);
        float* context = _contexts.Load(values[Contexts], contexts, _dimension, _stride);
        float* wordGradient = gradients[Words] == null ? null : _wordGradient.Zero(words * _stride);
        float* contextGradient = gradients[Contexts] == null ? null : _contextGradient.Zero(contexts * _stride);
        gradients[WordBiases]?.AsSpan(0, words).Clear();
        gradients[ContextBiases]?.AsSpan(0, contexts).Clear();

        double sum = 0;
        fixed (int* cells = block.Contexts)
        {
            for (int i = 0; i < words; i++)
            {
                int first = block.Starts[i], count = block.Starts[i + 1] - first;
                float* vector = word + ((nint)i * _stride);
                float* scores = _scores.Reserve(count);
                Word2VecKernel.Dots(vector, context, cells + first, count, _stride, scores);
                var slopes = new Span<float>(scores, count);
                sum += Slopes(slopes, block.Contexts.AsSpan(first, count), block.Logarithms.AsSpan(first, count), block.Weights.AsSpan(first, count),
                    values[WordBiases][i], values[ContextBiases]);
                AddBiases(slopes, block.Contexts.AsSpan(first, count), i, gradients[WordBiases], gradients[ContextBiases]);
                Backward(vector, wordGradient == null ? null : wordGradient + ((nint)i * _stride), context, contextGradient, cells + first, scores, count);
            }
        }

        if (gradients[Words] is { } ofWords)
            _wordGradient.Store(ofWords, words, _dimension, _stride);
        if (gradients[Contexts] is { } ofContexts)
            _contextGradient.Store(ofContexts, contexts, _dimension, _stride);
        return new SliceLoss(sum, block.Cells, 0, block.Cells, 0);
    }

    /// <summary>GloVe predicts no labels.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public float[] Predict(PreparedSlice prepared, IReadOnlyList<float[]> values) => throw new NotSupportedException("GloVe has no labels to predict");

    /// <summary>Does nothing: the model holds managed memory only.</summary>
    public void Dispose()
    {
    }

    /// <summary>Turns the products of a word and its contexts into the loss's slopes by them; gives the loss.</summary>
    private static double Slopes(
        Span<float> scores, ReadOnlySpan<int> contexts, ReadOnlySpan<float> logarithms, ReadOnlySpan<float> weights, float bias, ReadOnlySpan<float> contextBiases)
    {
        double sum = 0;
        for (int i = 0; i < scores.Length; i++)
        {
            float error = scores[i] + bias + contextBiases[contexts[i]] - logarithms[i];
            scores[i] = weights[i] * error;
            sum += 0.5 * scores[i] * error;
        }

        return sum;
    }

    private static void AddBiases(ReadOnlySpan<float> slopes, ReadOnlySpan<int> contexts, int word, float[]? wordGradient, float[]? contextGradient)
    {
        if (wordGradient is not null)
        {
            float sum = 0;
            foreach (float slope in slopes)
                sum += slope;
            wordGradient[word] = sum;
        }

        if (contextGradient is not null)
        {
            for (int i = 0; i < slopes.Length; i++)
                contextGradient[contexts[i]] += slopes[i];
        }
    }

    private void Backward(float* vector, float* gradient, float* table, float* tableGradient, int* rows, float* slopes, int count)
    {
        if (gradient != null && tableGradient != null)
        {
            Word2VecKernel.Backward(vector, gradient, table, tableGradient, rows, slopes, count, _stride);
            return;
        }

        for (int i = 0; i < count; i++)
        {
            nint row = (nint)rows[i] * _stride;
            if (gradient != null)
                Word2VecKernel.AddScaled(gradient, slopes[i], table + row, _stride);
            if (tableGradient != null)
                Word2VecKernel.AddScaled(tableGradient + row, slopes[i], vector, _stride);
        }
    }
}
