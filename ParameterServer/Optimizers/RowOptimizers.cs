using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;

namespace DistEmbed.ParameterServer.Optimizers;

/// <summary>Makes row optimizers from their specification.</summary>
public static class RowOptimizers
{
    /// <summary>The optimizer of the rows of one table. It may be used by several threads, each on its own rows.</summary>
    /// <param name="spec">Which one, and its settings.</param>
    /// <param name="timeline">Learning rate and freezing of the table's group, step by step.</param>
    /// <param name="maxNorm">Largest L2 norm that the model asks of a row (<see cref="TableSpec.MaxNorm"/>); a <see cref="OptimizerSpec.MaxNorm"/> comes first.</param>
    /// <exception cref="InvalidInputException">The settings cannot be used; names them below <c>optimizers.GROUP</c>.</exception>
    public static IRowOptimizer Create(OptimizerSpec spec, GroupTimeline timeline, double? maxNorm)
    {
        IReadOnlyList<InputError> errors = spec.Validate($"optimizers.{timeline.Group}", maxNorm);
        if (errors.Count > 0)
            throw new InvalidInputException(errors);
        double? bound = spec.MaxNorm ?? maxNorm;
        if (timeline.IsHeld && spec.WhyNotHeld(bound) is var (what, fix))
            throw new InvalidInputException($"optimizers.{timeline.Group}.untouched", $"a phase {what}", fix);
        return spec switch
        {
            SgdSpec sgd => new SgdOptimizer(sgd, timeline, bound),
            AdaGradSpec adagrad => new AdaGradOptimizer(adagrad, timeline, bound),
            RowAdaGradSpec adagrad => new RowAdaGradOptimizer(adagrad, timeline, bound),
            AdamSpec adam => new AdamOptimizer(adam, adam.Beta1, adam.Beta2, adam.Epsilon, timeline, bound),
            AdamWSpec adam => new AdamOptimizer(adam, adam.Beta1, adam.Beta2, adam.Epsilon, timeline, bound),
            AdadeltaSpec adadelta => new AdadeltaOptimizer(adadelta, timeline, bound),
            _ => throw new ArgumentException($"{spec.GetType().Name} has no row optimizer.", nameof(spec)),
        };
    }
}
