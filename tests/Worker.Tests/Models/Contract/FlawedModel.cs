using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Measures;
using DistEmbed.Worker.Evaluation;
using DistEmbed.Worker.Models;
using TorchSharp;

namespace DistEmbed.Worker.Tests.Models.Contract;

/// <summary>What a model may get wrong.</summary>
public enum Flaw
{
    GradientOfOneRowIsTwice,
    GradientIsNotWritten,
    WritesBehindTheRows,
    PaddingIsPulled,
    RowsAreNotInOrder,
    FrozenEmbeddingChangesTheOutput,
    DividesByItsOwnExamples,
    CountsCalls,
    PrepareCounts,
    LossOfNothing,
    KeepsATensor,
    PredictsWithDropout,
    SumsAreShares,
    TwoTablesOfAName,
}

/// <summary>The bag with one flaw.</summary>
public sealed class FlawedModel(Flaw flaw) : IEmbeddingModel
{
    private readonly Bag _bag = new(new BagSpec(), 12, dimension: 4, labels: 3, embeddingRange: 0.25f);
    private readonly List<torch.Tensor> _kept = [];
    private int _calls;

    public IReadOnlyList<TableSpec> Tables => flaw == Flaw.TwoTablesOfAName ? [.. _bag.Tables.Select(t => t with { Name = t.Dense ? "output" : t.Name })] : _bag.Tables;

    public PreparedSlice Prepare(Slice slice)
    {
        PreparedSlice right = _bag.Prepare(slice);
        return flaw switch
        {
            Flaw.PaddingIsPulled when slice.Examples.Length > 0 => new Wrapped(right, [[.. right.Rows[0], 11], .. right.Rows.Skip(1)]),
            Flaw.RowsAreNotInOrder => new Wrapped(right, [[.. right.Rows[0].Reverse()], .. right.Rows.Skip(1)]),
            Flaw.PrepareCounts => new Wrapped(right, [right.Rows[0][..^Math.Min(right.Rows[0].Length, Interlocked.Increment(ref _calls) - 1)], .. right.Rows.Skip(1)]),
            _ => right,
        };
    }

    public SliceLoss Train(PreparedSlice prepared, IReadOnlyList<float[]> values, IReadOnlyList<float[]?> gradients)
    {
        PreparedSlice slice = (prepared as Wrapped)?.Right ?? prepared;
        int[] rows = slice.Rows[0];
        float[]? embedding = gradients[0];
        float before = embedding is { Length: > 0 } ? embedding[0] : 0;
        SliceLoss loss = _bag.Train(slice, values, gradients);
        switch (flaw)
        {
            case Flaw.GradientOfOneRowIsTwice when embedding is not null && rows.Length > 0:
                for (int k = 0; k < 4; k++)
                    embedding[((rows.Length - 1) * 4) + k] *= 2;
                break;
            case Flaw.GradientIsNotWritten when embedding is not null && rows.Length > 0:
                embedding[0] = before;
                break;
            case Flaw.WritesBehindTheRows when gradients[2] is { } bias:
                bias[3] = 0;
                break;
            case Flaw.FrozenEmbeddingChangesTheOutput when embedding is null && gradients[1] is { } output:
                output[5] += 1;
                break;
            case Flaw.DividesByItsOwnExamples when embedding is not null && slice.Slice.Examples.Length > 0:
                for (int i = 0; i < rows.Length * 4; i++)
                    embedding[i] *= slice.Slice.BatchSize / (float)slice.Slice.Examples.Length;
                break;
            case Flaw.CountsCalls:
                return loss with { Sum = loss.Sum + _calls++ };
            case Flaw.LossOfNothing when slice.Slice.Examples.Length == 0:
                return loss with { Sum = 1 };
            case Flaw.KeepsATensor:
                _kept.Add(torch.zeros(1));
                break;
        }

        return loss;
    }

    public float[] Predict(PreparedSlice prepared, IReadOnlyList<float[]> values)
    {
        float[] right = _bag.Predict((prepared as Wrapped)?.Right ?? prepared, values);
        if (flaw == Flaw.PredictsWithDropout && right.Length > 0)
            right[0] *= 1 + prepared.Slice.Random(Protocol.Randomness.RandomPurpose.Dropout).NextSingle();
        return right;
    }

    public MeasureSet Measures => MeasureSet.Accuracy;

    public SliceScore Score(PreparedSlice prepared, ReadOnlySpan<float> predictions)
    {
        SliceScore right = ClassifierScore.Of(prepared.Slice, predictions);
        return flaw == Flaw.SumsAreShares && right.Examples > 0 ? right with { Sums = [right.Sums[0] / right.Examples, 1] } : right;
    }

    public void Dispose()
    {
        _kept.ForEach(tensor => tensor.Dispose());
        _bag.Dispose();
    }

    private sealed class Wrapped(PreparedSlice right, IReadOnlyList<int[]> rows) : PreparedSlice(right.Slice, rows)
    {
        public PreparedSlice Right => right;
    }
}
