using System.Collections.ObjectModel;
using Akka.Actor;
using DistEmbed.ParameterServer.Storage;
using DistEmbed.ParameterServer.Transfer;
using DistEmbed.Protocol.Artifacts;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Node.Artifacts;
using DistEmbed.Protocol.Sharding;

namespace DistEmbed.ParameterServer.Actors;

/// <summary>
/// The one writer of a shard's rows: a shell around <see cref="ShardStore"/>. Files are written and read on other threads, from snapshots. It must never be
/// restarted by supervision, since a restart would be an empty shard that looks healthy: its parent stops it and the run fails, to be resumed from a checkpoint.
/// While it is being filled from files nothing is served.
/// </summary>
public sealed class ShardActor : UntypedActor, IWithUnboundedStash, IWithTimers
{
    /// <summary>Nothing is granted before every shard is filled, so hardly anything comes meanwhile; more than this is an error.</summary>
    private const int MostHeld = 1024;

    private static readonly TimeSpan s_reportEvery = TimeSpan.FromMilliseconds(500);

    private readonly int _shard;
    private readonly IReadOnlyList<TablePlan> _plans;
    private readonly ShardStore _store;
    private readonly IActorRef _coordinator;
    private readonly Dictionary<string, IActorRef> _workers = [];
    private readonly Replies _replies;
    private readonly ShardMap _map;
    private readonly IShardTransfer _transfer;
    private readonly ShardTelemetry _telemetry;
    private readonly CancellationTokenSource _stopped = new();
    private Task _filling = Task.CompletedTask;
    private bool _isFilling;

    /// <summary>Creates the shard and reports it to <paramref name="coordinator"/>.</summary>
    /// <param name="shard">Its number.</param>
    /// <param name="map">All shards.</param>
    /// <param name="plans">The tables.</param>
    /// <param name="training">How steps are taken.</param>
    /// <param name="seed">The job's seed.</param>
    /// <param name="coordinator">Who is told.</param>
    /// <param name="transfer">How its files get into a checkpoint and out of it; null: they are on this machine.</param>
    public ShardActor(
        int shard, ShardMap map, IReadOnlyList<TablePlan> plans, TrainingSpec training, ulong seed, IActorRef coordinator, IShardTransfer? transfer = null)
    {
        _shard = shard;
        _plans = plans;
        _map = map;
        _store = new ShardStore(shard, map, plans, training, seed);
        _coordinator = coordinator;
        _replies = new Replies(this);
        _transfer = transfer ?? LocalShardTransfer.Instance;
        _telemetry = new ShardTelemetry(shard);
    }

    /// <inheritdoc/>
    public IStash Stash { get; set; } = null!;

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>Recipe of the actor.</summary>
    public static Props Props(
        int shard, ShardMap map, IReadOnlyList<TablePlan> plans, TrainingSpec training, ulong seed, IActorRef coordinator, IShardTransfer? transfer = null) =>
        Akka.Actor.Props.Create(() => new ShardActor(shard, map, plans, training, seed, coordinator, transfer));

    /// <inheritdoc/>
    protected override void PreStart()
    {
        Timers.StartPeriodicTimer("report", ReportTick.Instance, s_reportEvery);
        _coordinator.Tell(new ShardReady(_shard));
    }

    /// <inheritdoc/>
    protected override void PostStop()
    {
        _stopped.Cancel();
        // A thread that still fills the store must be done before its memory goes.
        _filling.ContinueWith(_ => _store.Dispose(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        try
        {
            if (_isFilling)
                TakeWhileFilling(message);
            else
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
                break;
            case PushRows push:
                _workers[push.Worker] = Sender;
                _store.Push(push, _replies);
                break;
            case StepsSettled settled:
                _store.Settle(settled.Step);
                break;
            case ChangePlan change:
                _coordinator.Tell(new PlanChanged(_shard, _store.Make(change.Change)));
                break;
            case ReportTick:
                ShardReport report = _store.Report();
                _telemetry.Take(report);
                _coordinator.Tell(report);
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
            case LoadRows load:
                Load(load);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Write(WriteShard write)
    {
        if (_store.AppliedStep != write.Step || _store.IsInStep)
        {
            Fail($"checkpoint of step {write.Step} asked at step {_store.AppliedStep}{(_store.IsInStep ? ", while the next is applied" : "")}");
            return;
        }

        IReadOnlyList<RowTableSnapshot> snapshot = _store.Snapshot();
        _coordinator.Tell(new SnapshotTaken(_shard, write.Step));
        PushCounters counters = _store.Counters;
        _telemetry.TraceAsync("write shard", write.Step, () => _transfer.WriteAsync(write, w => ShardFiles.Write(w, _shard, _map.Shards, _plans, snapshot, counters), _stopped.Token))
            .PipeTo(_coordinator, Self, failure: exception => new NodeFailed($"shard-{_shard}", exception.GetBaseException().Message));
    }

    private void Restore(RestoreShard restore)
    {
        _store.Reset(restore.Step, restore.Generation);
        Fill(_coordinator, () => _telemetry.TraceAsync<object>("restore shard", restore.Step, async () =>
        {
            List<ArtifactLease> files = [];
            try
            {
                foreach (string file in restore.Files)
                    files.Add(await _transfer.ReadAsync(file, _stopped.Token).ConfigureAwait(false));
                long rows = ShardFiles.Fill(files.Select(f => f.Path), _plans, _store, _stopped.Token);
                return new ShardRestored(_shard, restore.Step, rows) { Generation = restore.Generation };
            }
            finally
            {
                files.ForEach(f => f.Dispose());
            }
        }));
    }

    private void Load(LoadRows load) => Fill(Sender, () => _telemetry.TraceAsync<object>("load first rows", 0, async () =>
    {
        using ArtifactLease file = await _transfer.ReadAsync(load.Artifact, _stopped.Token).ConfigureAwait(false);
        SeedRowsFile.Read(file.Path, _store.AssignOwn, _stopped.Token);
        return new RowsAssigned(_shard);
    }));

    /// <summary>Fills the store on another thread; until that is done it belongs to that thread.</summary>
    private void Fill(IActorRef asker, Func<Task<object>> fill)
    {
        _isFilling = true;
        Task<object> filling = Task.Run(fill);
        _filling = filling;
        filling.PipeTo(Self, Self, answer => new Filled(asker, answer), exception => new NotFilled(exception));
    }

    private void TakeWhileFilling(object message)
    {
        switch (message)
        {
            case Filled filled:
                _isFilling = false;
                filled.Asker.Tell(filled.Answer, Self);
                Stash.UnstashAll();
                break;
            case NotFilled failed:
                // Stops the shard: half of its rows must never look like all of them.
                Fail(failed.Cause.GetBaseException().Message);
                Context.Stop(Self);
                break;
            case ReportTick:
                break; // the store is not this thread's to look at
            case PullRows pull when pull.Generation != _store.Generation:
            case PushRows push when push.Generation != _store.Generation:
                Take(message); // refused, without a look at the rows
                break;
            default:
                // Those of this generation come after every shard has reported; what comes nevertheless waits.
                if (Stash.Count == MostHeld)
                    throw new InvalidOperationException($"{MostHeld} messages came while the shard was filled");
                Stash.Stash();
                break;
        }
    }

    private void Fail(string reason) => _coordinator.Tell(new NodeFailed($"shard-{_shard}", reason));

    /// <summary>Sends each answer at once: the first part is on its way while the next is read.</summary>
    private sealed class Replies(ShardActor shard) : Collection<ShardReply>
    {
        protected override void InsertItem(int index, ShardReply item) => shard._workers[item.Worker].Tell(item.Message, shard.Self);
    }

    private sealed record Filled(IActorRef Asker, object Answer);

    private sealed record NotFilled(Exception Cause);

    private sealed class ReportTick
    {
        public static readonly ReportTick Instance = new();
    }
}
