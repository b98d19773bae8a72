using System.Globalization;

namespace DistEmbed.Protocol.Jobs;

/// <summary>What can be wrong with an optimizer's settings. Pure: needs the specification alone, so a job is checked before anything starts.</summary>
public static class OptimizerValidation
{
    /// <summary>Finds every error of <paramref name="spec"/>; none: it can be used.</summary>
    /// <param name="spec">The optimizer.</param>
    /// <param name="path">The setting that holds it, such as <c>optimizers.embedding</c>: errors name settings below it.</param>
    /// <param name="tableMaxNorm">The norm that the model asks of the rows (<see cref="TableSpec.MaxNorm"/>); the optimizer's own comes first.</param>
    public static IReadOnlyList<InputError> Validate(this OptimizerSpec spec, string path, double? tableMaxNorm = null)
    {
        var errors = new List<InputError>();

        void Require(bool holds, string setting, object value, string range, string? why = null)
        {
            if (!holds)
            {
                string found = Convert.ToString(value, CultureInfo.InvariantCulture)!;
                errors.Add(new InputError($"{path}.{setting}", $"{found} is not {range}{(why is null ? "" : $": {why}")}.", $"Set it to {range}."));
            }
        }

        Require(double.IsFinite(spec.LearningRate) && spec.LearningRate > 0, "learningRate", spec.LearningRate, "a finite number above 0");
        Require(double.IsFinite(spec.L2) && spec.L2 >= 0, "l2", spec.L2, "a finite number of at least 0");
        Require(double.IsFinite(spec.Decay) && spec.Decay >= 0, "decay", spec.Decay, "a finite number of at least 0");
        Require(spec.MaxNorm is null || (double.IsFinite(spec.MaxNorm.Value) && spec.MaxNorm > 0), "maxNorm", spec.MaxNorm ?? 0, "a finite number above 0");
        Require(!(spec.Decay * spec.LearningRate >= 1), "decay", spec.Decay, "below 1 / learningRate", "a step would turn the row's sign");
        Require(spec is not SgdSpec || !(spec.L2 * spec.LearningRate >= 1), "l2", spec.L2, "below 1 / learningRate", "a step would turn the row's sign");

        switch (spec)
        {
            case SgdSpec sgd:
                Require(sgd.Momentum is >= 0 and < 1, "momentum", sgd.Momentum, "at least 0 and below 1");
                if (sgd.Nesterov && sgd.Momentum == 0)
                    errors.Add(new InputError($"{path}.nesterov", "true, but momentum is 0.", "Set momentum above 0 (0.9 is usual), or leave nesterov out."));
                break;
            case AdaGradSpec adagrad:
                Accumulator(adagrad.Epsilon, adagrad.InitialAccumulator);
                break;
            case RowAdaGradSpec adagrad:
                Accumulator(adagrad.Epsilon, adagrad.InitialAccumulator);
                break;
            case AdamSpec adam:
                Moments(adam.Beta1, adam.Beta2, adam.Epsilon);
                if (adam.Decay > 0)
                {
                    errors.Add(new InputError($"{path}.decay", $"{Text(adam.Decay)} with kind adam: decoupled decay makes it AdamW.",
                        "Set kind to adamw, or use l2 for a penalty in the gradient."));
                }
                break;
            case AdamWSpec adam:
                Moments(adam.Beta1, adam.Beta2, adam.Epsilon);
                break;
            case AdadeltaSpec adadelta:
                Require(adadelta.Rho is > 0 and < 1, "rho", adadelta.Rho, "above 0 and below 1");
                Epsilon(adadelta.Epsilon);
                break;
        }

        switch (spec.Schedule)
        {
            case LinearSchedule linear:
                Require(linear.Floor is >= 0 and <= 1, "schedule.floor", linear.Floor, "between 0 and 1");
                break;
            case WarmupSchedule warmup:
                Require(warmup.Steps >= 1, "schedule.steps", warmup.Steps, "at least 1");
                break;
            case SlantedTriangleSchedule slanted:
                Require(slanted.CutFraction is > 0 and < 1, "schedule.cutFraction", slanted.CutFraction, "above 0 and below 1");
                Require(double.IsFinite(slanted.Ratio) && slanted.Ratio >= 1, "schedule.ratio", slanted.Ratio, "a finite number of at least 1");
                break;
        }

        if (spec.Untouched == UntouchedRows.Exact && WhyNotExact(spec, spec.MaxNorm ?? tableMaxNorm) is var (what, fix))
            errors.Add(new InputError($"{path}.untouched", what, fix));
        return errors;

        static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);

        void Epsilon(double epsilon) => Require(double.IsFinite(epsilon) && (float)epsilon > 0, "epsilon", epsilon, "above 0 in single precision (1E-45 and up)");

        void Accumulator(double epsilon, double initial)
        {
            Epsilon(epsilon);
            Require(double.IsFinite(initial) && initial >= 0, "initialAccumulator", initial, "a finite number of at least 0");
        }

        void Moments(double beta1, double beta2, double epsilon)
        {
            Require(beta1 is >= 0 and < 1, "beta1", beta1, "at least 0 and below 1");
            Require(beta2 is >= 0 and < 1, "beta2", beta2, "at least 0 and below 1");
            Epsilon(epsilon);
        }
    }

    /// <summary>Why rows that this optimizer tunes cannot be held to where they started (<see cref="RuleState.Anchored"/>, <see cref="RuleState.Capped"/>), and what to do; null: they can.</summary>
    /// <param name="spec">The optimizer.</param>
    /// <param name="maxNorm">Largest norm of a row, the optimizer's or the model's; null: none.</param>
    public static (string What, string Fix)? WhyNotHeld(this OptimizerSpec spec, double? maxNorm)
    {
        string? cause = spec.Decay > 0 ? "decay" : maxNorm is not null ? "maxNorm" : spec is SgdSpec { Momentum: > 0 } ? "momentum" : spec is SgdSpec { L2: > 0 } ? "l2" : null;
        return spec.Untouched == UntouchedRows.Exact && cause is not null
            ? ($"holds rows to where they started, but the optimizer has untouched exact and {cause}: both would move rows in steps that do not touch them, which cannot be made up for in one go.",
                $"Set the optimizer's untouched to skip, or leave {cause} out.")
            : null;
    }

    /// <summary>Why skipped steps of <paramref name="spec"/> have no closed form, and what to do; null: they have one.</summary>
    private static (string What, string Fix)? WhyNotExact(OptimizerSpec spec, double? maxNorm) => spec switch
    {
        AdamSpec or AdamWSpec => ("exact, but steps of Adam without a gradient cannot be made up for in one go.",
            "Set it to skip, or use sgd, adagrad, row-adagrad or adadelta."),
        SgdSpec { Momentum: > 0 } when maxNorm is not null => ("exact, but momentum moves untouched rows and maxNorm would have to bound them in every step.",
            "Set it to skip, set momentum to 0, or drop maxNorm."),
        AdaGradSpec { L2: > 0 } or RowAdaGradSpec { L2: > 0 } or AdadeltaSpec { L2: > 0 } => (
            "exact, but with l2 the penalty enters the accumulators of untouched rows, which cannot be made up for in one go.",
            "Set it to skip, or use decay instead of l2."),
        _ => null,
    };
}
