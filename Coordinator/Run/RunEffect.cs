using DistEmbed.Protocol.Checkpoints;

namespace DistEmbed.Coordinator.Run;

/// <summary>Something that the run wants done.</summary>
public abstract record RunEffect
{
    /// <summary>Send a message to a worker.</summary>
    public sealed record ToWorker(string Worker, object Message) : RunEffect;

    /// <summary>Send a message to every shard.</summary>
    public sealed record ToShards(object Message) : RunEffect;

    /// <summary>Give the shards their first rows, then call <see cref="RunState.OnSeeded"/>.</summary>
    public sealed record SeedShards : RunEffect;

    /// <summary>Have every shard take its rows from the checkpoint of a step; their answers go to <see cref="RunState.OnRestored"/>.</summary>
    /// <param name="Step">The step.</param>
    /// <param name="Generation">Generation of the run that begins with it.</param>
    public sealed record RestoreShards(int Step, int Generation) : RunEffect;

    /// <summary>Make the folder of a checkpoint, then call <see cref="RunState.OnCheckpointBegun"/>.</summary>
    public sealed record BeginCheckpoint(int Step) : RunEffect;

    /// <summary>Commit a checkpoint whose files are written, drop old ones, then call <see cref="RunState.OnCheckpointCommitted"/>.</summary>
    /// <param name="Manifest">The manifest.</param>
    /// <param name="KeepSteps">Steps whose checkpoint is kept whatever its age.</param>
    public sealed record CommitCheckpoint(CheckpointManifest Manifest, IReadOnlyCollection<int> KeepSteps) : RunEffect;

    /// <summary>Answer whoever sent the command that is being carried out.</summary>
    public sealed record Answer(object Message) : RunEffect;

    /// <summary>Tell whoever had a worker drained that it has nothing left to do.</summary>
    public sealed record WorkerDrained(string Worker) : RunEffect;

    /// <summary>Tell whoever watches.</summary>
    public sealed record Publish(RunEvent Event) : RunEffect;
}
