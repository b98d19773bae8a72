using Akka.Actor;
using DistEmbed.ParameterServer.Storage;
using DistEmbed.Protocol.Checkpoints;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Sharding;

namespace DistEmbed.ParameterServer.Actors;

/// <summary>
/// The one writer of a shard's rows: a shell around <see cref="ShardStore"/>. Files are written and read on other threads, from snapshots. It must never be
/// restarted by supervision, since a restart would be an empty shard that looks healthy: its parent stops it and the run fails, to be resumed from a checkpoint.
/// </summary>
public sealed class ShardActor : UntypedActor
{
    private readonly int _shard;
    private readonly IReadOnlyList<TablePlan> _plans;
    private readonly ShardStore _store;
    private readonly IActorRef _coordinator;
    private readonly Dictionary<string, IActorRef> _workers = [];
    private readonly List<ShardReply> _replies = [];
    private readonly ShardMap _map;

    /// <summary>Creates the shard and reports it to <paramref name="coordinator"/>.</summary>
    public ShardActor(int shard, ShardMap map, IReadOnlyList<TablePlan> plans, TrainingSpec training, ulong seed, IActorRef coordinator)
    {
        _shard = shard;
        _plans = plans;
        _map = map;
        _store = new ShardStore(shard, map, plans, training, seed);
        _coordinator = coordinator;
    }

    /// <summary>Recipe of the actor.</summary>
    public static Props Props(int shard, ShardMap map, IReadOnlyList<TablePlan> plans, TrainingSpec training, ulong seed, IActorRef coordinator) =>
        Akka.Actor.Props.Create(() => new ShardActor(shard, map, plans, training, seed, coordinator));

    /// <inheritdoc/>
    protected override void PreStart() => _coordinator.Tell(new ShardReady(_shard));

    /// <inheritdoc/>
    protected override void PostStop() => _store.Dispose();

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        try
        {
            Take(message);
        }
        catch (Exception exception)
        {
            // The shard is stopped by its supervisor; the reason must reach whoever reads the run's error.
            Fail($"{message.GetType().Name}: {exception.Message}");
            throw;
        }
    }

    private void Take(object message)
    {
        switch (message)
        {
            case PullRows pull:
                _workers[pull.Id.Worker] = Sender;
                _store.Pull(pull, _replies);
                SendReplies();
                break;
            case PushRows push:
                _workers[push.Worker] = Sender;
                _store.Push(push, _replies);
                SendReplies();
                break;
            case StepsSettled settled:
                _store.Settle(settled.Step);
                break;
            case AssignRows assign:
                _store.Assign(assign);
                Sender.Tell(new RowsAssigned(_shard));
                break;
            case WriteShard write:
                Write(write);
                break;
            case RestoreShard restore:
                Restore(restore);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void SendReplies()
    {
        foreach (ShardReply reply in _replies)
            _workers[reply.Worker].Tell(reply.Message, Self);
        _replies.Clear();
    }

    private void Write(WriteShard write)
    {
        if (_store.AppliedStep != write.Step)
        {
            Fail($"checkpoint of step {write.Step} asked at step {_store.AppliedStep}");
            return;
        }

        IReadOnlyList<RowTableSnapshot> snapshot = _store.Snapshot();
        _coordinator.Tell(new SnapshotTaken(_shard, write.Step));
        PushCounters counters = _store.Counters;
        Task.Factory.StartNew(() => ShardFiles.Write(write, _shard, _map.Shards, _plans, snapshot, counters),
                CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)
            .PipeTo(_coordinator, Self, failure: exception => new NodeFailed($"shard-{_shard}", exception.GetBaseException().Message));
    }

    private void Restore(RestoreShard restore)
    {
        // No pull or push can come meanwhile: the coordinator grants nothing before every shard has reported.
        try
        {
            long rows = ShardFiles.Restore(restore, _plans, _store);
            _coordinator.Tell(new ShardRestored(_shard, restore.Step, rows) { Generation = restore.Generation });
        }
        catch (Exception exception) when (exception is IOException or CheckpointDamagedException)
        {
            Fail(exception.Message);
        }
    }

    private void Fail(string reason) => _coordinator.Tell(new NodeFailed($"shard-{_shard}", reason));
}
