using DistEmbed.Coordinator.Reports;
using DistEmbed.Worker.Evaluation;

namespace DistEmbed.Coordinator.Local;

/// <summary>A way to move untouched rows.</summary>
/// <param name="Ridge">The ridge of the map, see <see cref="DisplacementMap.Fit"/>; null: along with neighbours.</param>
/// <param name="Displacement">How far rows would move.</param>
public sealed record MoveWay(double? Ridge, RowDisplacement Displacement);

/// <summary>Moves untouched rows in several ways, measures each on dev, keeps the best if it is better than none, and measures that on the test part.</summary>
public static class MoveMeasure
{
    /// <summary>
    /// Measures. A move is better than another if it gets more dev examples right, or as many with less loss. Afterwards the run reads the rows that are kept.
    /// </summary>
    /// <param name="run">The trained classifier, which reads its own rows.</param>
    /// <param name="states">What training did to its rows.</param>
    /// <param name="first">How its embedding started.</param>
    /// <param name="moved">Rows that training moved.</param>
    /// <param name="parts">Dev, and test where there is one, with what the unmoved rows predict.</param>
    /// <param name="ways">Ways to move.</param>
    /// <param name="strengths">Shares of their displacement that rows move by.</param>
    public static MoveResult Of(
        TrainedRun run, WordRowStates states, FirstRows first, MovedVectors moved, IReadOnlyList<PredictedPart> parts, IReadOnlyList<MoveWay> ways, IReadOnlyList<double> strengths)
    {
        PredictedPart dev = parts.Single(p => p.Name == PredictedPart.Dev);
        PartResult none = run.Score(dev.Examples, dev.Probabilities), best = none;
        bool[] right = dev.Right();
        var tried = new List<MeasuredMove>();
        MeasuredMove? kept = null;
        IReadOnlyDictionary<int, ReadOnlyMemory<float>> keptRows = new Dictionary<int, ReadOnlyMemory<float>>();
        foreach (MoveWay way in ways)
        {
            var move = UntouchedMove.Of(first.Table.Dimension, states, first.Read, way.Displacement);
            foreach (double strength in strengths)
            {
                IReadOnlyDictionary<int, ReadOnlyMemory<float>> rows = move.At(strength);
                PredictedPart predicted = Predict(run, rows, dev);
                var difference = PairedComparison.Of(right, predicted.Right());
                tried.Add(new MeasuredMove(way.Ridge, strength, run.Score(dev.Examples, predicted.Probabilities), difference.Gained, difference.Lost));
                if (IsBetter(tried[^1].Dev, best))
                    (best, kept, keptRows) = (tried[^1].Dev, tried[^1], rows);
            }
        }

        TestedMove? tested = parts.FirstOrDefault(p => p.Name == PredictedPart.Test) is { } test ? Test(run, test, kept is null ? null : keptRows) : null;
        run.ReplaceRows(keptRows);
        return new MoveResult(states.In(WordRowState.Pretrained).Count, moved.Count, none, tried, kept, tested);
    }

    private static TestedMove Test(TrainedRun run, PredictedPart test, IReadOnlyDictionary<int, ReadOnlyMemory<float>>? rows)
    {
        PartResult none = run.Score(test.Examples, test.Probabilities);
        if (rows is null)
            return new TestedMove(none, null, null);
        PredictedPart kept = Predict(run, rows, test);
        return new TestedMove(none, run.Score(test.Examples, kept.Probabilities), PairedComparison.Of(test.Right(), kept.Right()));
    }

    private static PredictedPart Predict(TrainedRun run, IReadOnlyDictionary<int, ReadOnlyMemory<float>> rows, PredictedPart part)
    {
        run.ReplaceRows(rows);
        return part with { Probabilities = run.Predict(part.Examples) };
    }

    private static bool IsBetter(PartResult move, PartResult than) => move.Main > than.Main || (move.Main == than.Main && move.Loss < than.Loss);
}
