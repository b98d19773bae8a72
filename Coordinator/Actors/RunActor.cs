using System.Diagnostics;
using Akka.Actor;
using DistEmbed.Coordinator.Run;
using DistEmbed.Protocol.Checkpoints;
using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Sharding;

namespace DistEmbed.Coordinator.Actors;

/// <summary>What a run needs besides its plan.</summary>
/// <param name="Workers">Workers to wait for before it starts.</param>
/// <param name="Map">The shards.</param>
/// <param name="Seeds">Rows that start with a given value.</param>
/// <param name="Checkpoints">Where checkpoints are.</param>
/// <param name="Watch">Told of every event, from the actor's thread: must return at once.</param>
public sealed record RunContext(
    int Workers, ShardMap Map, IReadOnlyList<SeedRows> Seeds, CheckpointDirectory Checkpoints, Action<RunEvent> Watch)
{
    /// <summary>
    /// Whether workers and shards are other processes: the last worker's end is no failure, since another may join; the loss of a shard ends the attempt with
    /// <see cref="RunEvent.ShardLost"/>; and what a slow worker holds is granted to others too.
    /// </summary>
    public bool IsCluster { get; init; }

    /// <summary>Name of the artifact with the first rows, which every shard loads by itself, instead of <see cref="Seeds"/>; null: there is none.</summary>
    public string? RowsArtifact { get; init; }

    /// <summary>
    /// What a shard is told of a checkpoint's file, from the checkpoint's folder and the file; called on another thread. In one process: its path.
    /// </summary>
    public Func<string, ShardFileInfo, string> FileName { get; init; } = (folder, file) => Path.Combine(folder, file.FileName);

    /// <summary>What a shard is told of the folder that the checkpoint of a step is written to; called on another thread. In one process: its path.</summary>
    public Func<int, string, string> FolderName { get; init; } = (_, folder) => folder;
}

/// <summary>The coordinator of a run: a shell around <see cref="RunState"/>. Disk work is done on other threads.</summary>
public sealed class RunActor : UntypedActor, IWithTimers
{
    private static readonly TimeSpan s_tickEvery = TimeSpan.FromMilliseconds(250);

    /// <summary>Blocks of first rows in flight.</summary>
    private const int SeedWindow = 16;

    private readonly RunPlan _plan;
    private readonly RunContext _context;
    private readonly RunState _state;
    private readonly Dictionary<string, IActorRef> _workers = [];
    private readonly IActorRef[] _shards;
    private readonly Dictionary<string, IActorRef> _drainAskers = [];
    private readonly HoldFile? _holdFile;
    private readonly long _start = Stopwatch.GetTimestamp();
    private IEnumerator<(int Shard, AssignRows Message)>? _seeds;
    private int _seedsInFlight;

    /// <summary>Creates the coordinator.</summary>
    public RunActor(RunPlan plan, RunContext context)
    {
        _plan = plan;
        _context = context;
        _shards = new IActorRef[context.Map.Shards];
        _state = new RunState(plan, context.Workers, context.Map.Shards, DateTimeOffset.UtcNow - Now);
        _holdFile = HoldFile.Of(context.Checkpoints.Path);
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    private TimeSpan Now => Stopwatch.GetElapsedTime(_start);

    /// <summary>Recipe of the actor.</summary>
    public static Props Props(RunPlan plan, RunContext context) => Akka.Actor.Props.Create(() => new RunActor(plan, context));

    /// <inheritdoc/>
    protected override void PreStart()
    {
        if (_context.IsCluster)
            Timers.StartPeriodicTimer("tick", Tick.Instance, s_tickEvery);
        if (_holdFile is not null)
            Carry(_state.OnHold(_holdFile.Read(), Now));
        ReadHoldSoon();
    }

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        try
        {
            Take(message);
        }
        catch (Exception exception)
        {
            // Stopped by its supervisor, the coordinator could not say why the run ended, and nobody would hear that it did.
            _context.Watch(new RunEvent.Failed("coordinator", $"{message.GetType().Name}: {exception.Message}"));
            throw;
        }
    }

    private void Take(object message)
    {
        switch (message)
        {
            case SliceCompleted done:
                Carry(_state.OnSliceCompleted(done, Now));
                break;
            case ChunkEvaluated chunk:
                Carry(_state.OnChunkEvaluated(chunk, Now));
                break;
            case ActorsCreated created:
                foreach (IActorRef actor in created.Actors)
                    Context.Watch(actor);
                break;
            case WorkerReady ready:
                _workers[ready.Worker] = Sender;
                Context.Watch(Sender);
                Carry(_state.OnWorkerReady(ready.Worker, Now));
                break;
            case ShardReady ready:
                _shards[ready.Shard] = Sender;
                Context.Watch(Sender);
                Carry(_state.OnShardReady(ready.Shard, Now));
                break;
            case RowsAssigned:
                _seedsInFlight--;
                Seed();
                break;
            case ShardRestored restored:
                Carry(_state.OnRestored(restored, Now));
                break;
            case CheckpointBegun begun:
                Carry(_state.OnCheckpointBegun(begun.Step, begun.Directory, Now));
                break;
            case SnapshotTaken taken:
                Carry(_state.OnSnapshotTaken(taken, Now));
                break;
            case ShardWritten written:
                Carry(_state.OnShardWritten(written, Now));
                break;
            case CheckpointCommitted committed:
                Carry(_state.OnCheckpointCommitted(committed.Step, Now));
                break;
            case WorkerReport report:
                Carry(_state.OnReport(report, Now));
                break;
            case ShardReport report:
                Carry(_state.OnReport(report, Now));
                break;
            case Tick:
                Carry(_state.OnTick(Now));
                break;
            case ReadHold:
                HoldFile file = _holdFile!;
                Task.Run(() => new Hold(file.Read())).PipeTo(Self);
                break;
            case Hold hold:
                Carry(_state.OnHold(hold.Step, Now));
                ReadHoldSoon();
                break;
            case GetRunProgress:
                Sender.Tell(_state.Progress(Now));
                break;
            case GetPlanChanges:
                Sender.Tell(_state.Changes);
                break;
            case StopRun stop:
                Carry(_state.OnStop(stop, Now));
                break;
            case PauseRun pause:
                Carry(_state.OnPause(pause, Now));
                break;
            case ResumeRun resume:
                Carry(_state.OnResume(resume, Now));
                break;
            case TakeCheckpoint take:
                Carry(_state.OnTakeCheckpoint(take, Now));
                break;
            case ChangeGroup change:
                Carry(_state.OnChangeGroup(change, Now));
                break;
            case NextPhase next:
                Carry(_state.OnNextPhase(next, Now));
                break;
            case PlanChanged made:
                Carry(_state.OnPlanChanged(made, Now));
                break;
            case DrainWorker drain:
                _drainAskers[drain.Worker] = Sender;
                Carry(_state.OnDrain(drain, Now));
                break;
            case NodeFailed failed:
                Carry(_state.OnFailed(failed, Now));
                break;
            case Status.Failure failure:
                Carry(_state.OnFailed(new NodeFailed("coordinator", failure.Cause.GetBaseException().Message), Now));
                break;
            case Terminated terminated:
                OnTerminated(terminated.ActorRef);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void ReadHoldSoon()
    {
        if (_holdFile is not null)
            Timers.StartSingleTimer("hold", ReadHold.Instance, HoldFile.ReadEvery);
    }

    private void OnTerminated(IActorRef actor)
    {
        int shard = Array.IndexOf(_shards, actor);
        if (shard >= 0)
        {
            Carry(_context.IsCluster ? _state.OnShardLost(shard, Now) : _state.OnFailed(new NodeFailed($"shard-{shard}", "stopped"), Now));
            return;
        }

        if (!_workers.ContainsValue(actor))
        {
            // It stopped before it was ready, so it could not say why: Akka has logged it.
            Carry(_state.OnFailed(new NodeFailed(actor.Path.Name, "stopped before it was ready"), Now));
            return;
        }

        foreach ((string worker, IActorRef reference) in _workers)
        {
            if (!reference.Equals(actor))
                continue;
            _workers.Remove(worker);
            Carry(_state.OnWorkerLost(worker, Now));
            if (_workers.Count == 0 && !_context.IsCluster)
                Carry(_state.OnFailed(new NodeFailed(worker, "stopped, and no worker is left"), Now)); // in this process nobody will join
            break;
        }
    }

    private void Carry(IReadOnlyList<RunEffect> effects)
    {
        foreach (RunEffect effect in effects)
        {
            switch (effect)
            {
                case RunEffect.ToWorker toWorker:
                    _workers[toWorker.Worker].Tell(toWorker.Message, Self);
                    break;
                case RunEffect.ToShards toShards:
                    foreach (IActorRef shard in _shards)
                        shard.Tell(toShards.Message, Self);
                    break;
                case RunEffect.SeedShards:
                    if (_context.RowsArtifact is { } artifact)
                    {
                        LoadRows(artifact);
                        break;
                    }

                    _seeds = _context.Seeds.SelectMany(s => s.Blocks(_context.Map)).GetEnumerator();
                    Seed();
                    break;
                case RunEffect.RestoreShards restore:
                    RestoreShards(restore);
                    break;
                case RunEffect.BeginCheckpoint begin:
                    Task.Run(() => new CheckpointBegun(begin.Step, _context.FolderName(begin.Step, _context.Checkpoints.BeginWrite(begin.Step)))).PipeTo(Self);
                    break;
                case RunEffect.CommitCheckpoint commit:
                    Task.Run(() => Commit(commit)).PipeTo(Self);
                    break;
                case RunEffect.Answer answer:
                    if (!Sender.IsNobody() && !Sender.Equals(Context.System.DeadLetters))
                        Sender.Tell(answer.Message, Self);
                    break;
                case RunEffect.WorkerDrained drained:
                    if (_drainAskers.Remove(drained.Worker, out IActorRef? asker))
                        asker.Tell(new WorkerDrained(drained.Worker), Self);
                    break;
                case RunEffect.Publish publish:
                    _context.Watch(publish.Event);
                    break;
            }
        }
    }

    private void LoadRows(string artifact)
    {
        _seedsInFlight = _shards.Length;
        foreach (IActorRef shard in _shards)
            shard.Tell(new LoadRows(artifact), Self);
    }

    private void Seed()
    {
        while (_seedsInFlight < SeedWindow && _seeds?.MoveNext() == true)
        {
            _seedsInFlight++;
            _shards[_seeds!.Current.Shard].Tell(_seeds.Current.Message, Self);
        }

        if (_seedsInFlight == 0)
            Carry(_state.OnSeeded(Now));
    }

    private void RestoreShards(RunEffect.RestoreShards restore)
    {
        IActorRef[] shards = _shards;
        IActorRef self = Self;
        RunContext context = _context;
        Task.Run(() =>
        {
            CheckpointEntry entry = context.Checkpoints.Get(restore.Step);
            string[] files = [.. entry.ReadManifest().Files.Select(f => context.FileName(entry.Path, f))];
            foreach (IActorRef shard in shards)
                shard.Tell(new RestoreShard(restore.Step, files) { Generation = restore.Generation }, self);
        }).PipeTo(self, failure: exception => new NodeFailed("coordinator", exception.GetBaseException().Message));
    }

    private CheckpointCommitted Commit(RunEffect.CommitCheckpoint commit)
    {
        _context.Checkpoints.Commit(commit.Manifest with { Created = DateTimeOffset.UtcNow });
        _context.Checkpoints.Retain(_plan.Job.Checkpoints.Keep, commit.KeepSteps);
        return new CheckpointCommitted(commit.Manifest.Step);
    }

    /// <summary>To the coordinator: the actors there are, so that it hears of one that stops before it reports itself.</summary>
    public sealed record ActorsCreated(IReadOnlyList<IActorRef> Actors);

    /// <summary>To the coordinator: how does the run stand? Answered with <see cref="RunProgress"/>.</summary>
    public sealed record GetRunProgress;

    /// <summary>To the coordinator: which changes of the plan does a node that joins have to know? Answered with a list of <see cref="Protocol.Jobs.PlanChange"/>.</summary>
    public sealed record GetPlanChanges;

    /// <summary>From the coordinator to whoever sent <see cref="DrainWorker"/>: the worker has nothing left to do, or is gone.</summary>
    public sealed record WorkerDrained(string Worker);

    private sealed class Tick
    {
        public static readonly Tick Instance = new();
    }

    private sealed class ReadHold
    {
        public static readonly ReadHold Instance = new();
    }

    private sealed record Hold(int? Step);

    private sealed record CheckpointBegun(int Step, string Directory);

    private sealed record CheckpointCommitted(int Step);
}
