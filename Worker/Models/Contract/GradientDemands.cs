using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Randomness;

namespace DistEmbed.Worker.Models.Contract;

/// <summary>Demands on gradients.</summary>
internal static class GradientDemands
{
    private const int RowsTried = 6;
    private const float LargestStep = 8e-3f;
    private const int Halvings = 4;

    /// <summary>
    /// Compares gradients with central differences along directions that are half random, half the gradient's own, so that the derivative is never lost in the rounding of single
    /// precision: of a table as a whole, and of some of its rows. Where two steps disagree there is a kink (a maximum that changes place, a rectifier that switches), and a
    /// shorter step is tried.
    /// </summary>
    public static void AreTheDerivatives(ContractTrial trial)
    {
        if (trial.Subject.NotDerivatives is { } why)
            throw new DemandNotTriedException(why);
        PreparedSlice prepared = trial.Model.Prepare(trial.Whole);
        Trained trained = trial.Train(prepared);
        int tried = 0, kinks = 0;
        for (int table = 0; table < trained.Gradients.Length; table++)
        {
            if (trained.Gradients[table] is not { } gradient)
                continue;
            TableSpec spec = trial.Model.Tables[table];
            int rows = prepared.Rows[table].Length;
            IEnumerable<(int First, int Count)> parts = [(0, rows), .. Enumerable.Range(0, rows).Where(i => i % Math.Max(1, (rows + RowsTried - 1) / RowsTried) == 0).Select(i => (i, 1))];
            foreach ((int first, int count) in parts)
            {
                var part = new Range(first * spec.Dimension, (first + count) * spec.Dimension);
                tried++;
                if (!Agrees(trial, prepared, table, part, gradient))
                    kinks++;
            }
        }

        if (2 * kinks >= tried)
            throw new ContractBrokenException($"the loss has no derivative in {kinks} of {tried} directions: two steps of a difference never agree");
    }

    public static void FrozenTablesChangeNothing(ContractTrial trial)
    {
        PreparedSlice prepared = trial.Model.Prepare(trial.Whole);
        Trained all = trial.Train(prepared);
        for (int frozen = 0; frozen < all.Gradients.Length; frozen++)
        {
            int table = frozen;
            trial.RequireSame(all, trial.Train(prepared, wanted: t => t != table), $"with {trial.Model.Tables[table].Name} frozen");
            trial.RequireSame(all, trial.Train(prepared, wanted: t => t == table), $"with everything frozen but {trial.Model.Tables[table].Name}");
        }

        trial.RequireSame(all, trial.Train(prepared, wanted: _ => false), "with everything frozen");
    }

    public static void SlicesAddUp(ContractTrial trial)
    {
        int examples = trial.Subject.Examples.Count, cut = (examples + 1) / 2;
        Trained whole = trial.Train(trial.Model.Prepare(trial.Whole));
        PreparedSlice other = trial.Model.Prepare(trial.Part(0, examples, index: 1));
        if (trial.Train(other).Loss.Sum != whole.Loss.Sum)
            throw new DemandNotTriedException("slices draw random numbers of their own: try the model without dropout and sampling");
        Trained[] parts = [trial.Train(trial.Model.Prepare(trial.Part(0, cut))), trial.Train(trial.Model.Prepare(trial.Part(cut, examples - cut, index: 1)))];
        for (int table = 0; table < whole.Gradients.Length; table++)
        {
            if (whole.Gradients[table] is not { } expected)
                continue;
            int dimension = trial.Model.Tables[table].Dimension;
            var sum = new double[trial.Used(whole.Prepared, table)];
            foreach (Trained part in parts)
            {
                for (int i = 0; i < part.Prepared.Rows[table].Length; i++)
                {
                    int at = Array.BinarySearch(whole.Prepared.Rows[table], part.Prepared.Rows[table][i]);
                    if (at < 0)
                        throw new ContractBrokenException($"row {part.Prepared.Rows[table][i]} of {trial.Model.Tables[table].Name} is touched by a part of the examples, but not by all of them");
                    for (int k = 0; k < dimension; k++)
                        sum[(at * dimension) + k] += part.Gradients[table]![(i * dimension) + k];
                }
            }

            double scale = Math.Max(1e-3, sum.Max(Math.Abs));
            for (int i = 0; i < sum.Length; i++)
            {
                if (!(Math.Abs(sum[i] - expected[i]) <= 1e-4 * scale))
                    throw new ContractBrokenException($"the gradient of {trial.Place(whole.Prepared, table, i)} is {expected[i]} of the whole step and {sum[i]} of its slices: is the loss divided by Slice.BatchSize?");
            }
        }
    }

    /// <summary>Whether the derivative along a direction is the gradient's; false: no derivative can be measured.</summary>
    private static bool Agrees(ContractTrial trial, PreparedSlice prepared, int table, Range part, float[] gradient)
    {
        float[] way = Way(trial, gradient, part);
        double expected = 0;
        for (int i = part.Start.Value; i < part.End.Value; i++)
            expected += (double)gradient[i] * way[i];
        double scale = trial.Subject.SummedLoss ? 1 : 1.0 / prepared.Slice.BatchSize;
        double measured = double.NaN;
        float step = LargestStep;
        for (int i = 0; i <= Halvings; i++, step /= 2)
        {
            double next = scale * (Loss(step) - Loss(-step)) / (2 * step), tolerance = (1e-3 * Math.Max(1, scale * prepared.Slice.BatchSize / 8)) + (0.01 * Math.Abs(next));
            if (Math.Abs(next - expected) <= tolerance)
                return true;
            if (Math.Abs(next - measured) <= tolerance / 4)
            {
                throw new ContractBrokenException(
                    $"along a direction from {trial.Place(prepared, table, part.Start.Value)} on the loss rises by {next:G6}, and the gradient says {expected:G6}");
            }

            measured = next;
        }

        return false;

        double Loss(float length)
        {
            float[][] values = trial.Pull(prepared);
            TableSpec spec = trial.Model.Tables[table];
            for (int i = part.Start.Value; i < part.End.Value; i++)
            {
                if (prepared.Rows[table][i / spec.Dimension] != spec.PaddingRow)
                    values[table][i] += length * way[i];
            }

            return trial.Train(prepared, values, _ => false).Loss.Sum;
        }
    }

    private static float[] Way(ContractTrial trial, float[] gradient, Range part)
    {
        var random = new CounterRandom(trial.Subject.Seed, RandomPurpose.Sampling, part.Start.Value, part.End.Value);
        var noise = new float[gradient.Length];
        for (int i = part.Start.Value; i < part.End.Value; i++)
            noise[i] = random.NextSingle() - 0.5f;
        float own = Norm(gradient.AsSpan(part)), length = Norm(noise.AsSpan(part));
        for (int i = part.Start.Value; i < part.End.Value; i++)
            noise[i] = (noise[i] / length) + (own > 0 ? gradient[i] / own : 0);
        return noise;
    }

    private static float Norm(ReadOnlySpan<float> values)
    {
        double sum = 0;
        foreach (float value in values)
            sum += (double)value * value;
        return (float)Math.Sqrt(sum);
    }
}
