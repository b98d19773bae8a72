namespace Samples;

/// <summary>What a job may set under <c>model.settings</c>.</summary>
public sealed record AveragingSettings
{
    /// <summary>Units of the hidden layer.</summary>
    public int Hidden { get; init; } = 100;

    /// <summary>Probability that a hidden unit is dropped while training.</summary>
    public float Dropout { get; init; } = 0.3f;
}
