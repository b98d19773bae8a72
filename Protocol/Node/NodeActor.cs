using Akka.Actor;
using Akka.Cluster.Tools.Singleton;
using DistEmbed.Protocol.Messages;

namespace DistEmbed.Protocol.Node;

/// <summary>
/// A node's side of joining. Offers the node to the coordinator until it is answered, and again and again after that, since the coordinator may be
/// another one by then; a repeated answer is harmless. Everything else of the conversation (<see cref="NodeAccepted"/> too) is forwarded to the role's own actor,
/// with the coordinator as sender.
/// </summary>
public sealed class NodeActor : UntypedActor, IWithTimers
{
    private static readonly TimeSpan s_unanswered = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_answered = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Offers without an answer after which a node that was accepted counts as cut off. Offers are counted and not seconds: a process that was stopped for long has asked
    /// nobody meanwhile.
    /// </summary>
    private const int MostUnanswered = 5;

    /// <summary>The same where another coordinator can take over: that begins some 45 s after the active one's last heartbeat.</summary>
    private const int MostUnansweredInTakeover = 18;

    private readonly NodeJoin _join;
    private readonly Props? _role;
    private readonly Action<object> _told;
    private readonly Akka.Cluster.Cluster _cluster = Akka.Cluster.Cluster.Get(Context.System);
    private IActorRef _coordinator = ActorRefs.Nobody;
    private IActorRef _roleActor = ActorRefs.Nobody;
    private bool _accepted;
    private int _unanswered;

    /// <summary>See <see cref="Props"/>.</summary>
    public NodeActor(NodeJoin join, Props? role, Action<object> told) => (_join, _role, _told) = (join, role, told);

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>How it is made.</summary>
    /// <param name="join">The offer.</param>
    /// <param name="role">The actor that hosts what the coordinator asks for; it is a child of this one, and if it ends the node fails. Null: nothing is hosted.</param>
    /// <param name="told">Given each <see cref="NodeAccepted"/>, <see cref="NodeRefused"/>, <see cref="LeaveCluster"/>, <see cref="CutOff"/> and <see cref="NodeFailed"/>; must return at once.</param>
    public static Props Props(NodeJoin join, Props? role, Action<object> told) => Akka.Actor.Props.Create(() => new NodeActor(join, role, told));

    /// <inheritdoc/>
    protected override void PreStart()
    {
        _coordinator = Context.ActorOf(
            ClusterSingletonProxy.Props(
                NodeSettings.CoordinatorPath,
                // What waits while there is no coordinator would be old news when there is one; the timer says it anew.
                ClusterSingletonProxySettings.Create(Context.System).WithRole(NodeSettings.CoordinatorRole).WithSingletonName(NodeSettings.SingletonName).WithBufferSize(1)),
            "coordinator");
        if (_role is not null)
            _roleActor = Context.Watch(Context.ActorOf(_role, "role"));
        Timers.StartPeriodicTimer(nameof(Offer), Offer.Instance, TimeSpan.Zero, s_unanswered);
    }

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Offer:
                if (_accepted && ++_unanswered > (Coordinators() > 1 ? MostUnansweredInTakeover : MostUnanswered))
                    _told(new CutOff());
                _coordinator.Tell(_join);
                break;
            case NodeAccepted:
                _accepted = true;
                _unanswered = 0;
                Timers.StartPeriodicTimer(nameof(Offer), Offer.Instance, s_answered, s_answered);
                _told(message);
                _roleActor.Forward(message);
                break;
            case NodeRefused or LeaveCluster:
                Timers.Cancel(nameof(Offer));
                _told(message);
                break;
            case Terminated:
                _told(new NodeFailed(_join.Node, "the actor that hosts shards or workers has ended; the log says why."));
                break;
            default:
                _roleActor.Forward(message);
                break;
        }
    }

    private int Coordinators() => _cluster.State.Members.Count(member => member.HasRole(NodeSettings.CoordinatorRole));

    /// <summary>No coordinator answers any more: the cluster that the node belongs to has none.</summary>
    public sealed record CutOff;

    private sealed record Offer
    {
        public static readonly Offer Instance = new();
    }
}
