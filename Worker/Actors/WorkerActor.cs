using System.Diagnostics;
using Akka.Actor;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Sharding;
using DistEmbed.Worker.Corpus;
using DistEmbed.Worker.Models;
using DistEmbed.Worker.Training;

namespace DistEmbed.Worker.Actors;

/// <summary>What a worker needs to know of the run.</summary>
/// <param name="Model">Its own instance of the model; the worker disposes it.</param>
/// <param name="Data">The encoded data.</param>
/// <param name="Batches">Which examples make which slice.</param>
/// <param name="Plans">The tables with their rules.</param>
/// <param name="Map">Who owns which row.</param>
/// <param name="Seed">The job's seed.</param>
/// <param name="Ended">Completed when the worker has stopped and its compute thread with it.</param>
public sealed record WorkerContext(
    IEmbeddingModel Model, PreparedData Data, IBatchPlan Batches, IReadOnlyList<TablePlan> Plans, ShardMap Map, ulong Seed, TaskCompletionSource Ended)
{
    /// <summary>Consistency, and how rows are written between processes.</summary>
    public required TrainingSpec Training { get; init; }

    /// <summary>Whether shards get copies of what the worker pushes: they are in other processes.</summary>
    public bool OwnsPushes { get; init; }

    /// <summary>Bytes of rows that the worker may keep so as not to read them again.</summary>
    public required long CacheBytes { get; init; }
}

/// <summary>A worker: a shell around <see cref="SlicePipeline"/> with one compute thread.</summary>
public sealed class WorkerActor : UntypedActor, IWithTimers
{
    private static readonly TimeSpan s_reportEvery = TimeSpan.FromMilliseconds(500);

    private readonly string _name;
    private readonly WorkerContext _context;
    private readonly SlicePipeline _pipeline;
    private readonly IReadOnlyList<IActorRef> _shards;
    private readonly IActorRef _coordinator;
    private readonly WorkerTelemetry _telemetry;
    private readonly long _start = Stopwatch.GetTimestamp();
    private ComputeThread? _compute;

    /// <summary>Creates the worker; it reports itself to <paramref name="coordinator"/> when it starts.</summary>
    /// <param name="name">Name of this incarnation, never used before.</param>
    /// <param name="context">The run.</param>
    /// <param name="shards">The shards, by number.</param>
    /// <param name="coordinator">Who grants work.</param>
    public WorkerActor(string name, WorkerContext context, IReadOnlyList<IActorRef> shards, IActorRef coordinator)
    {
        _name = name;
        _telemetry = new WorkerTelemetry(name);
        _context = context;
        _shards = shards;
        _coordinator = coordinator;
        _pipeline = new SlicePipeline(name, context.Map, context.Plans, context.Training, context.CacheBytes, context.OwnsPushes);
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    private TimeSpan Now => Stopwatch.GetElapsedTime(_start);

    /// <summary>Recipe of the actor.</summary>
    public static Props Props(string name, WorkerContext context, IReadOnlyList<IActorRef> shards, IActorRef coordinator) =>
        Akka.Actor.Props.Create(() => new WorkerActor(name, context, shards, coordinator));

    /// <inheritdoc/>
    protected override void PreStart()
    {
        _compute = new ComputeThread(_name);
        Timers.StartPeriodicTimer("tick", Tick.Instance, TimeSpan.FromSeconds(5));
        Timers.StartPeriodicTimer("report", ReportTick.Instance, s_reportEvery);
        _coordinator.Tell(new WorkerReady(_name));
    }

    /// <inheritdoc/>
    protected override void PostStop()
    {
        // The thread ends after the slice under way, then the model goes; an actor does not wait for it, but whoever ends the process does.
        ComputeThread? compute = _compute;
        IEmbeddingModel model = _context.Model;
        TaskCompletionSource ended = _context.Ended;
        Task.Run(() =>
        {
            compute?.Dispose();
            model.Dispose();
        }).ContinueWith(_ => ended.TrySetResult(), TaskScheduler.Default);
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
            // The worker is stopped by its supervisor; what it stumbled over would stop the next one too, so the run ends with the reason.
            Fail($"{message.GetType().Name}: {exception.Message}");
            throw;
        }
    }

    private void Take(object message)
    {
        switch (message)
        {
            case GrantLease lease:
                Carry(_pipeline.OnGranted(lease, Now));
                break;
            case EvaluateChunks evaluate:
                Carry(_pipeline.OnEvaluate(evaluate, Now));
                break;
            case Prepared prepared:
                Carry(_pipeline.OnPrepared(prepared.Task, prepared.Slice, Now));
                break;
            case RowsPulled rows:
                Carry(_pipeline.OnRows(rows, Now));
                break;
            case RowsConnected connected:
                Carry(_pipeline.OnConnected(connected.Shards, Now));
                break;
            case Trained trained:
                Carry(_pipeline.OnTrained(trained.Task, trained.Gradients, trained.Loss, Now));
                break;
            case Evaluated evaluated:
                Carry(_pipeline.OnEvaluated(evaluated.Task, evaluated.Score, Now));
                break;
            case PushAcknowledged acknowledged:
                Carry(_pipeline.OnAcknowledged(acknowledged, Now));
                break;
            case PullRefused refused:
                Carry(_pipeline.OnPullRefused(refused, Now));
                break;
            case PushRefused refused:
                Carry(_pipeline.OnPushRefused(refused, Now));
                break;
            case ChangePlan change:
                _pipeline.Make(change.Change);
                break;
            case ReportTick:
                WorkerReport report = _pipeline.Report();
                _telemetry.Take(report);
                _coordinator.Tell(report);
                break;
            case Tick:
                Carry(_pipeline.OnTick(Now));
                break;
            case TaskFailed failed:
                Fail($"{Describe(failed.Task)}: {failed.Cause.GetBaseException().Message}");
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Carry(IReadOnlyList<PipelineEffect> effects)
    {
        foreach (PipelineEffect effect in effects)
        {
            switch (effect)
            {
                case PipelineEffect.Prepare prepare:
                    SliceTask task = prepare.Task;
                    Task.Run(() => new Prepared(task, _context.Model.Prepare(SliceOf(task))))
                        .PipeTo(Self, failure: exception => new TaskFailed(task, exception));
                    break;
                case PipelineEffect.Compute compute:
                    Compute(compute.Task);
                    break;
                case PipelineEffect.ToShard toShard:
                    _shards[toShard.Shard].Tell(toShard.Message, Self);
                    break;
                case PipelineEffect.ToCoordinator toCoordinator:
                    _coordinator.Tell(toCoordinator.Message, Self);
                    break;
            }
        }
    }

    private void Compute(SliceTask task)
    {
        IActorRef self = Self;
        IEmbeddingModel model = _context.Model;
        float[]?[]? gradients = task.Part is null ? _pipeline.RentGradients(task) : null;
        _compute!.Post(() =>
        {
            try
            {
                self.Tell(_telemetry.Compute<object>(task, () => gradients is null
                    ? new Evaluated(task, model.Score(task.Prepared!, model.Predict(task.Prepared!, task.Pull!.Values)))
                    : new Trained(task, gradients, model.Train(task.Prepared!, task.Pull!.Values, gradients))));
            }
#pragma warning disable CA1031 // whatever the native library throws ends the run with its message, on the actor's side
            catch (Exception exception)
#pragma warning restore CA1031
            {
                self.Tell(new TaskFailed(task, exception));
            }
        });
    }

    private Slice SliceOf(SliceTask task)
    {
        if (task.Part is not { } part)
        {
            return new Slice(
                task.ReadsStep, task.Index, _context.Data.Train, _context.Batches.Examples(task.ReadsStep, task.Index),
                _context.Batches.BatchSize(task.ReadsStep), _context.Seed)
            { Cells = _context.Batches.Cells };
        }

        ExampleSet data = part == EvaluationPart.Dev ? _context.Data.Dev! : _context.Data.Test!;
        int first = task.Index * EvaluateChunks.ChunkSize;
        int[] examples = [.. Enumerable.Range(first, Math.Min(EvaluateChunks.ChunkSize, data.Count - first))];
        return new Slice(0, task.Index, data, examples, examples.Length, _context.Seed);
    }

    private static string Describe(SliceTask task) => task.Part is { } part
        ? $"evaluating chunk {task.Index} of {part} after step {task.ReadsStep - 1}"
        : $"step {task.ReadsStep}, slice {task.Index}";

    private void Fail(string reason) => _coordinator.Tell(new NodeFailed(_name, reason));

    private sealed record TaskFailed(SliceTask Task, Exception Cause);

    private sealed record Prepared(SliceTask Task, PreparedSlice Slice);

    private sealed record Trained(SliceTask Task, float[]?[] Gradients, SliceLoss Loss);

    private sealed record Evaluated(SliceTask Task, SliceScore Score);

    private sealed class ReportTick
    {
        public static readonly ReportTick Instance = new();
    }

    private sealed class Tick
    {
        public static readonly Tick Instance = new();
    }
}
