using DistEmbed.Protocol.Checkpoints;
using DistEmbed.Protocol.Messages;

namespace DistEmbed.Coordinator.Run;

/// <summary>How a run stands, for whoever watches.</summary>
public sealed record RunProgress
{
    /// <summary>What the run does: <c>joining</c>, <c>seeding</c>, <c>training</c>, <c>evaluating</c>, <c>snapshotting</c>, <c>restoring-best</c>, <c>over</c>.</summary>
    public required string Phase { get; init; }

    /// <summary>Whether nothing is granted until somebody resumes it.</summary>
    public bool Paused { get; init; }

    /// <summary>Every step up to this one is applied everywhere.</summary>
    public required int Step { get; init; }

    /// <summary>Every step up to this one is granted.</summary>
    public required int GrantedStep { get; init; }

    /// <summary>The last step of the run, as far as is known.</summary>
    public required int EndStep { get; init; }

    /// <summary>Steps of an epoch.</summary>
    public required int StepsPerEpoch { get; init; }

    /// <summary>Seconds of training so far.</summary>
    public required double Seconds { get; init; }

    /// <summary>Mean loss of the last steps; null before the first.</summary>
    public double? Loss { get; init; }

    /// <summary>Examples a second, over the last seconds.</summary>
    public double ExamplesPerSecond { get; init; }

    /// <summary>Words a second, over the last seconds; where <see cref="Unit"/> is neither examples nor words, of that unit.</summary>
    public double WordsPerSecond { get; init; }

    /// <summary>What the model trains on, <see cref="Protocol.Jobs.ModelSpec.Unit"/>.</summary>
    public required string Unit { get; init; }

    /// <summary>Whether the model trains on examples, each of some words.</summary>
    public bool HasExamples => Unit == Protocol.Jobs.ModelSpec.Examples;

    /// <summary>The last evaluation on dev.</summary>
    public EvaluationRecord? LastEvaluation { get; init; }

    /// <summary>The best evaluation on dev.</summary>
    public BestEvaluation? Best { get; init; }

    /// <summary>Step of the last committed checkpoint; null: none.</summary>
    public int? LastCheckpoint { get; init; }

    /// <summary>The groups of tables.</summary>
    public required IReadOnlyList<GroupStatus> Groups { get; init; }

    /// <summary>The workers.</summary>
    public required IReadOnlyList<WorkerStatus> Workers { get; init; }

    /// <summary>The shards.</summary>
    public required IReadOnlyList<ShardStatus> Shards { get; init; }

    /// <summary>Who is being waited for, and why; the longest first.</summary>
    public required IReadOnlyList<Awaited> Awaited { get; init; }

    /// <summary>Counters since training began.</summary>
    public required RunTotals Totals { get; init; }

    /// <summary>The phase of training; null where the job has no phases of its own.</summary>
    public TrainingPhase? TrainingPhase { get; init; }
}

/// <summary>A phase of the job's training.</summary>
/// <param name="Number">Its number, from 1.</param>
/// <param name="Count">How many the job has.</param>
/// <param name="Name">Its name.</param>
/// <param name="FirstStep">Its first step.</param>
/// <param name="Ends">What ends it, in words; empty for the last.</param>
public sealed record TrainingPhase(int Number, int Count, string Name, int FirstStep, string Ends);

/// <summary>A group of tables.</summary>
/// <param name="Group">Its name.</param>
/// <param name="Frozen">Whether the next step leaves it unchanged.</param>
/// <param name="LearningRate">Learning rate of the next step.</param>
/// <param name="NextChange">Step at which it thaws; null: nothing is due.</param>
public sealed record GroupStatus(string Group, bool Frozen, double LearningRate, int? NextChange)
{
    /// <summary>Rows that the next step leaves unchanged while it tunes others of the group; 0: all do the same.</summary>
    public long FrozenRows { get; init; }
}

/// <summary>A worker.</summary>
/// <param name="Worker">Its name.</param>
/// <param name="Report">Its last report; null before the first.</param>
/// <param name="SilentSeconds">Seconds since that report.</param>
/// <param name="RowsPerSecond">Rows pulled and pushed a second, over the last seconds.</param>
/// <param name="BytesPerSecond">Bytes pulled and pushed a second, over the last seconds.</param>
/// <param name="OpenSlices">Slices granted to it that are not done.</param>
/// <param name="Draining">Whether it is granted nothing more.</param>
public sealed record WorkerStatus(
    string Worker, WorkerReport? Report, double SilentSeconds, double RowsPerSecond, double BytesPerSecond, int OpenSlices, bool Draining);

/// <summary>A shard.</summary>
/// <param name="Shard">Its number.</param>
/// <param name="Report">Its last report; null before the first.</param>
/// <param name="SilentSeconds">Seconds since that report.</param>
/// <param name="RowsPerSecond">Rows given and taken a second, over the last seconds.</param>
/// <param name="BytesPerSecond">Bytes given and taken a second, over the last seconds.</param>
public sealed record ShardStatus(int Shard, ShardReport? Report, double SilentSeconds, double RowsPerSecond, double BytesPerSecond);

/// <summary>Somebody who is being waited for.</summary>
/// <param name="Who">A worker, a shard, or who should have come.</param>
/// <param name="Why">What is awaited and what is known about it, in words: <c>slice 1 of step 40, computing for 3.2 s</c>.</param>
/// <param name="Seconds">For how long.</param>
public sealed record Awaited(string Who, string Why, double Seconds);
