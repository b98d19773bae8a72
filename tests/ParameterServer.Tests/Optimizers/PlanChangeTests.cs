using DistEmbed.ParameterServer.Optimizers;
using DistEmbed.Protocol.Jobs;

namespace DistEmbed.ParameterServer.Tests.Optimizers;

public class PlanChangeTests
{
    private const int Rows = 8, Dimension = 5, Steps = 200;

    private static readonly PlanChange[] Changes =
    [
        Change(40, frozen: true), Change(70, rate: 0.02), Change(90, frozen: false), Change(130, rate: 0.07), Change(150, frozen: true), Change(170, frozen: false),
    ];

    public static TheoryData<OptimizerSpec> Optimizers { get; } =
    [
        new SgdSpec { LearningRate = 0.05, Momentum = 0.9, L2 = 0.01, Decay = 0.01, Untouched = UntouchedRows.Exact },
        new SgdSpec { LearningRate = 0.05, Decay = 0.02, MaxNorm = 1, Untouched = UntouchedRows.Exact },
        new AdaGradSpec { LearningRate = 0.05, Decay = 0.01, Untouched = UntouchedRows.Exact },
        new AdadeltaSpec { LearningRate = 0.05, Decay = 0.01, Untouched = UntouchedRows.Exact },
        new AdamSpec { LearningRate = 0.05 },
    ];

    /// <summary>What is kept from step to step, such as products of many steps, must hold nothing that a later change makes wrong.</summary>
    [Theory]
    [MemberData(nameof(Optimizers))]
    public void A_change_made_just_before_its_step_gives_the_bits_of_one_known_from_the_start(OptimizerSpec spec)
    {
        Assert.Equal(Train(spec, known: true), Train(spec, known: false));
        Assert.NotEqual(Train(spec, known: true), Train(spec, known: true, changes: []));
    }

    [Theory]
    [MemberData(nameof(Optimizers))]
    public void A_group_that_is_frozen_again_keeps_values_and_state_bit_by_bit(OptimizerSpec spec)
    {
        // Whole products of 16 and 32 steps lie in the frozen steps, and rows that were not touched for long owe nothing for them.
        Assert.Equal(Train(spec, known: true, until: 39, current: true), Train(spec, known: false, until: 89, current: true));
        Assert.NotEqual(Train(spec, known: true, until: 39, current: true), Train(spec, known: true, until: 90, current: true));
    }

    private static float[][] Train(OptimizerSpec spec, bool known, PlanChange[]? changes = null, int until = Steps, bool current = false)
    {
        changes ??= Changes;
        var timeline = new GroupTimeline("embedding", spec, Steps, firstTunedStep: 7, warmupSteps: 3);
        IRowOptimizer optimizer = RowOptimizers.Create(spec, timeline, null);
        foreach (PlanChange change in known ? changes : [])
            timeline.Make(change);
        var random = new Random(3);
        float[][] rows = [.. Enumerable.Range(0, Rows).Select(_ => new float[Dimension + optimizer.StateSize(Dimension)])];
        foreach (float[] row in rows)
        {
            Values(random).CopyTo(row, 0);
            optimizer.InitializeState(row.AsSpan(0, Dimension), row.AsSpan(Dimension));
        }

        int[] last = new int[Rows];
        for (int step = 1; step <= until; step++)
        {
            foreach (PlanChange change in known ? [] : changes.Where(c => c.Step == step))
                timeline.Make(change);
            for (int row = 0; row < Rows; row++)
            {
                bool touched = random.Next(1 + 3 * row) == 0;
                float[] gradient = Values(random);
                // Somebody reads every row before every step.
                float[] copy = [.. rows[row]];
                optimizer.CatchUp(copy.AsSpan(0, Dimension), copy.AsSpan(Dimension), last[row], step - 1);
                if (!touched || timeline.IsFrozen(step))
                    continue;
                optimizer.CatchUp(rows[row].AsSpan(0, Dimension), rows[row].AsSpan(Dimension), last[row], step - 1);
                optimizer.Apply(rows[row].AsSpan(0, Dimension), rows[row].AsSpan(Dimension), gradient, step);
                last[row] = step;
            }
        }

        for (int row = 0; current && row < Rows; row++)
            optimizer.CatchUp(rows[row].AsSpan(0, Dimension), rows[row].AsSpan(Dimension), last[row], until);
        return rows;
    }

    private static float[] Values(Random random) => [.. Enumerable.Range(0, Dimension).Select(_ => random.NextSingle() - 0.5f)];

    private static PlanChange Change(int step, bool? frozen = null, double? rate = null) => new(step, "embedding", frozen, rate, "ana", DateTimeOffset.UnixEpoch);
}
