using System.Text.Json.Serialization;

namespace DistEmbed.Protocol.Jobs;

/// <summary>A learning-rate schedule; which one is the key <c>kind</c>.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(ConstantSchedule), "constant")]
[JsonDerivedType(typeof(LinearSchedule), "linear")]
[JsonDerivedType(typeof(WarmupSchedule), "warmup")]
[JsonDerivedType(typeof(SlantedTriangleSchedule), "slanted-triangle")]
public abstract record ScheduleSpec
{
    /// <summary>The factor on the base learning rate at <paramref name="step"/>, 1 to <paramref name="totalSteps"/>.</summary>
    public abstract double Factor(int step, int totalSteps);
}

/// <summary>The learning rate stays.</summary>
public sealed record ConstantSchedule : ScheduleSpec
{
    /// <inheritdoc/>
    public override double Factor(int step, int totalSteps) => 1;
}

/// <summary>Falls linearly over the whole run: 1 at the first step, 1/totalSteps at the last, and never below <see cref="Floor"/> (word2vec: 0.0001).</summary>
public sealed record LinearSchedule : ScheduleSpec
{
    /// <summary>The smallest factor.</summary>
    public double Floor { get; init; }

    /// <inheritdoc/>
    public override double Factor(int step, int totalSteps) => Math.Max(Floor, (totalSteps + 1 - step) / (double)totalSteps);
}

/// <summary>Rises linearly for the first steps, then stays, or falls linearly towards zero, which the step after the last would reach.</summary>
public sealed record WarmupSchedule : ScheduleSpec
{
    /// <summary>Steps of the rise: the first has 1/Steps of the rate, this one all of it.</summary>
    public required int Steps { get; init; }

    /// <summary>Whether the rate falls linearly to zero after the rise.</summary>
    public bool ThenDecay { get; init; }

    /// <inheritdoc/>
    public override double Factor(int step, int totalSteps)
    {
        if (step < Steps)
            return step / (double)Steps;
        return ThenDecay ? Math.Max(0, (totalSteps + 1 - step) / (double)Math.Max(1, totalSteps + 1 - Steps)) : 1;
    }
}

/// <summary>
/// Slanted triangle of ULMFiT (Howard and Ruder 2018, equation 3), except that the fall ends at the last step also where totalSteps * CutFraction is no whole
/// number: the equation rounds the cut down and would then end early, or, in runs too short for a cut, not at all.
/// </summary>
public sealed record SlantedTriangleSchedule : ScheduleSpec
{
    /// <summary>Share of the run in which the rate rises.</summary>
    public double CutFraction { get; init; } = 0.1;

    /// <summary>Largest rate over smallest.</summary>
    public double Ratio { get; init; } = 32;

    /// <inheritdoc/>
    public override double Factor(int step, int totalSteps)
    {
        double cut = Math.Max(1, Math.Floor(totalSteps * CutFraction));
        double position = step < cut ? step / cut : 1 - (step - cut) / Math.Max(1, totalSteps - cut);
        return (1 + Math.Clamp(position, 0, 1) * (Ratio - 1)) / Ratio;
    }
}
