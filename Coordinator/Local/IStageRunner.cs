using DistEmbed.Coordinator.Run;
using DistEmbed.Protocol.Checkpoints;

namespace DistEmbed.Coordinator.Local;

/// <summary>Carries a prepared stage out: in this process, or on the nodes of a cluster.</summary>
public interface IStageRunner
{
    /// <summary>Whether the workers are in this process, which has then to load libtorch as the job asks.</summary>
    bool ComputesHere { get; }

    /// <summary>Runs a stage to its end, or until <paramref name="stop"/>.</summary>
    /// <exception cref="AttemptLostException">Shards are gone: another attempt goes on from the last checkpoint.</exception>
    /// <exception cref="RunFailedException">It cannot go on, and trying again would not help.</exception>
    Task<RunOutcome> RunAsync(StageRun stage, CancellationToken stop);
}

/// <summary>An attempt at a stage.</summary>
/// <param name="Name">Name of the stage.</param>
/// <param name="Attempt">Number of the attempt, from 1.</param>
/// <param name="Plan">What is to be done.</param>
/// <param name="Prepared">Its data, vectors, tables.</param>
/// <param name="Checkpoints">Where checkpoints are.</param>
/// <param name="Watch">Told of every event; must return at once. What it throws ends the run.</param>
public sealed record StageRun(string Name, int Attempt, RunPlan Plan, PreparedStage Prepared, CheckpointDirectory Checkpoints, Action<RunEvent> Watch);

/// <summary>An attempt is over without a result, through no fault of the job: everything since the last checkpoint is done again by the next.</summary>
public sealed class AttemptLostException(string reason) : Exception(reason);
