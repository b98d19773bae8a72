using Akka.Actor;
using DistEmbed.ParameterServer.Actors;
using DistEmbed.ParameterServer.Transfer;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Artifacts;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Node.Artifacts;
using DistEmbed.Protocol.Sharding;

namespace DistEmbed.ParameterServer.Hosting;

/// <summary>A server's process: hosts the shards of one run at a time, as the coordinator says.</summary>
public sealed class ServerNodeActor : UntypedActor
{
    private readonly ServerNodeContext _context;
    private IActorRef? _coordinator;
    private NodeFilesConnection? _files;
    private Hosted? _hosted;

    /// <summary>Creates the actor.</summary>
    public ServerNodeActor(ServerNodeContext context) => _context = context;

    /// <summary>Recipe of the actor.</summary>
    public static Props Props(ServerNodeContext context) => Akka.Actor.Props.Create(() => new ServerNodeActor(context));

    /// <inheritdoc/>
    /// <remarks>A restarted shard would be an empty one that looks healthy.</remarks>
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
            case HostShards host:
                Begin(host);
                break;
            case Ready ready when ready.Hosted == _hosted:
                Start(ready.Hosted, ready.Classes);
                break;
            case Unfit unfit when unfit.Hosted == _hosted:
                Refuse(unfit.Hosted, unfit.Cause.GetBaseException());
                break;
            case EndRun end when end.Run == _hosted?.Run:
                End();
                break;
            case Terminated terminated when terminated.ActorRef.Equals(_hosted?.Coordinator):
                End(); // its coordinator is gone, and with it whoever could checkpoint the rows
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

    private void Begin(HostShards host)
    {
        End();
        var hosted = new Hosted(host.Run, host.Shards, Sender);
        _hosted = hosted;
        Context.Watch(Sender);
        if (host.Run.ClassesArtifact is not { } classes)
        {
            Start(hosted, null);
            return;
        }

        ArtifactCache artifacts = _files!.Cache;
        Task.Run(async () =>
        {
            using ArtifactLease file = await artifacts.GetAsync(classes, hosted.Cancel.Token).ConfigureAwait(false);
            return new Ready(hosted, RowClassesFile.Read(file.Path));
        }).PipeTo(Self, failure: exception => new Unfit(hosted, exception));
    }

    private void Start(Hosted hosted, RowClasses? classes)
    {
        RunDescription description = hosted.Description;
        DescribedRun run;
        try
        {
            run = DescribedRun.Of(description, classes);
        }
        catch (InvalidInputException invalid)
        {
            Refuse(hosted, invalid);
            return;
        }

        var map = ShardMap.Even(description.Shards.Count, description.Epoch);
        IShardTransfer transfer = new RemoteShardTransfer(description.Run, _files!.Client, _files.Cache, _context.Scratch);
        foreach (int shard in hosted.ShardNumbers)
        {
            hosted.Shards[shard] = Context.ActorOf(
                ShardActor.Props(shard, map, run.Plans, run.Job.Training, run.Job.Seed, hosted.Coordinator, transfer), $"shard-{shard}@{description.Run}");
        }

        _context.Rows.Host(description.Run, description.Epoch, [.. description.Tables.Select(t => t.Dimension)], hosted.Shards);
    }

    private void Refuse(Hosted hosted, Exception cause)
    {
        _hosted = null;
        Context.Unwatch(hosted.Coordinator);
        if (cause is not OperationCanceledException)
            _coordinator?.Tell(new HostRefused(_context.Options.Name, hosted.Run, cause is InvalidInputException ? cause.Message : $"{cause.GetType().Name}: {cause.Message}"));
    }

    private void End()
    {
        if (_hosted is not { } hosted)
            return;
        _hosted = null;
        hosted.Cancel.Cancel();
        Context.Unwatch(hosted.Coordinator);
        _context.Rows.End(hosted.Run);
        foreach (IActorRef shard in hosted.Shards.Values)
            Context.Stop(shard);
    }

    private sealed record Ready(Hosted Hosted, RowClasses Classes);

    private sealed record Unfit(Hosted Hosted, Exception Cause);

    private sealed class Hosted(RunDescription description, IReadOnlyList<int> shards, IActorRef coordinator)
    {
        public RunDescription Description { get; } = description;

        public string Run => Description.Run;

        public IReadOnlyList<int> ShardNumbers { get; } = shards;

        public IActorRef Coordinator { get; } = coordinator;

        public CancellationTokenSource Cancel { get; } = new();

        public Dictionary<int, IActorRef> Shards { get; } = [];
    }
}
