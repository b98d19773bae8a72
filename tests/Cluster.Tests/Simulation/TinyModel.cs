using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Randomness;
using DistEmbed.Worker.Models;

namespace DistEmbed.Cluster.Tests.Simulation;

/// <summary>
/// A model without tensors whose gradients depend on the values read, on the slice and on its random numbers, so that a wrong row, step, slice or order of
/// sums changes the tables. Two tables: an embedding and a dense one.
/// </summary>
internal sealed class TinyModel(int vocabulary, int dimension) : IEmbeddingModel
{
    private static readonly int[] DenseRows = [0, 1, 2];

    public IReadOnlyList<TableSpec> Tables { get; } =
    [
        new TableSpec("embedding", "embedding", vocabulary, dimension, new RowInit.Uniform(0.25f), Dense: false) { PaddingRow = 0 },
        new TableSpec("output", "output", 3, dimension, new RowInit.Uniform(0.1f), Dense: true),
    ];

    public PreparedSlice Prepare(Slice slice)
    {
        var rows = new SortedSet<int>();
        foreach (int example in slice.Examples.Span)
        {
            foreach (int token in slice.Data.Tokens(example))
                rows.Add(token);
        }

        rows.Remove(0);
        return new Prepared(slice, [[.. rows], DenseRows]);
    }

    public SliceLoss Train(PreparedSlice prepared, IReadOnlyList<float[]> values, IReadOnlyList<float[]?> gradients)
    {
        float noise = prepared.Slice.Random(RandomPurpose.Dropout).NextSingle();
        double loss = 0;
        for (int table = 0; table < 2; table++)
        {
            int used = prepared.Rows[table].Length * dimension;
            for (int i = 0; i < used; i++)
            {
                loss += values[table][i] * values[table][i];
                if (gradients[table] is { } gradient)
                    gradient[i] = values[table][i] * (0.3f + noise) + values[1][i % dimension] * 0.1f + noise * 0.01f;
            }
        }

        return new SliceLoss(loss, prepared.Slice.Examples.Length, 0, prepared.Rows[0].Length, 0);
    }

    public float[] Predict(PreparedSlice prepared, IReadOnlyList<float[]> values)
    {
        int examples = prepared.Slice.Examples.Length;
        var probabilities = new float[examples * 2];
        for (int i = 0; i < examples; i++)
        {
            // Goes up and down with the weights, so that the best evaluation is not always the last.
            float first = 0.5f + 0.4f * (float)Math.Sin(1000 * values[1][0] + 0.5f * i + 0.3f * prepared.Slice.Index);
            (probabilities[2 * i], probabilities[2 * i + 1]) = (first, 1 - first);
        }

        return probabilities;
    }

    public void Dispose()
    {
    }

    private sealed class Prepared(Slice slice, IReadOnlyList<int[]> rows) : PreparedSlice(slice, rows);
}
