using System.Diagnostics;
using Akka.Actor;
using Akka.Cluster;
using DistEmbed.Coordinator.Control;
using DistEmbed.Coordinator.Local;
using DistEmbed.Coordinator.Run;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Sharding;

namespace DistEmbed.Coordinator.Actors;

/// <summary>What the coordinator of a cluster needs of its process.</summary>
/// <param name="Node">Name of its process.</param>
/// <param name="Cluster">Name of the cluster.</param>
/// <param name="Version">Version of the program.</param>
/// <param name="FilesAddress">Where nodes fetch and store files.</param>
/// <param name="Activated">Told the actor when it takes over; null when it ends.</param>
/// <param name="Failed">Told of what it stumbled over: the process ends.</param>
public sealed record CoordinatorContext(
    string Node, string Cluster, string Version, string FilesAddress, Action<IActorRef?> Activated, Action<Exception> Failed);

/// <summary>
/// The coordinator of a cluster, one at a time: takes nodes in, places shards and workers for each attempt at a stage, starts the run's actor and ends it. The job
/// itself is prepared and reported on other threads, by <c>TrainingJob</c>, which asks for attempts.
/// </summary>
public sealed class CoordinatorActor : UntypedActor, IWithTimers
{
    /// <summary>Seconds that a server may be unreachable before its shards are placed elsewhere: to be removed from the cluster takes longer.</summary>
    private const double ServerPatience = 5;

    private static readonly TimeSpan s_tick = TimeSpan.FromMilliseconds(500);

    private readonly CoordinatorContext _context;
    private readonly ClusterNodes _nodes;
    private readonly Dictionary<string, IActorRef> _refs = [];
    private readonly Akka.Cluster.Cluster _cluster = Akka.Cluster.Cluster.Get(Context.System);
    private readonly long _start = Stopwatch.GetTimestamp();
    private StageAttempt? _attempt;
    private int _runs;

    /// <summary>Creates the coordinator.</summary>
    public CoordinatorActor(CoordinatorContext context)
    {
        _context = context;
        _nodes = new ClusterNodes(context.Version);
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    private double Now => Stopwatch.GetElapsedTime(_start).TotalSeconds;

    /// <summary>Recipe of the actor.</summary>
    public static Props Props(CoordinatorContext context) => Akka.Actor.Props.Create(() => new CoordinatorActor(context));

    /// <inheritdoc/>
    /// <remarks>A restarted run would be a run without a memory: whatever fails is stopped, and its last words end the attempt.</remarks>
    protected override SupervisorStrategy SupervisorStrategy() => Akka.Actor.SupervisorStrategy.StoppingStrategy;

    /// <inheritdoc/>
    protected override void PreStart()
    {
        _cluster.Subscribe(Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents, typeof(ClusterEvent.IReachabilityEvent));
        Timers.StartPeriodicTimer("tick", Tick.Instance, s_tick);
        _context.Activated(Self);
    }

    /// <inheritdoc/>
    protected override void PostStop()
    {
        _cluster.Unsubscribe(Self);
        _context.Activated(null);
        _attempt?.Ended.TrySetException(new NoLongerCoordinatesException());
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
            _context.Failed(exception);
            throw;
        }
    }

    private void Take(object message)
    {
        switch (message)
        {
            case NodeJoin join:
                OnJoin(join);
                break;
            case Terminated terminated:
                OnTerminated(terminated.ActorRef);
                break;
            case ClusterEvent.UnreachableMember unreachable:
                _nodes.SetReachable(unreachable.Member.Address.ToString(), false, Now);
                break;
            case ClusterEvent.ReachableMember reachable:
                _nodes.SetReachable(reachable.Member.Address.ToString(), true, Now);
                Offer();
                break;
            case HostRefused refused:
                OnHostRefused(refused);
                break;
            case StartAttempt start:
                OnStart(start);
                break;
            case StopAttempt stop:
                OnStop(stop);
                break;
            case AttemptEvent happened when happened.Run == _attempt?.Name:
                OnEvent(happened.Event);
                break;
            case RunActor.WorkerDrained drained:
                OnWorkerDrained(drained.Worker);
                break;
            case DrainNode drain:
                Sender.Tell(OnDrain(drain));
                break;
            case GetCluster:
                Sender.Tell(Status());
                break;
            case Tick:
                if (_attempt?.Shards is { } places && _nodes.GivenUp(_attempt.Name, places, Now, ServerPatience) is { } away)
                    Lose($"server {away} cannot be reached");
                Offer();
                break;
            case CommandAccepted or CommandRefused:
                break; // a worker's drain is answered when it is idle
            default:
                Unhandled(message);
                break;
        }
    }

    private void OnJoin(NodeJoin join)
    {
        string address = Sender.Path.Address.HasLocalScope ? _cluster.SelfAddress.ToString() : Sender.Path.Address.ToString();
        if (_nodes.Join(join, address) is { } reason)
        {
            Sender.Tell(new NodeRefused(reason));
            return;
        }

        if (!_refs.TryGetValue(join.Node, out IActorRef? known) || !known.Equals(Sender))
        {
            _refs[join.Node] = Sender;
            Context.Watch(Sender);
        }

        Sender.Tell(new NodeAccepted(_context.Node, _context.FilesAddress));
        Offer();
    }

    private void OnTerminated(IActorRef actor)
    {
        foreach (string name in _refs.Where(r => r.Value.Equals(actor)).Select(r => r.Key).ToArray())
        {
            _refs.Remove(name);
            _nodes.Lose(name);
            _attempt?.Workers.Remove(name);
            if (_attempt is { Shards: { } places } && places.Any(p => p.Node == name))
                Lose($"server {name} is gone");
        }
    }

    private void OnHostRefused(HostRefused refused)
    {
        _nodes.Refuse(refused);
        if (_attempt is not { } attempt || attempt.Name != refused.Run)
            return;
        attempt.Workers.Remove(refused.Node);
        if (attempt.Shards?.Any(p => p.Node == refused.Node) == true)
            Lose($"server {refused.Node} cannot host its shards: {refused.Reason}");
    }

    private void OnStart(StartAttempt start)
    {
        // Node, count and time: a name that no other run has or had, on any coordinator.
        string name = $"{_context.Node}.{++_runs}";
        _attempt = new StageAttempt(name, start, Now);
        Offer();
    }

    /// <summary>Starts the attempt once enough nodes are there, and gives work to those that join later.</summary>
    private void Offer()
    {
        if (_attempt is not { } attempt)
            return;
        ClusterSpec wanted = attempt.Stage.Plan.Job.Cluster;
        if (attempt.Run is null)
        {
            bool any = attempt.TakesAnyNumber(Now);
            int servers = any ? 1 : wanted.Servers, workers = any ? 1 : wanted.Workers;
            if (_nodes.Ready(NodeRole.Worker, attempt.Name).Count < workers || _nodes.Place(attempt.Name, wanted.Shards, servers) is not { } places)
                return;
            Start(attempt, places, workers);
        }

        foreach (ClusterNodes.Node node in _nodes.Ready(NodeRole.Worker, attempt.Name))
        {
            if (attempt.Workers.ContainsKey(node.Join.Node))
                continue;
            string worker = $"{node.Join.Node}@{attempt.Name}.{++attempt.Named}";
            attempt.Workers[node.Join.Node] = worker;
            _nodes.Host(node.Join.Node, [worker]);
            _refs[node.Join.Node].Tell(new HostWorker(attempt.Description!, worker), attempt.Run!);
        }
    }

    private void Start(StageAttempt attempt, IReadOnlyList<ShardPlace> places, int workers)
    {
        IActorRef self = Self;
        string name = attempt.Name;
        Action<RunEvent> watch = attempt.Stage.Watch;
        RunContext context = attempt.Start.Context(name) with
        {
            Workers = workers,
            Map = ShardMap.Even(places.Count, attempt.Stage.Attempt),
            Watch = happened =>
            {
                try
                {
                    watch(happened);
                }
#pragma warning disable CA1031 // a report that cannot be written ends the run with its own error, whatever it is
                catch (Exception exception)
#pragma warning restore CA1031
                {
                    self.Tell(new AttemptEvent(name, new RunEvent.Failed("report", exception.Message)));
                    return;
                }

                if (happened is RunEvent.Finished or RunEvent.Failed or RunEvent.ShardLost)
                    self.Tell(new AttemptEvent(name, happened));
            },
        };
        attempt.Shards = places;
        attempt.Description = attempt.Start.Description with { Run = name, Epoch = attempt.Stage.Attempt, Shards = places };
        attempt.Run = Context.ActorOf(RunActor.Props(attempt.Stage.Plan, context), $"run-{_runs}");
        foreach (IGrouping<string, ShardPlace> server in places.GroupBy(p => p.Node))
        {
            _nodes.Host(server.Key, [.. server.Select(p => $"shard-{p.Shard}")]);
            _refs[server.Key].Tell(new HostShards(attempt.Description, [.. server.Select(p => p.Shard)]), attempt.Run);
        }
    }

    private void OnStop(StopAttempt stop)
    {
        if (_attempt is not { } attempt)
            return;
        attempt.Leaving = null; // whoever stops the job does not want another attempt
        if (attempt.Run is { } run)
        {
            run.Tell(new StopRun(stop.Who));
            return;
        }

        _attempt = null;
        attempt.Ended.TrySetCanceled();
    }

    private void OnEvent(RunEvent happened)
    {
        StageAttempt attempt = _attempt!;
        switch (happened)
        {
            case RunEvent.Finished { Outcome.Interrupted: true } when attempt.Leaving is { } leaving:
                Close();
                attempt.Ended.TrySetException(new AttemptLostException($"server {leaving} left"));
                Leave(leaving);
                break;
            case RunEvent.Finished finished:
                Close();
                attempt.Ended.TrySetResult(finished.Outcome);
                if (attempt.Leaving is { } idle)
                    Leave(idle);
                break;
            case RunEvent.Failed failed:
                Close();
                attempt.Ended.TrySetException(new RunFailedException(failed.Node, failed.Reason));
                break;
            case RunEvent.ShardLost lost:
                Lose($"shard {lost.Shard} is gone");
                break;
        }
    }

    private void Lose(string reason)
    {
        StageAttempt attempt = _attempt!;
        Close();
        attempt.Ended.TrySetException(new AttemptLostException(reason));
    }

    /// <summary>Ends the attempt on every node.</summary>
    private void Close()
    {
        StageAttempt attempt = _attempt!;
        _attempt = null;
        if (attempt.Run is { } run)
            Context.Stop(run);
        attempt.Start.Closed(attempt.Name);
        foreach (string node in attempt.Workers.Keys.Concat(attempt.Shards?.Select(p => p.Node) ?? []).Distinct())
        {
            _nodes.Host(node, []);
            if (_refs.TryGetValue(node, out IActorRef? actor))
                actor.Tell(new EndRun(attempt.Name));
        }
    }

    private object OnDrain(DrainNode drain)
    {
        string name = drain.Node;
        if (_nodes.Find(name) is not { } node)
        {
            string known = string.Join(", ", _nodes.All.Select(n => n.Join.Node));
            return new CommandRefused($"there is no node '{name}'; the nodes are: {(known.Length == 0 ? "none" : known)}.");
        }

        if (name == _context.Node)
            return new CommandRefused($"{name} is the active coordinator: stop its process (SIGTERM). A job is checkpointed, and a coordinator that stands by goes on with it.");
        if (node.Draining)
            return new CommandAccepted(0);
        bool hostsShards = _attempt?.Shards?.Any(p => p.Node == name) == true;
        if (hostsShards && !_nodes.Ready(NodeRole.Server, _attempt!.Name).Any(n => n.Join.Node != name))
            return new CommandRefused($"{name} is the only server: start another one first.");
        if (_attempt?.Workers.ContainsKey(name) == true && !_nodes.Ready(NodeRole.Worker, _attempt.Name).Any(n => n.Join.Node != name))
            return new CommandRefused($"{name} is the only worker: start another one first.");
        _nodes.Drain(name);
        if (hostsShards)
        {
            // Its shards cannot walk: the run commits a checkpoint and the next attempt places them elsewhere.
            _attempt!.Leaving = name;
            _attempt.Run!.Tell(new StopRun(drain.Who, name));
        }
        else if (_attempt?.Workers.TryGetValue(name, out string? worker) == true)
        {
            _attempt.Run!.Tell(new DrainWorker(worker, drain.Who));
        }
        else
        {
            Leave(name);
        }

        return new CommandAccepted(0);
    }

    private void OnWorkerDrained(string worker)
    {
        if (_attempt is not { } attempt || attempt.Workers.FirstOrDefault(w => w.Value == worker) is not { Key: { } node })
            return;
        attempt.Workers.Remove(node);
        if (_refs.TryGetValue(node, out IActorRef? actor))
            actor.Tell(new EndRun(attempt.Name));
        Leave(node);
    }

    private void Leave(string node)
    {
        if (_refs.TryGetValue(node, out IActorRef? actor))
            actor.Tell(new LeaveCluster("drained"));
    }

    private ClusterPicture Status()
    {
        StageAttempt? attempt = _attempt;
        ClusterSpec? wanted = attempt?.Stage.Plan.Job.Cluster;
        bool any = attempt?.TakesAnyNumber(Now) == true;
        return new ClusterPicture(
            [.. _nodes.All.Select(n => new ClusterNode(
                n.Join.Node, n.Join.Role, n.Address[(n.Address.IndexOf('@', StringComparison.Ordinal) + 1)..], StateOf(n), n.Join.ProductVersion, n.Hosts))],
            attempt?.Stage.Name, attempt?.Stage.Attempt ?? 0, attempt?.Run,
            attempt is null ? []
                : attempt.Run is null ? _nodes.Awaited(attempt.Name, any ? 1 : wanted!.Workers, any ? 1 : wanted!.Servers, Now - attempt.Since)
                : _nodes.Refusals(attempt.Name, Now - attempt.Since));
    }

    private string StateOf(ClusterNodes.Node node) =>
        !node.Reachable ? "unreachable"
        : node.Draining ? "draining"
        : node.Join.Role != NodeRole.Coordinator ? "up"
        : node.Join.Node == _context.Node ? "active" : "stands by";

    private sealed record AttemptEvent(string Run, RunEvent Event);

    private sealed class Tick
    {
        public static readonly Tick Instance = new();
    }
}
