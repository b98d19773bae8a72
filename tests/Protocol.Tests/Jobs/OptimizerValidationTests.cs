using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Protocol.Tests.Jobs;

public class OptimizerValidationTests
{
    private static readonly OptimizerSpec Exact = new SgdSpec { Untouched = UntouchedRows.Exact };

    public static TheoryData<string, OptimizerSpec> Wrong { get; } = new()
    {
        { "learningRate", new SgdSpec { LearningRate = 0 } },
        { "learningRate", new SgdSpec { LearningRate = double.NaN } },
        { "learningRate", new AdamSpec { LearningRate = double.PositiveInfinity } },
        { "l2", new SgdSpec { L2 = -1 } },
        { "l2", new SgdSpec { L2 = 100 } },
        { "decay", new SgdSpec { Decay = double.NaN } },
        { "decay", new AdamWSpec { Decay = 2000 } },
        { "decay", new AdamSpec { Decay = 0.01 } },
        { "maxNorm", new SgdSpec { MaxNorm = 0 } },
        { "momentum", new SgdSpec { Momentum = 1 } },
        { "momentum", new SgdSpec { Momentum = -0.1 } },
        { "nesterov", new SgdSpec { Nesterov = true } },
        { "beta1", new AdamSpec { Beta1 = 1 } },
        { "beta2", new AdamWSpec { Beta2 = -1 } },
        { "epsilon", new AdamSpec { Epsilon = 0 } },
        { "epsilon", new AdaGradSpec { Epsilon = 1e-60 } },
        { "initialAccumulator", new AdaGradSpec { InitialAccumulator = -1 } },
        { "initialAccumulator", new RowAdaGradSpec { InitialAccumulator = -1 } },
        { "rho", new AdadeltaSpec { Rho = 1 } },
        { "rho", new AdadeltaSpec { Rho = 0 } },
        { "schedule.floor", new SgdSpec { Schedule = new LinearSchedule { Floor = 2 } } },
        { "schedule.steps", new SgdSpec { Schedule = new WarmupSchedule { Steps = 0 } } },
        { "schedule.cutFraction", new SgdSpec { Schedule = new SlantedTriangleSchedule { CutFraction = 1 } } },
        { "schedule.ratio", new SgdSpec { Schedule = new SlantedTriangleSchedule { Ratio = 0.5 } } },
        { "untouched", new AdamSpec { Untouched = UntouchedRows.Exact } },
        { "untouched", new AdamWSpec { Untouched = UntouchedRows.Exact } },
        { "untouched", new AdaGradSpec { Untouched = UntouchedRows.Exact, L2 = 0.1 } },
        { "untouched", new RowAdaGradSpec { Untouched = UntouchedRows.Exact, L2 = 0.1 } },
        { "untouched", new AdadeltaSpec { Untouched = UntouchedRows.Exact, L2 = 0.1 } },
        { "untouched", new SgdSpec { Untouched = UntouchedRows.Exact, Momentum = 0.9, MaxNorm = 3 } },
    };

    public static TheoryData<OptimizerSpec> Right { get; } =
    [
        new SgdSpec(), new AdaGradSpec(), new RowAdaGradSpec(), new AdamSpec(), new AdamWSpec(), new AdadeltaSpec(), new AdamSpec { L2 = 0.1 },
        new SgdSpec { Untouched = UntouchedRows.Exact, Momentum = 0.9, Nesterov = true, L2 = 0.1, Decay = 0.1 },
        new SgdSpec { Untouched = UntouchedRows.Exact, MaxNorm = 3 },
        new AdaGradSpec { Untouched = UntouchedRows.Exact, Decay = 0.1, MaxNorm = 3 },
        new AdadeltaSpec { Untouched = UntouchedRows.Exact, Decay = 0.1, MaxNorm = 3 },
        new SgdSpec { Schedule = new SlantedTriangleSchedule() },
    ];

    [Theory]
    [MemberData(nameof(Wrong))]
    public void A_wrong_setting_is_named_with_a_fix(string setting, OptimizerSpec spec)
    {
        InputError error = Assert.Single(spec.Validate("optimizers.embedding"));
        Assert.Equal($"optimizers.embedding.{setting}", error.Where);
        Assert.NotEmpty(error.Fix);
    }

    [Theory]
    [MemberData(nameof(Right))]
    public void Usable_settings_pass(OptimizerSpec spec) => Assert.Empty(spec.Validate("optimizers.embedding"));

    [Fact]
    public void Every_error_is_found_at_once()
    {
        var spec = new AdamSpec { LearningRate = -1, Beta1 = 2, Epsilon = -1, Untouched = UntouchedRows.Exact };
        Assert.Equal(["o.learningRate", "o.beta1", "o.epsilon", "o.untouched"], spec.Validate("o").Select(e => e.Where));
    }

    [Fact]
    public void The_norm_that_the_model_asks_for_counts()
    {
        OptimizerSpec momentum = (SgdSpec)Exact with { Momentum = 0.9 };
        Assert.Empty(momentum.Validate("o"));
        Assert.Equal("o.untouched", Assert.Single(momentum.Validate("o", tableMaxNorm: 3)).Where);
    }
}
