using System.Text.Json;
using Akka.Actor;
using DistEmbed.Coordinator.Actors;
using DistEmbed.Coordinator.Control;
using DistEmbed.Coordinator.Local;
using DistEmbed.Coordinator.Run;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Messages;

namespace DistEmbed.Coordinator.Hosting;

/// <summary>Runs stages on the nodes of the cluster: puts what they need on the shelf and asks the coordinator's actor for an attempt.</summary>
/// <param name="coordinator">The coordinator's actor, while this process has it.</param>
/// <param name="files">What nodes fetch.</param>
/// <param name="stoppedBy">Who asked for the end of the job that is under way.</param>
public sealed class ClusterRunner(Func<IActorRef?> coordinator, RunFiles files, Func<string?>? stoppedBy = null) : IStageRunner
{
    /// <summary>Whether the job was under way when the last coordinator ended.</summary>
    public Func<bool> TakenUp { get; init; } = () => false;

    /// <inheritdoc/>
    public bool ComputesHere => false;

    /// <inheritdoc/>
    public async Task<RunOutcome> RunAsync(StageRun stage, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        StageFiles published = files.Publish(stage);
        var ended = new TaskCompletionSource<RunOutcome>(TaskCreationOptions.RunContinuationsAsynchronously);
        IActorRef actor = coordinator() ?? throw new NoLongerCoordinatesException();
        RunPlan plan = stage.Plan;
        PreparedStage prepared = stage.Prepared;
        var description = new RunDescription(
            "", JsonSerializer.Serialize(plan.Job, JobJson.Options), plan.Fingerprint, prepared.Tables, plan.StepsPerEpoch, plan.TotalSteps,
            prepared.Facts.Dimension, prepared.Facts.EmbeddingRange, published.Data, published.Rows, plan.Changes, 0, [])
        { ClassesArtifact = published.Classes };
        actor.Tell(new StartAttempt(stage, description, run => files.Context(stage, published, run), files.End, ended, TakenUp()));
        await using CancellationTokenRegistration registration = stop.Register(() => actor.Tell(new StopAttempt(stoppedBy?.Invoke())));
        return await ended.Task.ConfigureAwait(false);
    }
}
