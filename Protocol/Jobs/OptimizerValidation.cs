namespace DistEmbed.Protocol.Jobs;

/// <summary>Checks the settings of optimizers and schedules.</summary>
public static class OptimizerValidation
{
    /// <summary>Every setting of <paramref name="spec"/> that is out of range.</summary>
    /// <param name="spec">The optimizer.</param>
    /// <param name="path">Its path in the job, such as <c>optimizers.default</c>.</param>
    public static IEnumerable<InputError> Validate(this OptimizerSpec spec, string path)
    {
        foreach ((string name, double value, double least, double below) in Ranges(spec))
        {
            if (!(value >= least && value < below))
            {
                string range = double.IsPositiveInfinity(below) ? $"must be at least {least}" : $"must be at least {least} and below {below}";
                yield return new InputError($"{path}.{name}", FormattableString.Invariant($"{range}, found {value}."), "");
            }
        }
        if (spec.MaxNorm is { } norm && !(norm > 0))
            yield return new InputError($"{path}.maxNorm", FormattableString.Invariant($"must be above 0, found {norm}."), "Leave it out for no bound.");
    }

    private static IEnumerable<(string Name, double Value, double Least, double Below)> Ranges(OptimizerSpec spec)
    {
        const double Any = double.PositiveInfinity;
        yield return ("learningRate", spec.LearningRate, 0, Any);
        yield return ("l2", spec.L2, 0, Any);
        yield return ("decay", spec.Decay, 0, Any);
        (string, double, double, double)[] own = spec switch
        {
            SgdSpec sgd => [("momentum", sgd.Momentum, 0, 1)],
            AdaGradSpec adagrad => [("epsilon", adagrad.Epsilon, 0, Any), ("initialAccumulator", adagrad.InitialAccumulator, 0, Any)],
            RowAdaGradSpec adagrad => [("epsilon", adagrad.Epsilon, 0, Any), ("initialAccumulator", adagrad.InitialAccumulator, 0, Any)],
            AdamSpec adam => [("beta1", adam.Beta1, 0, 1), ("beta2", adam.Beta2, 0, 1), ("epsilon", adam.Epsilon, 0, Any)],
            AdamWSpec adam => [("beta1", adam.Beta1, 0, 1), ("beta2", adam.Beta2, 0, 1), ("epsilon", adam.Epsilon, 0, Any)],
            AdadeltaSpec adadelta => [("rho", adadelta.Rho, 0, 1), ("epsilon", adadelta.Epsilon, 0, Any)],
            _ => [],
        };
        foreach (var range in own)
            yield return range;
        switch (spec.Schedule)
        {
            case LinearSchedule linear:
                yield return ("schedule.floor", linear.Floor, 0, 1);
                break;
            case WarmupSchedule warmup:
                yield return ("schedule.steps", warmup.Steps, 1, Any);
                break;
            case SlantedTriangleSchedule triangle:
                yield return ("schedule.cutFraction", triangle.CutFraction, double.Epsilon, 1);
                yield return ("schedule.ratio", triangle.Ratio, 1, Any);
                break;
        }
    }
}
