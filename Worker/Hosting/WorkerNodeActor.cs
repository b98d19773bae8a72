using Akka.Actor;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Artifacts;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Node.Artifacts;
using DistEmbed.Protocol.Sharding;
using DistEmbed.Worker.Actors;
using DistEmbed.Worker.Corpus;
using DistEmbed.Worker.Rows;

namespace DistEmbed.Worker.Hosting;

/// <summary>A worker's process: hosts one worker of one run at a time, as the coordinator says. Data are fetched and read on other threads.</summary>
public sealed class WorkerNodeActor : UntypedActor
{
    private readonly WorkerNodeContext _context;
    private IActorRef? _coordinator;
    private NodeFilesConnection? _files;
    private Hosted? _hosted;
    private (string Artifact, PreparedData Data)? _data;

    /// <summary>Creates the actor.</summary>
    public WorkerNodeActor(WorkerNodeContext context) => _context = context;

    /// <summary>Recipe of the actor.</summary>
    public static Props Props(WorkerNodeContext context) => Akka.Actor.Props.Create(() => new WorkerNodeActor(context));

    /// <inheritdoc/>
    protected override SupervisorStrategy SupervisorStrategy() => Akka.Actor.SupervisorStrategy.StoppingStrategy;

    /// <inheritdoc/>
    protected override void PostStop()
    {
        End();
        _files?.Dispose();
    }

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case NodeAccepted accepted:
                Accept(accepted);
                break;
            case HostWorker host:
                Begin(host);
                break;
            case Ready ready when ready.Hosted == _hosted:
                Start(ready);
                break;
            case Ready late:
                late.Setup.Model.Dispose();
                (late.Setup.Batches as IDisposable)?.Dispose();
                break;
            case Unfit unfit when unfit.Hosted == _hosted:
                OnUnfit(unfit);
                break;
            case EndRun end when end.Run == _hosted?.Description.Run:
                End();
                break;
            case Terminated terminated when terminated.ActorRef.Equals(_hosted?.Run):
                End(); // its coordinator is gone, and with it whoever could use what the worker finds
                break;
        }
    }

    private void Accept(NodeAccepted accepted)
    {
        _coordinator = Sender;
        if (_files?.Address == accepted.FilesAddress)
            return;
        _files?.Dispose();
        _files = new NodeFilesConnection(_context.Options, accepted.FilesAddress);
    }

    private void Begin(HostWorker host)
    {
        End();
        var hosted = new Hosted(host.Run, host.Worker, Sender);
        _hosted = hosted;
        Context.Watch(Sender);
        (string Artifact, PreparedData Data)? known = _data;
        ArtifactCache artifacts = _files!.Cache;
        string? models = _context.Options.ModelFolder;
        Task.Run(async () =>
        {
            RowClasses? classes = null;
            if (host.Run.ClassesArtifact is { } named)
            {
                using ArtifactLease ofRows = await artifacts.GetAsync(named, hosted.Cancel.Token).ConfigureAwait(false);
                classes = RowClassesFile.Read(ofRows.Path);
            }

            if (known is { } same && same.Artifact == host.Run.DataArtifact)
                return new Ready(hosted, WorkerSetup.Of(host.Run, same.Data, classes, models));
            using ArtifactLease file = await artifacts.GetAsync(host.Run.DataArtifact, hosted.Cancel.Token).ConfigureAwait(false);
            return new Ready(hosted, WorkerSetup.Of(host.Run, PreparedDataFile.Read(file.Path), classes, models));
        }).PipeTo(Self, failure: exception => new Unfit(hosted, exception));
    }

    private void Start(Ready ready)
    {
        Hosted hosted = ready.Hosted;
        WorkerSetup setup = ready.Setup;
        _data = (hosted.Description.DataArtifact, setup.Data);
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _context.Computing(ended.Task);
        hosted.Batches = setup.Batches;
        hosted.Rows = new RowPlaneClient(Context.System, hosted.Description, hosted.Worker, _context.Options);
        var context = new WorkerContext(
            setup.Model, setup.Data, setup.Batches, setup.Run.Plans, ShardMap.Even(hosted.Description.Shards.Count, hosted.Description.Epoch), setup.Run.Job.Seed, ended)
        {
            Training = setup.Run.Job.Training,
            CacheBytes = setup.Run.Job.Cluster.RowCacheBytes,
            OwnsPushes = true,
        };
        hosted.Actor = Context.ActorOf(WorkerActor.Props(hosted.Worker, context, hosted.Rows.Shards, hosted.Run), hosted.Worker);
        hosted.Rows.Start(hosted.Actor);
    }

    private void OnUnfit(Unfit unfit)
    {
        Hosted hosted = unfit.Hosted;
        Exception cause = unfit.Cause.GetBaseException();
        _hosted = null;
        Context.Unwatch(hosted.Run);
        if (cause is OperationCanceledException)
            return;
        _coordinator?.Tell(new HostRefused(_context.Options.Name, hosted.Description.Run, cause is InvalidInputException ? cause.Message : $"{cause.GetType().Name}: {cause.Message}"));
    }

    private void End()
    {
        if (_hosted is not { } hosted)
            return;
        _hosted = null;
        hosted.Cancel.Cancel();
        Context.Unwatch(hosted.Run);
        if (hosted.Actor is { } actor)
            Context.Stop(actor);
        hosted.Rows?.Dispose();
        (hosted.Batches as IDisposable)?.Dispose();
    }

    private sealed record Ready(Hosted Hosted, WorkerSetup Setup);

    private sealed record Unfit(Hosted Hosted, Exception Cause);

    private sealed class Hosted(RunDescription description, string worker, IActorRef run)
    {
        public RunDescription Description { get; } = description;

        public string Worker { get; } = worker;

        public IActorRef Run { get; } = run;

        public CancellationTokenSource Cancel { get; } = new();

        public RowPlaneClient? Rows { get; set; }

        public IActorRef? Actor { get; set; }

        public IBatchPlan? Batches { get; set; }
    }
}
