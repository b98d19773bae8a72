using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Cluster.Tools.Singleton;
using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Node;
using DistEmbed.Testing;

namespace DistEmbed.Cluster.Tests.Node;

/// <summary>A node meets a coordinator singleton over real sockets.</summary>
public sealed class NodeActorTests
{
    [Fact]
    public async Task A_node_offers_itself_until_it_is_accepted_and_what_comes_then_reaches_its_role()
    {
        await using var cluster = new TestCluster();
        ClusterSystem coordinator = cluster.Start(NodeRole.Coordinator, []);
        ClusterSystem worker = cluster.Start(NodeRole.Worker, [coordinator.ControlAddress.ToString()]);
        var told = new ConcurrentQueue<object>();
        var received = new ConcurrentQueue<object>();
        var join = new NodeJoin("w-1", NodeRole.Worker, NodeProtocol.Version, "0.1.0", null);
        Props role = Props.Create(() => new Role(received));
        Action<object> tell = told.Enqueue;
        worker.System.ActorOf(NodeActor.Props(join, role, tell), "node");
        coordinator.System.ActorOf(
            ClusterSingletonManager.Props(
                Props.Create(() => new Door()), PoisonPill.Instance,
                ClusterSingletonManagerSettings.Create(coordinator.System).WithRole(NodeSettings.CoordinatorRole).WithSingletonName(NodeSettings.SingletonName)),
            NodeSettings.CoordinatorActor);
        await Wait.UntilAsync(() => !told.IsEmpty, "the second offer is accepted");
        Assert.Equal(new NodeAccepted("c-1", "http://127.0.0.1:1"), told.First());
        await Wait.UntilAsync(() => received.Any(m => m is EndRun { Run: "answer" }), "the role answers the coordinator and is answered");
        Assert.IsType<NodeAccepted>(received.First());
    }

    /// <summary>Does not answer the first offer, accepts later ones.</summary>
    private sealed class Door : UntypedActor
    {
        private int _offers;

        protected override void OnReceive(object message)
        {
            if (message is NodeJoin && ++_offers > 1)
                Sender.Tell(new NodeAccepted("c-1", "http://127.0.0.1:1"));
            else if (message is WorkerReady)
                Sender.Tell(new EndRun("answer"));
        }
    }

    private sealed class Role(ConcurrentQueue<object> received) : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            received.Enqueue(message);
            if (message is NodeAccepted)
                Sender.Tell(new WorkerReady("w-1"));
        }
    }
}
