using Akka.Actor;
using Akka.Configuration;
using DistEmbed.Coordinator.Actors;
using DistEmbed.Coordinator.Run;
using DistEmbed.ParameterServer.Actors;
using DistEmbed.Protocol.Checkpoints;
using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Node;
using DistEmbed.Protocol.Sharding;
using DistEmbed.Worker.Actors;
using DistEmbed.Worker.Corpus;
using DistEmbed.Worker.Models;

namespace DistEmbed.Coordinator.Local;

/// <summary>A run that failed; the last committed checkpoint is untouched.</summary>
/// <param name="node">Who could not go on.</param>
/// <param name="reason">Why.</param>
public sealed class RunFailedException(string node, string reason) : Exception($"{node}: {reason}")
{
    /// <summary>Why, without who: that may be chance.</summary>
    public string Reason => reason;
}

/// <summary>All roles in one process: the one place that wires coordinator, shards and workers together without a network.</summary>
public static class LocalCluster
{
    /// <summary>How long a compute thread may take to end after its actor; one whose actor failed to start never says that it has.</summary>
    private static readonly TimeSpan s_longestSlice = TimeSpan.FromSeconds(30);

    /// <summary>Runs a job to its end, or until <paramref name="stop"/>.</summary>
    /// <param name="plan">What is to be done.</param>
    /// <param name="data">The encoded data.</param>
    /// <param name="batches">Which examples make which slice.</param>
    /// <param name="model">Makes a worker's own instance of the model.</param>
    /// <param name="seeds">Rows that start with a given value.</param>
    /// <param name="checkpoints">Where checkpoints are.</param>
    /// <param name="watch">Told of every event; must return at once. What it throws ends the run.</param>
    /// <param name="stop">Asks for an early end with a checkpoint.</param>
    /// <param name="started">Given the actors' system once all are there: for whoever inspects or disturbs the run.</param>
    /// <exception cref="Exception">What <paramref name="watch"/> threw.</exception>
    /// <exception cref="RunFailedException">A worker or shard could not go on.</exception>
    public static async Task<RunOutcome> RunAsync(
        RunPlan plan, PreparedData data, IBatchPlan batches, Func<IEmbeddingModel> model, IReadOnlyList<SeedRows> seeds,
        CheckpointDirectory checkpoints, Action<RunEvent> watch, CancellationToken stop, Action<ActorSystem>? started = null)
    {
        var ended = new TaskCompletionSource<RunOutcome>(TaskCreationOptions.RunContinuationsAsynchronously);
        var map = ShardMap.Even(plan.Job.Cluster.Shards);
        var context = new RunContext(plan.Job.Cluster.Workers, map, seeds, checkpoints, Watch);
        ActorSystem system = ActorSystem.Create(NodeSettings.SystemName, ConfigurationFactory.ParseString(NodeSettings.AkkaConfiguration()));
        var contexts = new List<WorkerContext>();
        try
        {
            IActorRef run = system.ActorOf(RunActor.Props(plan, context), "run");
            IActorRef[] shards = [.. Enumerable.Range(0, map.Shards).Select(shard =>
                system.ActorOf(ShardActor.Props(shard, map, plan.Tables, plan.Job.Training, plan.Job.Seed, run), $"shard-{shard}"))];
            var workers = new List<IActorRef>();
            for (int worker = 0; worker < plan.Job.Cluster.Workers; worker++)
            {
                string name = $"worker-{worker}";
                var work = new WorkerContext(model(), data, batches, plan.Tables, map, plan.Job.Seed, new TaskCompletionSource())
                {
                    Training = plan.Job.Training,
                    CacheBytes = plan.Job.Cluster.RowCacheBytes,
                };
                contexts.Add(work);
                workers.Add(system.ActorOf(WorkerActor.Props(name, work, shards, run), name));
            }

            run.Tell(new RunActor.ActorsCreated([.. shards, .. workers]));

            started?.Invoke(system);
            await using CancellationTokenRegistration registration = stop.Register(() => run.Tell(new StopRun()));
            return await ended.Task.ConfigureAwait(false);
        }
        finally
        {
            await system.Terminate().ConfigureAwait(false);
            // A thread inside the native library when the process ends would take the exit code with it.
            Task ends = Task.WhenAll(contexts.Select(c => c.Ended.Task));
            await Task.WhenAny(ends, Task.Delay(s_longestSlice, CancellationToken.None)).ConfigureAwait(false);
        }

        void Watch(RunEvent happened)
        {
            try
            {
                watch(happened);
            }
            catch (Exception exception)
            {
                // Hours of training whose log cannot be written are not to be noticed at their end.
                ended.TrySetException(exception);
                return;
            }

            if (happened is RunEvent.Finished finished)
                ended.TrySetResult(finished.Outcome);
            else if (happened is RunEvent.Failed failed)
                ended.TrySetException(new RunFailedException(failed.Node, failed.Reason));
        }
    }
}
