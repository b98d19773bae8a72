using DistEmbed.Coordinator.Control;
using DistEmbed.Coordinator.Run;
using DistEmbed.Protocol.Checkpoints;
using DistEmbed.Protocol.Measures;
using DistEmbed.Protocol.Messages;

namespace DistEmbed.Coordinator.Tests.Grpc;

/// <summary>Statuses of a cluster in typical states.</summary>
internal static class Statuses
{
    public static ClusterStatus Idle => new()
    {
        Cluster = "distembed",
        Version = "0.1.0",
        State = "idle",
        Nodes = [new ClusterNode("head-1", NodeRole.Coordinator, "127.0.0.1:4000", "up", "0.1.0", [])],
    };

    public static ClusterStatus Preparing => Idle with { State = "preparing", RunDirectory = "kim-1", Job = "kim", Stage = "vectors", Attempt = 1 };

    public static ClusterStatus Waiting => Preparing with
    {
        State = "waiting",
        Awaited = [new Awaited("1 worker", "the job asks for 2 workers, 1 is here", 12.34)],
        LastEnded = new EndedJob("kim-0", "failed", "the disk is full", null),
    };

    public static ClusterStatus Training => Preparing with
    {
        State = "running",
        Stage = "kim",
        Nodes =
        [
            .. Idle.Nodes, new ClusterNode("ps-1", NodeRole.Server, "127.0.0.1:4001", "up", "0.1.0", ["shard 0", "shard 1"]),
            new ClusterNode("worker-1", NodeRole.Worker, "127.0.0.1:4002", "draining", "0.1.0", ["w-1@head-1.1.2"]),
        ],
        Run = new RunProgress
        {
            Phase = "training",
            Step = 40,
            GrantedStep = 48,
            EndStep = 100,
            StepsPerEpoch = 20,
            Seconds = 4000,
            Loss = 0.51234,
            ExamplesPerSecond = 1234.5,
            WordsPerSecond = 23456.7,
            Unit = "examples",
            LastEvaluation = new EvaluationRecord(40, 1, 0.45, Scores.OfAccuracy(0.8125)),
            Best = new BestEvaluation(20, 0.8333),
            LastCheckpoint = 20,
            Groups = [new GroupStatus("embedding", true, 0, 60), new GroupStatus("conv2", false, 0.05, null), new GroupStatus("bias", true, 0, null)],
            Workers =
            [
                new WorkerStatus("w-1@head-1.1.2", new WorkerReport("w-1@head-1.1.2", WorkerActivity.Computing, 41, 0, [], 1, 2, 3, 4), 0.2, 1200, 1_440_000, 3, true),
                new WorkerStatus("w-2", null, 0, 0, 0, 0, false),
            ],
            Shards =
            [
                new ShardStatus(0, new ShardReport(0, 40, [1, 3], 2, 12345, 1, 2, 3, 4), 0.2, 600, 720),
                new ShardStatus(1, new ShardReport(1, 40, [], 0, 12, 1, 2, 3, 4), 0.2, 0, 2_500_000_000),
            ],
            Awaited = [],
            Totals = new RunTotals(),
        },
        Drift = [new DriftStatus("embedding", 20, 16188, 13650, 0.99987, 0.012345, 1.01, ["too", "bad"])],
    };

    public static ClusterStatus OfCells => WithRun(r => r with { Unit = "cells" });

    public static ClusterStatus Evaluating => WithRun(r => r with { Phase = "evaluating", Best = null, LastEvaluation = null, Loss = null, LastCheckpoint = null });

    public static ClusterStatus Paused => WithRun(r => r with { Paused = true });

    public static ClusterStatus AllApplied => WithRun(r => r with { GrantedStep = 40 });

    public static ClusterStatus Stalled => WithRun(r => r with
    {
        Workers = [r.Workers[0] with { SilentSeconds = 3.25, Report = r.Workers[0].Report! with { Doing = WorkerActivity.Pulling, Shards = [1] } }],
        Awaited = [new Awaited("w-1@head-1.1.2", "slice 0 of step 41, silent for 3.2 s", 3.25)],
    });

    public static ClusterStatus Recovering => Waiting with { State = "recovering", Attempt = 2, Awaited = [new Awaited("ps-2", "hosts shard 1 anew", 0.5)], LastEnded = null };

    public static ClusterStatus Finishing => Preparing with { State = "finishing", Attempt = 0 };

    public static ClusterStatus Ended(string status, string? error) => Idle with { LastEnded = new EndedJob("kim-1", status, error, error is null ? "abc123" : null) };

    private static ClusterStatus WithRun(Func<RunProgress, RunProgress> change) => Training with { Run = change(Training.Run!) };
}
