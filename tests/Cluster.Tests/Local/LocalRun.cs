using System.Runtime.CompilerServices;
using Akka.Actor;
using DistEmbed.Coordinator.Local;
using DistEmbed.Coordinator.Run;
using DistEmbed.Protocol.Checkpoints;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Testing;
using DistEmbed.Worker.Models;
using DistEmbed.Worker.Training;

namespace DistEmbed.Cluster.Tests.Local;

/// <summary>Runs a prepared stage through the real actors; a run that does not end within the deadline fails the test.</summary>
internal static class LocalRun
{
    public static readonly TimeSpan Deadline = Wait.Deadline;

    /// <summary>What every job here computes with, since a process has one.</summary>
    public static InstructionSet Instructions { get; } = TorchRuntime.Supports(InstructionSet.Avx2) ? InstructionSet.Avx2 : InstructionSet.Baseline;

    [ModuleInitializer]
    public static void Configure() => TorchRuntime.Configure(Instructions, 1);

    public static PreparedStage Prepare(JobSpec job, string? vectorsOfStage = null)
    {
        JobSpec fitting = (job with { Training = job.Training with { InstructionSet = Instructions } }).Resolved();
        Assert.Empty(JobValidator.Validate(fitting));
        return PreparedStage.Of(fitting, _ => vectorsOfStage!);
    }

    public static RunPlan PlanOf(PreparedStage stage, int workers, int shards, CheckpointManifest? from = null) => new()
    {
        Job = stage.Job with { Cluster = new ClusterSpec { Workers = workers, Shards = shards } },
        Fingerprint = JobFingerprint.Of(stage.Job),
        StepsPerEpoch = stage.Facts.StepsPerEpoch,
        TotalSteps = stage.Facts.TotalSteps,
        DevExamples = stage.Data.Dev?.Count ?? 0,
        Measures = stage.Measures,
        TestExamples = stage.Job.Model.NeedsLabels ? stage.Data.Test?.Count ?? 0 : 0,
        Tables = TablePlan.Of(stage.Job, stage.Tables, stage.Freeze, stage.Classes),
        ResumeFrom = from,
    };

    public static async Task<RunOutcome> Run(
        PreparedStage stage, RunPlan plan, CheckpointDirectory checkpoints, Action<RunEvent>? watch = null,
        Func<IEmbeddingModel, IEmbeddingModel>? wrap = null, Action<ActorSystem>? started = null) =>
        await LocalCluster.RunAsync(plan, stage.Data, stage.Batches, () =>
        {
            IEmbeddingModel model = ModelCatalog.Create(stage.Job.Model, stage.Shape);
            return wrap?.Invoke(model) ?? model;
        }, stage.Seeds, checkpoints, watch ?? (_ => { }), CancellationToken.None, started).WaitAsync(Deadline);

    public static async Task<string> HashOf(PreparedStage stage, int workers, int shards)
    {
        using var folder = new TempFolder();
        return TableHash.Of((await Run(stage, PlanOf(stage, workers, shards), folder.Checkpoints)).TableHashes);
    }

    public static async Task SameHashOnEveryGrid(PreparedStage stage)
    {
        string expected = await HashOf(stage, 1, 1);
        foreach ((int workers, int shards) in TestScope.Of<(int, int)[]>([(1, 2), (1, 3), (2, 1), (2, 2), (2, 3), (3, 1), (3, 2), (3, 3)], [(2, 3), (3, 2)]))
            Assert.True(expected == await HashOf(stage, workers, shards), $"{workers} workers, {shards} shards");
    }
}

/// <summary>Checkpoints in a temporary folder.</summary>
internal static class CheckpointFolder
{
    extension(TempFolder folder)
    {
        public CheckpointDirectory Checkpoints => new(folder.In("checkpoints"));
    }
}
