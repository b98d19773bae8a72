using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Configuration;
using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Node;

namespace DistEmbed.Cluster.Tests.Node;

/// <summary>A program with Akka as it comes, on the control port of a node: what it may not do there.</summary>
public sealed class ForgedMessageTests
{
    [Fact]
    public async Task A_forged_deployment_makes_no_actor_and_the_node_lives()
    {
        await using var cluster = new TestCluster();
        using ActorSystem forger = PlainAkka("forger"), victim = PlainAkka("victim");
        ClusterSystem node = cluster.Start(NodeRole.Coordinator, []);
        ConcurrentQueue<string> log = TestCluster.Log(node), arrived = Recorder(node);
        // Akka as it comes does what it is asked, so the message is a good one.
        forger.ActorOf(Deployed("on-victim", ((ExtendedActorSystem)victim).Provider.DefaultAddress));
        await TestCluster.Until(() => Made.Names.Contains("on-victim"), "an actor on a system that takes deployments");

        Address address = Akka.Cluster.Cluster.Get(node.System).SelfAddress;
        forger.ActorOf(Deployed("on-node", address));
        await TestCluster.Until(() => log.Any(line => line.Contains("ask for an actor to be made", StringComparison.Ordinal)), "the refusal is logged");

        forger.ActorSelection($"{address}/user/recorder").Tell("after");
        await TestCluster.Until(() => arrived.Contains("after"), "the node lives and the connection too");
        Assert.DoesNotContain("on-node", Made.Names);
    }

    [Fact]
    public async Task An_object_that_names_its_type_is_refused_and_logged_and_the_node_lives()
    {
        await using var cluster = new TestCluster();
        using ActorSystem forger = PlainAkka("forger");
        ClusterSystem node = cluster.Start(NodeRole.Coordinator, []);
        ConcurrentQueue<string> log = TestCluster.Log(node), arrived = Recorder(node);
        IActorRef recorder = await forger.ActorSelection($"{Akka.Cluster.Cluster.Get(node.System).SelfAddress}/user/recorder").ResolveOne(TimeSpan.FromSeconds(20));

        recorder.Tell(new Unknown("x"));
        await TestCluster.Until(() => log.Any(line => line.Contains("a serializer that names types", StringComparison.Ordinal)), "the refusal is logged");

        recorder.Tell("after");
        await TestCluster.Until(() => arrived.Contains("after"), "the node lives and the connection too");
        Assert.Equal(["after"], arrived);
    }

    private static ActorSystem PlainAkka(string name) => ActorSystem.Create(name, ConfigurationFactory.ParseString("""
        akka { loglevel = OFF, stdout-loglevel = OFF, actor.provider = remote, remote.dot-netty.tcp { hostname = "127.0.0.1", port = 0 } }
        """));

    private static Props Deployed(string name, Address on) => Props.Create<Made>(name).WithDeploy(Deploy.None.WithScope(new RemoteScope(on)));

    private static ConcurrentQueue<string> Recorder(ClusterSystem node)
    {
        var arrived = new ConcurrentQueue<string>();
        node.System.ActorOf(Props.Create(() => new Recording(arrived)), "recorder");
        return arrived;
    }

    private sealed record Unknown(string Text);

    private sealed class Made : UntypedActor
    {
        public static readonly ConcurrentQueue<string> Names = new();

        public Made(string name) => Names.Enqueue(name);

        protected override void OnReceive(object message) => Unhandled(message);
    }

    private sealed class Recording(ConcurrentQueue<string> arrived) : UntypedActor
    {
        protected override void OnReceive(object message) => arrived.Enqueue(message.ToString()!);
    }
}
