using DistEmbed.Coordinator.Run;
using DistEmbed.Worker.Models;

namespace DistEmbed.Coordinator.Local;

/// <summary>Runs stages in this process.</summary>
public sealed class LocalRunner : IStageRunner
{
    /// <inheritdoc/>
    public bool ComputesHere => true;

    /// <inheritdoc/>
    public Task<RunOutcome> RunAsync(StageRun stage, CancellationToken stop) => LocalCluster.RunAsync(
        stage.Plan, stage.Prepared.Data, stage.Prepared.Batches, () => ModelCatalog.Create(stage.Plan.Job.Model, stage.Prepared.Shape), stage.Prepared.Seeds,
        stage.Checkpoints, stage.Watch, stop);
}
