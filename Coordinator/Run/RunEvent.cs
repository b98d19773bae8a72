using DistEmbed.Protocol.Checkpoints;
using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Coordinator.Run;

/// <summary>Something that happened in a run, for whoever watches: console, metrics, event files.</summary>
public abstract record RunEvent
{
    /// <summary>Training starts or goes on.</summary>
    /// <param name="Step">The step after which; 0: at the start.</param>
    /// <param name="Seconds">Seconds of training before, in earlier processes.</param>
    public sealed record Started(int Step, double Seconds) : RunEvent;

    /// <summary>A step is applied everywhere.</summary>
    /// <param name="Step">What it measured.</param>
    /// <param name="Seconds">Seconds of training so far, earlier processes included.</param>
    public sealed record Settled(SettledStep Step, double Seconds) : RunEvent;

    /// <summary>The dev part was evaluated.</summary>
    /// <param name="Record">The result.</param>
    /// <param name="IsBest">Whether it is the best so far.</param>
    public sealed record Evaluated(EvaluationRecord Record, bool IsBest) : RunEvent;

    /// <summary>A checkpoint is on disk, complete.</summary>
    public sealed record CheckpointCommitted(int Step, CheckpointKind Kind) : RunEvent;

    /// <summary>A group of tables is changed from a step on.</summary>
    public sealed record Changed(PlanChange Change) : RunEvent;

    /// <summary>Somebody had the run pause: nothing is granted from <paramref name="Step"/> on.</summary>
    public sealed record Paused(string Who, int Step) : RunEvent;

    /// <summary>Somebody had the run go on with <paramref name="Step"/>.</summary>
    public sealed record Resumed(string Who, int Step) : RunEvent;

    /// <summary>Somebody asked for a checkpoint at the end of <paramref name="Step"/>.</summary>
    public sealed record CheckpointAsked(string Who, int Step) : RunEvent;

    /// <summary>Somebody wants a worker to be granted nothing from <paramref name="Step"/> on.</summary>
    public sealed record DrainAsked(string Who, string Worker, int Step) : RunEvent;

    /// <summary>The run was told to end after a step.</summary>
    /// <param name="Who">Who asked; null: a signal to the process.</param>
    /// <param name="Server">The server that is drained, so that another attempt goes on without it; null: the run is to end.</param>
    /// <param name="Step">The step.</param>
    public sealed record StopAsked(string? Who, string? Server, int Step) : RunEvent;

    /// <summary>A shard is lost, and its rows with it: this attempt is over, and another can go on from the last checkpoint.</summary>
    public sealed record ShardLost(int Shard) : RunEvent;

    /// <summary>The run has ended.</summary>
    public sealed record Finished(RunOutcome Outcome) : RunEvent;

    /// <summary>The run cannot go on.</summary>
    /// <param name="Node">Who said so.</param>
    /// <param name="Reason">Why.</param>
    public sealed record Failed(string Node, string Reason) : RunEvent;
}

/// <summary>How a run ended.</summary>
/// <param name="Interrupted">Whether it was told to stop before its end; a checkpoint is committed.</param>
/// <param name="Step">The last step applied.</param>
/// <param name="EndStep">The step it was to end at: the planned one, or where early stopping set it.</param>
/// <param name="State">Evaluations and counters.</param>
/// <param name="Test">The test part's evaluation; null where there is none.</param>
/// <param name="WeightsStep">The step whose weights were tested and are exported: the best on dev, or the last.</param>
/// <param name="TableHashes">SHA-256 of each table by name, after <paramref name="Step"/>.</param>
public sealed record RunOutcome(
    bool Interrupted, int Step, int EndStep, ResumeState State, EvaluationRecord? Test, int WeightsStep, IReadOnlyDictionary<string, string> TableHashes);
