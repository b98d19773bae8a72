using System.Text.Json.Serialization;

namespace DistEmbed.Protocol.Jobs;

/// <summary>An optimizer of a group of tables; which one is the key <c>kind</c>.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(SgdSpec), "sgd")]
[JsonDerivedType(typeof(AdaGradSpec), "adagrad")]
[JsonDerivedType(typeof(RowAdaGradSpec), "row-adagrad")]
[JsonDerivedType(typeof(AdamSpec), "adam")]
[JsonDerivedType(typeof(AdamWSpec), "adamw")]
[JsonDerivedType(typeof(AdadeltaSpec), "adadelta")]
public abstract record OptimizerSpec
{
    /// <summary>Learning rate before schedule and warm-up. Default: 0.01; 0.001 for adam and adamw, 1 for adadelta, as their papers have it.</summary>
    public double LearningRate { get; init; } = 0.01;

    /// <summary>How the learning rate changes over the run.</summary>
    public ScheduleSpec Schedule { get; init; } = new ConstantSchedule();

    /// <summary>What happens to rows in steps that do not touch them.</summary>
    public UntouchedRows Untouched { get; init; } = UntouchedRows.Skip;

    /// <summary>L2 penalty: this times the row is added to the gradient.</summary>
    public double L2 { get; init; }

    /// <summary>Decoupled decay: each step multiplies the row by 1 - learning rate * this (Loshchilov and Hutter 2019).</summary>
    public double Decay { get; init; }

    /// <summary>Largest L2 norm of a row; a longer row is scaled back after its update (Kim 2014, section 2.1). Absent: no bound.</summary>
    public double? MaxNorm { get; init; }
}

/// <summary>What happens to rows in steps that do not touch them.</summary>
public enum UntouchedRows
{
    /// <summary>Nothing: neither value nor state changes (lazy).</summary>
    Skip,

    /// <summary>What the dense optimizer would do with a zero gradient, made up for when the row is next read or touched.</summary>
    Exact,
}

/// <summary>Stochastic gradient descent, PyTorch's formulation of momentum.</summary>
public sealed record SgdSpec : OptimizerSpec
{
    /// <summary>Momentum; 0: none, and no state.</summary>
    public double Momentum { get; init; }

    /// <summary>Nesterov's momentum.</summary>
    public bool Nesterov { get; init; }
}

/// <summary>AdaGrad (Duchi et al. 2011).</summary>
public sealed record AdaGradSpec : OptimizerSpec
{
    /// <summary>Added to the root of the accumulator.</summary>
    public double Epsilon { get; init; } = 1e-10;

    /// <summary>Start of the accumulators.</summary>
    public double InitialAccumulator { get; init; }
}

/// <summary>AdaGrad with one accumulator a row: the mean of squared gradients of the row.</summary>
public sealed record RowAdaGradSpec : OptimizerSpec
{
    /// <summary>Added to the root of the accumulator.</summary>
    public double Epsilon { get; init; } = 1e-10;

    /// <summary>Start of the accumulators.</summary>
    public double InitialAccumulator { get; init; }
}

/// <summary>
/// Adam (Kingma and Ba 2015), bias correction by the steps since the group is tuned, whether or not they touched the row (as PyTorch's SparseAdam).
/// With <see cref="OptimizerSpec.Decay"/> it would be AdamW, so that is refused.
/// </summary>
public sealed record AdamSpec : OptimizerSpec
{
    /// <summary>Creates the specification with the learning rate 0.001 of the paper.</summary>
    public AdamSpec() => LearningRate = 0.001;

    /// <summary>Decay of the first moment.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Decay of the second moment.</summary>
    public double Beta2 { get; init; } = 0.999;

    /// <summary>Added to the root of the second moment.</summary>
    public double Epsilon { get; init; } = 1e-8;
}

/// <summary>Adam with decoupled decay, 0.01 unless <see cref="OptimizerSpec.Decay"/> says otherwise (Loshchilov and Hutter 2019).</summary>
public sealed record AdamWSpec : OptimizerSpec
{
    /// <summary>Creates the specification with Adam's default rate and AdamW's default decay.</summary>
    public AdamWSpec() => (LearningRate, Decay) = (0.001, 0.01);

    /// <summary>Decay of the first moment.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Decay of the second moment.</summary>
    public double Beta2 { get; init; } = 0.999;

    /// <summary>Added to the root of the second moment.</summary>
    public double Epsilon { get; init; } = 1e-8;
}

/// <summary>Adadelta (Zeiler 2012).</summary>
public sealed record AdadeltaSpec : OptimizerSpec
{
    /// <summary>Creates the specification with the learning rate 1 of the paper.</summary>
    public AdadeltaSpec() => LearningRate = 1;

    /// <summary>Decay of both averages.</summary>
    public double Rho { get; init; } = 0.95;

    /// <summary>Added under both roots.</summary>
    public double Epsilon { get; init; } = 1e-6;
}
