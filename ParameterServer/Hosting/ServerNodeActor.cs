using Akka.Actor;
using DistEmbed.ParameterServer.Actors;
using DistEmbed.ParameterServer.Transfer;
using DistEmbed.Protocol;
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
        DescribedRun run;
        try
        {
            run = DescribedRun.Of(host.Run);
        }
        catch (InvalidInputException invalid)
        {
            _coordinator?.Tell(new HostRefused(_context.Options.Name, host.Run.Run, invalid.Message));
            return;
        }

        _hosted = new Hosted(host.Run.Run, Sender);
        Context.Watch(Sender);
        var map = ShardMap.Even(host.Run.Shards.Count, host.Run.Epoch);
        IShardTransfer transfer = new RemoteShardTransfer(host.Run.Run, _files!.Client, _files.Cache, _context.Scratch);
        foreach (int shard in host.Shards)
        {
            _hosted.Shards[shard] = Context.ActorOf(
                ShardActor.Props(shard, map, run.Plans, run.Job.Training, run.Job.Seed, Sender, transfer), $"shard-{shard}@{host.Run.Run}");
        }

        _context.Rows.Host(host.Run.Run, host.Run.Epoch, [.. host.Run.Tables.Select(t => t.Dimension)], _hosted.Shards);
    }

    private void End()
    {
        if (_hosted is not { } hosted)
            return;
        _hosted = null;
        Context.Unwatch(hosted.Coordinator);
        _context.Rows.End(hosted.Run);
        foreach (IActorRef shard in hosted.Shards.Values)
            Context.Stop(shard);
    }

    private sealed class Hosted(string run, IActorRef coordinator)
    {
        public string Run { get; } = run;

        public IActorRef Coordinator { get; } = coordinator;

        public Dictionary<int, IActorRef> Shards { get; } = [];
    }
}
