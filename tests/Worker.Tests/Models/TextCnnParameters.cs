using DistEmbed.Worker.Corpus;
using DistEmbed.Worker.Models;

namespace DistEmbed.Worker.Tests.Models;

/// <summary>All rows of a classifier's tables, random, and the way between them and what a slice touches. A server without a network.</summary>
internal sealed class TextCnnParameters
{
    private const int Spare = 3;

    public TextCnnParameters(IEmbeddingModel model, int seed, float range = 0.5f)
    {
        var random = new Random(seed);
        Model = model;
        Values = [.. model.Tables.Select(t => Enumerable.Range(0, t.Rows * t.Dimension).Select(i =>
            i / t.Dimension == t.PaddingRow ? 0f : ((random.NextSingle() * 2) - 1) * range).ToArray())];
    }

    public IEmbeddingModel Model { get; }

    public float[][] Values { get; }

    public float[] this[string table] => Values[Model.Tables.TakeWhile(t => t.Name != table).Count()];

    /// <summary>The rows of a slice, in arrays that are too long and end in garbage, as the contract allows.</summary>
    public float[][] Pull(PreparedSlice slice)
    {
        var pulled = new float[Values.Length][];
        for (int table = 0; table < Values.Length; table++)
        {
            int dimension = Model.Tables[table].Dimension;
            pulled[table] = Garbage(slice, table);
            for (int i = 0; i < slice.Rows[table].Length; i++)
                Values[table].AsSpan(slice.Rows[table][i] * dimension, dimension).CopyTo(pulled[table].AsSpan(i * dimension));
        }

        return pulled;
    }

    /// <summary>Loss and gradients over all rows, zero where the slice touches none; null where nothing was asked for.</summary>
    public (SliceLoss Loss, float[]?[] Gradients) Train(Slice slice, Func<int, bool>? wanted = null) => Train(Model.Prepare(slice), wanted);

    public (SliceLoss Loss, float[]?[] Gradients) Train(PreparedSlice slice, Func<int, bool>? wanted = null)
    {
        float[]?[] gradients = [.. Model.Tables.Select((t, i) => (wanted?.Invoke(i) ?? !t.AlwaysFrozen) ? Garbage(slice, i) : null)];
        SliceLoss loss = Model.Train(slice, Pull(slice), gradients);
        var dense = new float[]?[gradients.Length];
        for (int table = 0; table < gradients.Length; table++)
        {
            if (gradients[table] is not { } gradient)
                continue;
            int dimension = Model.Tables[table].Dimension;
            Assert.All(gradient[^Spare..], spare => Assert.Equal(float.NaN, spare));
            dense[table] = new float[Values[table].Length];
            for (int i = 0; i < slice.Rows[table].Length; i++)
                gradient.AsSpan(i * dimension, dimension).CopyTo(dense[table].AsSpan(slice.Rows[table][i] * dimension));
        }

        return (loss, dense);
    }

    public float[] Predict(Slice slice)
    {
        PreparedSlice prepared = Model.Prepare(slice);
        return Model.Predict(prepared, Pull(prepared));
    }

    /// <summary>Plain gradient descent on the tables that have a gradient.</summary>
    public void Descend(float[]?[] gradients, float rate)
    {
        for (int table = 0; table < Values.Length; table++)
        {
            for (int i = 0; i < (gradients[table]?.Length ?? 0); i++)
                Values[table][i] -= rate * gradients[table]![i];
        }
    }

    public static ExampleSet Examples(params (int Label, int[] Tokens)[] examples)
    {
        int[] starts = [0, .. examples.Select((_, i) => examples.Take(i + 1).Sum(e => e.Tokens.Length))];
        return new ExampleSet(starts, [.. examples.SelectMany(e => e.Tokens)], [.. examples.Select(e => e.Label)]);
    }

    public static Slice Whole(ExampleSet data, int step = 1, int index = 0, ulong seed = 7) =>
        new(step, index, data, Enumerable.Range(0, data.Count).ToArray(), data.Count, seed);

    private float[] Garbage(PreparedSlice slice, int table)
    {
        var array = new float[(slice.Rows[table].Length * Model.Tables[table].Dimension) + Spare];
        Array.Fill(array, float.NaN);
        return array;
    }
}
