namespace DistEmbed.Protocol.Jobs;

/// <summary>A phase in which a group of tables is frozen: from the start of training until a step or epoch.</summary>
public sealed record FreezeSpec
{
    /// <summary>The group: <c>embedding</c>, or a dense layer's name.</summary>
    public required string Group { get; init; }

    /// <summary>Epochs for which the group stays frozen: with 4 the fifth is the first that may change it. This or <see cref="UntilStep"/>; with neither, the group never changes.</summary>
    public int? UntilEpoch { get; init; }

    /// <summary>First step (from 1) that may change the group.</summary>
    public int? UntilStep { get; init; }

    /// <summary>Steps after the thaw over which the group's learning rate rises linearly from zero.</summary>
    public int WarmupSteps { get; init; }
}
