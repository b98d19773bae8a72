using System.Runtime.InteropServices;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Randomness;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Worker.Models;
using static TorchSharp.torch;

namespace Samples;

/// <summary>
/// A deep averaging network (Iyyer et al., ACL 2015) with one hidden layer: the mean of a sentence's word vectors, a layer of tanh units with dropout, a linear layer, a softmax.
/// </summary>
public sealed class AveragingNetwork : IEmbeddingModel
{
    // The order of Tables, of values and of gradients.
    private const int Embedding = 0, HiddenWeight = 1, HiddenBias = 2, OutputWeight = 3, OutputBias = 4;

    private readonly AveragingSettings _settings;
    private readonly int[][] _denseRows;

    /// <summary>Creates the model: the job's settings are read into the first argument, the second says what the data are like.</summary>
    public AveragingNetwork(AveragingSettings settings, ModelShape shape)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentOutOfRangeException.ThrowIfLessThan(settings.Hidden, 1);
        if (settings.Dropout is not (>= 0 and < 1))
            throw new ArgumentException($"dropout is {settings.Dropout}, and has to be at least 0 and below 1");
        _settings = settings;
        Tables =
        [
            new TableSpec(
                "embedding", "embedding", shape.Vocabulary.Rows, shape.Dimension, new RowInit.Uniform(shape.EmbeddingRange ?? 0.25f, WordVocabulary.FirstWordRow), Dense: false)
            {
                PaddingRow = WordVocabulary.PaddingRow,
            },
            new TableSpec("hidden.weight", "hidden", settings.Hidden, shape.Dimension, FanIn(shape.Dimension), Dense: true),
            new TableSpec("hidden.bias", "hidden", 1, settings.Hidden, new RowInit.Zero(), Dense: true),
            new TableSpec("output.weight", "output", shape.Labels, settings.Hidden, FanIn(settings.Hidden), Dense: true),
            new TableSpec("output.bias", "output", 1, shape.Labels, new RowInit.Zero(), Dense: true),
        ];
        _denseRows = [.. Tables.Skip(1).Select(table => Enumerable.Range(0, table.Rows).ToArray())];
    }

    /// <inheritdoc/>
    public IReadOnlyList<TableSpec> Tables { get; }

    /// <inheritdoc/>
    public PreparedSlice Prepare(Slice slice) => AveragingSlice.Of(slice, _denseRows);

    /// <inheritdoc/>
    public SliceLoss Train(PreparedSlice prepared, IReadOnlyList<float[]> values, IReadOnlyList<float[]?> gradients)
    {
        using var scope = NewDisposeScope();
        var slice = (AveragingSlice)prepared;
        Tensor[] tables = TensorsOf(slice, values);
        int[] wanted = [.. Enumerable.Range(0, tables.Length).Where(table => gradients[table] is not null)];
        foreach (int table in wanted)
            tables[table].requires_grad_();

        Tensor logits = Logits(slice, tables, DropoutMask(slice));
        long[] labels = [.. slice.Slice.Examples.ToArray().Select(example => (long)slice.Slice.Data.Label(example))];
        Tensor losses = nn.functional.cross_entropy(logits, tensor(labels), reduction: nn.Reduction.None);
        if (wanted.Length > 0)
        {
            // Of the mean over the whole step, of which this may be one slice of several.
            Tensor share = Filled(slice.Count, 1, Enumerable.Repeat(1f / slice.Slice.BatchSize, slice.Count).ToArray()).view(-1);
            IList<Tensor> found = autograd.grad([losses], [.. wanted.Select(table => tables[table])], [share]);
            for (int i = 0; i < wanted.Length; i++)
                Numbers(found[i].contiguous()).CopyTo(gradients[wanted[i]]);
        }

        double sum = 0;
        foreach (float loss in Numbers(losses))
            sum += loss;
        return new SliceLoss(sum, slice.Count, Right(Numbers(logits), labels), slice.Words, slice.Count);
    }

    /// <inheritdoc/>
    public float[] Predict(PreparedSlice prepared, IReadOnlyList<float[]> values)
    {
        using var scope = NewDisposeScope();
        using var evaluation = no_grad();
        var slice = (AveragingSlice)prepared;
        return Numbers(Logits(slice, TensorsOf(slice, values), mask: null).softmax(1)).ToArray();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // Nothing native lives between calls.
    }

    private static RowInit.Uniform FanIn(int inputs) => new(1 / MathF.Sqrt(inputs));

    private Tensor Logits(AveragingSlice slice, Tensor[] tables, float[]? mask)
    {
        Tensor means = Filled(slice.Count, slice.Rows[Embedding].Length, slice.Shares).matmul(tables[Embedding]);
        Tensor hidden = nn.functional.linear(means, tables[HiddenWeight], tables[HiddenBias].view(-1)).tanh();
        if (mask is not null)
            hidden *= Filled(slice.Count, _settings.Hidden, mask);
        return nn.functional.linear(hidden, tables[OutputWeight], tables[OutputBias].view(-1));
    }

    /// <summary>Zero, or what keeps the expectation. Drawn from the slice's own stream, so that any worker draws the same.</summary>
    private float[]? DropoutMask(AveragingSlice slice)
    {
        if (_settings.Dropout == 0)
            return null;
        CounterRandom random = slice.Slice.Random(RandomPurpose.Dropout);
        var mask = new float[slice.Count * _settings.Hidden];
        for (int i = 0; i < mask.Length; i++)
            mask[i] = random.NextSingle() < _settings.Dropout ? 0 : 1 / (1 - _settings.Dropout);
        return mask;
    }

    private Tensor[] TensorsOf(AveragingSlice slice, IReadOnlyList<float[]> values) =>
        [.. Tables.Select((table, i) => Filled(slice.Rows[i].Length, table.Dimension, values[i]))];

    /// <summary>A matrix with a copy of the first values; arrays may be longer.</summary>
    private static Tensor Filled(int rows, int columns, float[] values)
    {
        Tensor matrix = empty(rows, columns, dtype: float32);
        values.AsSpan(0, rows * columns).CopyTo(Numbers(matrix));
        return matrix;
    }

    /// <summary>The memory of a contiguous tensor; valid as long as the tensor.</summary>
    private static Span<float> Numbers(Tensor tensor) => MemoryMarshal.Cast<byte, float>(tensor.bytes);

    private static int Right(ReadOnlySpan<float> logits, long[] labels)
    {
        int right = 0;
        for (int example = 0; example < labels.Length; example++)
        {
            ReadOnlySpan<float> row = logits.Slice(example * (logits.Length / labels.Length), logits.Length / labels.Length);
            int best = 0;
            for (int label = 1; label < row.Length; label++)
            {
                if (row[label] > row[best])
                    best = label;
            }

            right += best == labels[example] ? 1 : 0;
        }

        return right;
    }
}
