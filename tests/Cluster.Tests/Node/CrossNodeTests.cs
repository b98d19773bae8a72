using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Cluster.Tools.Singleton;
using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Node;
using DistEmbed.Testing;

namespace DistEmbed.Cluster.Tests.Node;

/// <summary>What Akka says between nodes on its own still gets through, now that little does.</summary>
public sealed class CrossNodeTests
{
    [Fact]
    public async Task Who_watches_an_actor_of_another_node_is_told_of_its_end_and_of_the_nodes_leaving()
    {
        await using var cluster = new TestCluster();
        ClusterSystem coordinator = cluster.Start(NodeRole.Coordinator, []);
        ClusterSystem worker = cluster.Start(NodeRole.Worker, [coordinator.ControlAddress.ToString()]);
        await Wait.UntilAsync(() => TestCluster.Up(coordinator) == 2 && TestCluster.Up(worker) == 2, "two members");
        ConcurrentQueue<string> refused = TestCluster.Log(coordinator), refusedThere = TestCluster.Log(worker);
        IActorRef first = worker.System.ActorOf(Props.Create(() => new Silent()), "first"), second = worker.System.ActorOf(Props.Create(() => new Silent()), "second");
        var told = new ConcurrentQueue<string>();
        Address there = Akka.Cluster.Cluster.Get(worker.System).SelfAddress;
        coordinator.System.ActorOf(Props.Create(() => new Watching($"{there}/user/", told)), "watching");
        await Wait.UntilAsync(() => told.Count == 2, "both are found by their paths");
        worker.System.Stop(first);
        await Wait.UntilAsync(() => told.Contains("first ended"), "the end of one is told");
        Assert.DoesNotContain("second ended", told);
        Assert.Equal(ClusterEnd.Left, await worker.LeaveAsync().WaitAsync(Wait.Deadline));
        await Wait.UntilAsync(() => told.Contains("second ended"), "the other ended with its node");
        Assert.DoesNotContain([.. refused, .. refusedThere], line => line.Contains("refused", StringComparison.Ordinal) || line.Contains("cannot be sent", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_coordinator_that_leaves_hands_the_singleton_over()
    {
        await using var cluster = new TestCluster();
        ClusterSystem first = cluster.Start(NodeRole.Coordinator, []);
        ClusterSystem second = cluster.Start(NodeRole.Coordinator, [first.ControlAddress.ToString()]);
        await Wait.UntilAsync(() => TestCluster.Up(first) == 2 && TestCluster.Up(second) == 2, "two members");
        ConcurrentQueue<string> log = TestCluster.Log(first), logThere = TestCluster.Log(second);
        var alive = new ConcurrentQueue<string>();
        foreach (ClusterSystem node in (ClusterSystem[])[first, second])
        {
            string name = node == first ? "first" : "second";
            node.System.ActorOf(
                ClusterSingletonManager.Props(
                    Props.Create(() => new Only(name, alive)), PoisonPill.Instance,
                    ClusterSingletonManagerSettings.Create(node.System).WithRole(NodeSettings.CoordinatorRole).WithSingletonName(NodeSettings.SingletonName)),
                NodeSettings.CoordinatorActor);
        }

        await Wait.UntilAsync(() => !alive.IsEmpty, "the oldest has it");
        Assert.Equal(ClusterEnd.Left, await first.LeaveAsync().WaitAsync(Wait.Deadline));
        await Wait.UntilAsync(() => alive.Count == 3, "the other has it");
        Assert.Equal(["first begins", "first ends", "second begins"], alive);
        Assert.DoesNotContain([.. log, .. logThere], line => line.Contains("refused", StringComparison.Ordinal) || line.Contains("cannot be sent", StringComparison.Ordinal));
    }

    private sealed class Silent : UntypedActor
    {
        protected override void OnReceive(object message) => Unhandled(message);
    }

    private sealed class Only(string node, ConcurrentQueue<string> alive) : UntypedActor
    {
        protected override void PreStart() => alive.Enqueue($"{node} begins");

        protected override void PostStop() => alive.Enqueue($"{node} ends");

        protected override void OnReceive(object message) => Unhandled(message);
    }

    private sealed class Watching(string folder, ConcurrentQueue<string> told) : UntypedActor
    {
        protected override void PreStart()
        {
            foreach (string name in (string[])["first", "second"])
                Context.ActorSelection(folder + name).Tell(new Identify(name));
        }

        protected override void OnReceive(object message)
        {
            switch (message)
            {
                case ActorIdentity { Subject: { } found }:
                    Context.Watch(found);
                    told.Enqueue($"{found.Path.Name} found");
                    break;
                case Terminated ended:
                    told.Enqueue($"{ended.ActorRef.Path.Name} ended");
                    break;
            }
        }
    }
}
