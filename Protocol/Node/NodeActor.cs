using Akka.Actor;
using Akka.Cluster.Tools.Singleton;
using DistEmbed.Protocol.Messages;

namespace DistEmbed.Protocol.Node;

/// <summary>
/// A server's or worker's side of membership: offers the node to the coordinator, again and again, so that one that takes over hears of it too, and passes everything
/// that the coordinator says to the actor that hosts shards or workers.
/// </summary>
public sealed class NodeActor : UntypedActor, IWithTimers
{
    private static readonly TimeSpan s_offerEvery = TimeSpan.FromSeconds(1);

    private readonly NodeJoin _join;
    private readonly IActorRef _coordinator;
    private readonly IActorRef _host;
    private readonly Action<object> _told;

    /// <summary>Creates the actor.</summary>
    /// <param name="join">How the node offers itself.</param>
    /// <param name="host">Recipe of the actor that hosts.</param>
    /// <param name="told">Told of <see cref="NodeAccepted"/>, <see cref="NodeRefused"/>, <see cref="LeaveCluster"/>, and of <see cref="NodeFailed"/> when the host stops.</param>
    public NodeActor(NodeJoin join, Props host, Action<object> told)
    {
        _join = join;
        _told = told;
        _host = Context.Watch(Context.ActorOf(host, "host"));
        _coordinator = Context.ActorOf(
            ClusterSingletonProxy.Props(
                NodeSettings.CoordinatorPath,
                // What is told while no coordinator is there is dropped: the next offer says the same.
                ClusterSingletonProxySettings.Create(Context.System).WithRole(NodeSettings.CoordinatorRole).WithSingletonName(NodeSettings.SingletonName).WithBufferSize(0)),
            "coordinator");
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>Recipe of the actor.</summary>
    public static Props Props(NodeJoin join, Props host, Action<object> told) => Akka.Actor.Props.Create(() => new NodeActor(join, host, told));

    /// <inheritdoc/>
    protected override SupervisorStrategy SupervisorStrategy() => Akka.Actor.SupervisorStrategy.StoppingStrategy;

    /// <inheritdoc/>
    protected override void PreStart() => Timers.StartPeriodicTimer("offer", Offer.Instance, TimeSpan.Zero, s_offerEvery);

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Offer:
                _coordinator.Tell(_join);
                break;
            case Terminated:
                _told(new NodeFailed(_join.Node, "the actor that hosts for this node stopped"));
                break;
            case NodeRefused or LeaveCluster:
                _told(message);
                break;
            case NodeAccepted:
                _told(message);
                _host.Forward(message);
                break;
            default:
                _host.Forward(message);
                break;
        }
    }

    private sealed class Offer
    {
        public static readonly Offer Instance = new();
    }
}
