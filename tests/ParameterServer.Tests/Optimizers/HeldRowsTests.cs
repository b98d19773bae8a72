using CsCheck;
using DistEmbed.ParameterServer.Optimizers;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;

namespace DistEmbed.ParameterServer.Tests.Optimizers;

/// <summary>Rows that are anchored to where they started, or may not go far from there.</summary>
public class HeldRowsTests
{
    private const int Steps = 60, Dimension = 11;

    public static TheoryData<OptimizerSpec> Optimizers =>
    [
        new SgdSpec { LearningRate = 0.3 }, new SgdSpec { LearningRate = 0.1, Momentum = 0.9, L2 = 0.01, Decay = 0.02 }, new AdaGradSpec { LearningRate = 0.1, MaxNorm = 2 },
        new AdamSpec { LearningRate = 0.05 }, new AdadeltaSpec { LearningRate = 1, Untouched = UntouchedRows.Exact },
    ];

    [Theory]
    [MemberData(nameof(Optimizers))]
    public void No_row_is_ever_further_than_the_radius(OptimizerSpec spec)
    {
        int outermost = 0;
        Gen.Select(Gen.Double[0.001, 0.5], Gen.Int[0, int.MaxValue]).Sample((radius, seed) =>
        {
            IRowOptimizer optimizer = Optimizer(spec, new GroupRule(false, 1, 0, WarmupShape.Linear, 0, radius));
            var random = new Random(seed);
            float[] start = Values(random, 1 + (seed % 2 * 1000)), row = [.. start], state = new float[optimizer.StateSize(Dimension)];
            optimizer.InitializeState(row, state);
            int last = 0;
            for (int step = 1; step <= Steps; step += 1 + random.Next(3))
            {
                optimizer.CatchUp(row, state, last, step - 1);
                optimizer.Apply(row, state, Values(random, 1), last = step);
                double distance = Distance(row, start);
                Assert.InRange(distance, 0, radius);
                outermost += distance > 0.999 * radius ? 1 : 0;
            }
        }, iter: 50, threads: 1);
        Assert.True(outermost > 0 || spec is AdadeltaSpec, "no row has ever reached its radius"); // Adadelta's first steps are tiny
    }

    [Fact]
    public void An_anchor_is_the_penalty_as_a_step_of_its_own()
    {
        IRowOptimizer optimizer = Optimizer(new SgdSpec { LearningRate = 0.5 }, new GroupRule(false, 0.5, 0, WarmupShape.Linear, 0.4));
        float[] row = [2, -1], state = new float[optimizer.StateSize(2)];
        optimizer.InitializeState(row, state);
        optimizer.Apply(row, state, [4, 8], 1);
        // Rate 0.25: 2 - 1 = 1 and -1 - 2 = -3, then a tenth of the way back.
        Assert.Equal([1.1f, -2.8f], row);
        optimizer.Apply(row, state, [0, 0], 2);
        Assert.Equal([1.19f, -2.62f], row.Select(v => MathF.Round(v, 5)));
        Assert.False(optimizer.MovesUntouched);
        optimizer.CatchUp(row, state, 2, 50);
        Assert.Equal([1.19f, -2.62f], row.Select(v => MathF.Round(v, 5)));
    }

    [Fact]
    public void Untouched_rows_that_are_exact_go_back_as_with_zero_gradients()
    {
        var spec = new AdadeltaSpec { LearningRate = 1, Untouched = UntouchedRows.Exact, Schedule = new LinearSchedule() };
        GroupRule anchored = new(false, 1, 0, WarmupShape.Linear, 0.05), capped = anchored with { Radius = 0.7 };
        Gen.Select(Gen.Int[1, 30], Gen.Int[0, 25], Gen.Int[0, int.MaxValue]).Sample((from, steps, seed) =>
        {
            IRowOptimizer one = Phased(spec, (20, anchored), (30, new GroupRule(true)), (Steps, capped)), other = Phased(spec, (20, anchored), (30, new GroupRule(true)), (Steps, capped));
            var random = new Random(seed);
            float[] row = Values(random, 1), state = new float[one.StateSize(Dimension)];
            one.InitializeState(row, state);
            for (int i = 0; i < Dimension; i++)
                row[i] += 1; // further than the radius that comes
            float[] stepwise = [.. row], stepwiseState = [.. state];
            one.CatchUp(row, state, from, from + steps);
            for (int step = from + 1; step <= from + steps; step++)
                other.Apply(stepwise, stepwiseState, new float[Dimension], step);
            for (int i = 0; i < Dimension; i++)
                Assert.InRange(row[i], stepwise[i] - 1e-5f, stepwise[i] + 1e-5f);
            if (from + steps > 30)
                Assert.InRange(Distance(row, state.AsSpan(state.Length - Dimension)), 0, 0.7);
        }, iter: 300);
    }

    [Fact]
    public void A_row_that_no_step_has_moved_keeps_every_bit()
    {
        IRowOptimizer optimizer = Optimizer(new AdadeltaSpec { Untouched = UntouchedRows.Exact }, new GroupRule(false, 1, 0, WarmupShape.Linear, 0.1, 2));
        float[] row = [-0f, 1, 0f], state = new float[optimizer.StateSize(3)];
        optimizer.InitializeState(row, state);
        optimizer.CatchUp(row, state, 0, 40);
        Assert.Equal([int.MinValue, BitConverter.SingleToInt32Bits(1), 0], row.Select(BitConverter.SingleToInt32Bits));
    }

    [Fact]
    public void Rows_that_move_untouched_cannot_be_held()
    {
        InputError error = Assert.Single(Assert.Throws<InvalidInputException>(() => RowOptimizers.Create(
            new SgdSpec { Untouched = UntouchedRows.Exact }, Timeline(new SgdSpec(), (Steps, new GroupRule(false, 1, 0, WarmupShape.Linear, 0.1))), maxNorm: 3)).Errors);
        Assert.Equal("optimizers.embedding.untouched", error.Where);
        Assert.Contains("maxNorm", error.What, StringComparison.Ordinal);
    }

    private static IRowOptimizer Optimizer(OptimizerSpec spec, GroupRule rule) => Phased(spec, (Steps, rule));

    private static IRowOptimizer Phased(OptimizerSpec spec, params (int LastStep, GroupRule Rule)[] phases) => RowOptimizers.Create(spec, Timeline(spec, phases), null);

    private static GroupTimeline Timeline(OptimizerSpec spec, params (int LastStep, GroupRule Rule)[] phases) => new(
        "embedding", spec, Steps, new PhaseTimes([.. phases.Select((p, i) => i + 1 == phases.Length ? default : new PhaseEnd(p.LastStep, null))]), [.. phases.Select(p => p.Rule)], ThawState.Kept);

    private static float[] Values(Random random, float scale) => [.. Enumerable.Range(0, Dimension).Select(_ => scale * ((2 * random.NextSingle()) - 1))];

    private static double Distance(ReadOnlySpan<float> one, ReadOnlySpan<float> other)
    {
        double sum = 0;
        for (int i = 0; i < one.Length; i++)
            sum += Math.Pow((double)one[i] - other[i], 2);
        return Math.Sqrt(sum);
    }
}
