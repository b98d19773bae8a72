using Akka.Actor;
using DistEmbed.ParameterServer.Actors;
using DistEmbed.ParameterServer.Rows;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Sharding;

namespace DistEmbed.ParameterServer.Hosting;

/// <summary>A server's process: hosts the shards of one run at a time, as the coordinator says.</summary>
public sealed class ServerNodeActor : UntypedActor
{
    private readonly ServerNodeContext _context;
    private IActorRef? _coordinator;
    private string? _filesAddress;
    private Hosted? _hosted;

    /// <summary>Creates the actor.</summary>
    public ServerNodeActor(ServerNodeContext context) => _context = context;

    /// <summary>Recipe of the actor.</summary>
    public static Props Props(ServerNodeContext context) => Akka.Actor.Props.Create(() => new ServerNodeActor(context));

    /// <inheritdoc/>
    /// <remarks>A restarted shard would be an empty one that looks healthy.</remarks>
    protected override SupervisorStrategy SupervisorStrategy() => Akka.Actor.SupervisorStrategy.StoppingStrategy;

    /// <inheritdoc/>
    protected override void PostStop() => End();

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case NodeAccepted accepted:
                (_coordinator, _filesAddress) = (Sender, accepted.FilesAddress);
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
        var map = ShardMap.Even(host.Run.Shards.Count);
        foreach (int shard in host.Shards)
        {
            IActorRef actor = Context.ActorOf(
                ShardActor.Props(shard, map, run.Plans, run.Job.Training, run.Job.Seed, Sender, _context.Files(_filesAddress!)), $"shard-{shard}@{host.Run.Run}");
            _hosted.Shards.Add(actor);
            _context.Rows.Register(host.Run.Run, shard, actor);
        }
    }

    private void End()
    {
        if (_hosted is not { } hosted)
            return;
        _hosted = null;
        Context.Unwatch(hosted.Coordinator);
        _context.Rows.Remove(hosted.Run);
        foreach (IActorRef shard in hosted.Shards)
            Context.Stop(shard);
    }

    private sealed class Hosted(string run, IActorRef coordinator)
    {
        public string Run { get; } = run;

        public IActorRef Coordinator { get; } = coordinator;

        public List<IActorRef> Shards { get; } = [];
    }
}
