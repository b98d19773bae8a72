namespace DistEmbed.Coordinator.Reports;

/// <summary>A line of a <see cref="StepLog{T}"/>.</summary>
public interface IStepRecord
{
    /// <summary>The step after which it was taken.</summary>
    int Step { get; }
}
