using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Measures;

namespace DistEmbed.Worker.Models.Custom;

/// <summary>
/// A user's model whose gradient arrays are zeroed before it fills them, so that it may add to them, or leave rows out that get nothing. The arrays are used
/// again and again; models of this program overwrite them.
/// </summary>
public sealed class ZeroedGradients(IEmbeddingModel model) : IEmbeddingModel
{
    private readonly int[] _dimensions = [.. model.Tables.Select(table => table.Dimension)];

    /// <summary>The user's model.</summary>
    public IEmbeddingModel Model => model;

    /// <inheritdoc/>
    public IReadOnlyList<TableSpec> Tables => model.Tables;

    /// <inheritdoc/>
    public MeasureSet Measures => model.Measures;

    /// <inheritdoc/>
    public bool IsClassifier => model.IsClassifier;

    /// <inheritdoc/>
    public PreparedSlice Prepare(Slice slice) => model.Prepare(slice);

    /// <inheritdoc/>
    public SliceLoss Train(PreparedSlice prepared, IReadOnlyList<float[]> values, IReadOnlyList<float[]?> gradients)
    {
        for (int table = 0; table < gradients.Count; table++)
        {
            if (gradients[table] is { } gradient)
                gradient.AsSpan(0, prepared.Rows[table].Length * _dimensions[table]).Clear();
        }

        return model.Train(prepared, values, gradients);
    }

    /// <inheritdoc/>
    public float[] Predict(PreparedSlice prepared, IReadOnlyList<float[]> values) => model.Predict(prepared, values);

    /// <inheritdoc/>
    public SliceScore Score(PreparedSlice prepared, ReadOnlySpan<float> predictions) => model.Score(prepared, predictions);

    /// <inheritdoc/>
    public void Dispose() => model.Dispose();
}
