using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Serialization;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Node;
using DistEmbed.Protocol.Node.Serializers;
using DistEmbed.Testing;

namespace DistEmbed.Cluster.Tests.Node;

/// <summary>Real actor systems on loopback ports.</summary>
public sealed class ClusterSystemTests
{
    [Fact]
    public async Task Nodes_of_one_cluster_meet_and_nodes_of_another_do_not()
    {
        await using var cluster = new TestCluster();
        ClusterSystem coordinator = cluster.Start(NodeRole.Coordinator, []);
        string seed = coordinator.ControlAddress.ToString();
        ClusterSystem stranger = cluster.Start(NodeRole.Worker, [seed], cluster: "other");
        ConcurrentQueue<string> refused = TestCluster.Log(coordinator);
        ClusterSystem worker = cluster.Start(NodeRole.Worker, [seed]);
        await Wait.UntilAsync(() => TestCluster.Up(coordinator) == 2 && TestCluster.Up(worker) == 2, "two members");
        await Wait.UntilAsync(() => refused.Any(line => line.Contains("non-local recipient", StringComparison.Ordinal)), "the stranger knocks and is not let in");
        Assert.Equal(2, TestCluster.Up(coordinator));
        Assert.Equal(0, TestCluster.Up(stranger));
        Assert.Contains(NodeSettings.WorkerRole, Akka.Cluster.Cluster.Get(worker.System).SelfRoles);
    }

    [Theory]
    [InlineData("localhost")]
    [InlineData("dns+localhost")]
    public async Task A_worker_may_come_before_its_coordinator_and_know_it_by_a_name(string name)
    {
        await using var cluster = new TestCluster();
        using var port = new ReservedPort();
        ClusterSystem worker = cluster.Start(NodeRole.Worker, [$"{name}:{port.Number}"]);
        ClusterSystem coordinator = cluster.Start(NodeRole.Coordinator, [], port: port.Number);
        Assert.Equal(new HostPort("127.0.0.1", port.Number), coordinator.ControlAddress);
        await Wait.UntilAsync(() => TestCluster.Up(coordinator) == 2, "two members");
        Assert.Equal(ClusterEnd.Left, await worker.LeaveAsync().WaitAsync(Wait.Deadline));
        await Wait.UntilAsync(() => TestCluster.Up(coordinator) == 1, "the worker has left");
    }

    [Fact]
    public async Task A_coordinator_whose_first_seed_is_itself_starts_the_cluster()
    {
        await using var cluster = new TestCluster();
        using var port = new ReservedPort();
        ClusterSystem coordinator = cluster.Start(NodeRole.Coordinator, [$"localhost:{port.Number}", "127.0.0.1:1"], port: port.Number);
        await Wait.UntilAsync(() => TestCluster.Up(coordinator) == 1, "a cluster of one");
    }

    [Fact]
    public async Task A_coordinator_that_may_not_found_a_cluster_waits_until_it_may()
    {
        await using var cluster = new TestCluster();
        using var port = new ReservedPort();
        int asked = 0;
        bool may = false;
        ClusterSystem coordinator = cluster.Start(NodeRole.Coordinator, [$"127.0.0.1:{port.Number}", "127.0.0.1:1"], port: port.Number, mayFound: () => Interlocked.Increment(ref asked) > 0 && Volatile.Read(ref may));
        // Asked every five seconds, which is also how long the others have to answer.
        await Wait.UntilAsync(() => Volatile.Read(ref asked) >= 3, "three questions");
        Assert.Equal(0, TestCluster.Up(coordinator));
        Volatile.Write(ref may, true);
        await Wait.UntilAsync(() => TestCluster.Up(coordinator) == 1, "a cluster of one");
    }

    [Fact]
    public async Task A_node_that_the_cluster_removes_ends_and_says_so()
    {
        await using var cluster = new TestCluster();
        ClusterSystem coordinator = cluster.Start(NodeRole.Coordinator, []);
        ClusterSystem worker = cluster.Start(NodeRole.Worker, [coordinator.ControlAddress.ToString()]);
        await Wait.UntilAsync(() => TestCluster.Up(coordinator) == 2 && TestCluster.Up(worker) == 2, "two members");
        Akka.Cluster.Cluster.Get(coordinator.System).Down(Akka.Cluster.Cluster.Get(worker.System).SelfAddress);
        Assert.Equal(ClusterEnd.Removed, await worker.Ended.WaitAsync(Wait.Deadline));
    }

    [Fact]
    public async Task Nodes_with_certificates_of_one_authority_meet_and_a_foreign_one_does_not_get_in()
    {
        using var authority = new Certificates();
        using var other = new Certificates();
        await using var cluster = new TestCluster();
        ClusterSystem coordinator = cluster.Start(NodeRole.Coordinator, [], tls: authority.Tls("127.0.0.1"));
        ConcurrentQueue<string> log = TestCluster.Log(coordinator);
        string seed = coordinator.ControlAddress.ToString();
        ClusterSystem worker = cluster.Start(NodeRole.Worker, [seed], tls: authority.Tls("127.0.0.1"));
        // It trusts the coordinator, so that only the coordinator can refuse.
        ClusterSystem foreign = cluster.Start(NodeRole.Worker, [seed], tls: new NodeTls(other.Sign("127.0.0.1"), [authority.Authority]));
        ClusterSystem plain = cluster.Start(NodeRole.Worker, [seed]);
        await Wait.UntilAsync(() => TestCluster.Up(coordinator) == 2 && TestCluster.Up(worker) == 2, "two members");
        await Wait.UntilAsync(() => log.Any(line => line.Contains("did not sign", StringComparison.Ordinal)), "the foreign certificate is refused");
        Assert.Equal((2, 0, 0), (TestCluster.Up(coordinator), TestCluster.Up(foreign), TestCluster.Up(plain)));
    }

    [Fact]
    public async Task A_listener_that_is_not_the_host_that_was_meant_is_refused()
    {
        using var authority = new Certificates();
        await using var cluster = new TestCluster();
        // The worker first: Akka.Remote ends a node whose own handshake fails, so a log begun after the first try would see nothing.
        using var port = new ReservedPort();
        ClusterSystem worker = cluster.Start(NodeRole.Worker, [$"127.0.0.1:{port.Number}"], tls: authority.Tls("127.0.0.1"));
        ConcurrentQueue<string> log = TestCluster.Log(worker);
        ClusterSystem coordinator = cluster.Start(NodeRole.Coordinator, [], tls: authority.Tls("elsewhere.example"), port: port.Number);
        await Wait.UntilAsync(() => log.Any(line => line.Contains("does not name it", StringComparison.Ordinal)), "the name is compared");
        await worker.Ended.WaitAsync(Wait.Deadline);
        await Wait.UntilAsync(() => TestCluster.Up(coordinator) == 1, "a cluster of one");
    }

    [Fact]
    public async Task Messages_arrive_and_what_cannot_be_sent_is_refused_by_name()
    {
        await using var cluster = new TestCluster();
        ClusterSystem coordinator = cluster.Start(NodeRole.Coordinator, []);
        ClusterSystem worker = cluster.Start(NodeRole.Worker, [coordinator.ControlAddress.ToString()]);
        await Wait.UntilAsync(() => TestCluster.Up(coordinator) == 2 && TestCluster.Up(worker) == 2, "two members");
        ConcurrentQueue<string> log = TestCluster.Log(worker);
        var arrived = new ConcurrentQueue<object>();
        coordinator.System.ActorOf(Props.Create(() => new Recorder(arrived)), "recorder");
        Address address = Akka.Cluster.Cluster.Get(coordinator.System).SelfAddress;
        IActorRef recorder = await TestCluster.Find(worker.System.ActorSelection($"{address}/user/recorder"));
        recorder.Tell(new AssignRows(0, [1], [1f]));
        recorder.Tell(new Dictionary<string, string> { ["a"] = "b" });
        recorder.Tell(new NodeFailed("worker", new string('x', 5 << 20)));
        recorder.Tell(new NodeFailed("worker", new string('y', 3 << 20)));
        await Wait.UntilAsync(() => !arrived.IsEmpty, "the last message arrives, over the same connection");
        Assert.Equal('y', Assert.IsType<NodeFailed>(Assert.Single(arrived)).Reason[0]);
        await Wait.UntilAsync(() => log.Count(line => line.Contains("cannot be sent", StringComparison.Ordinal)) >= 3, "three refusals:\n" + string.Join('\n', log));
        Assert.Contains(log, line => line.Contains(nameof(AssignRows), StringComparison.Ordinal));
        Assert.Contains(log, line => line.Contains("Dictionary", StringComparison.Ordinal));
        Assert.Contains(log, line => line.Contains("NodeFailed of 52428", StringComparison.Ordinal));
    }

    [Fact]
    public async Task No_serializer_of_Akka_is_left()
    {
        await using var cluster = new TestCluster();
        ClusterSystem node = cluster.Start(NodeRole.Coordinator, []);
        Serialization serialization = node.System.Serialization;
        var all = (Dictionary<int, Serializer>)typeof(Serialization).GetField("_serializersById", BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(serialization)!;
        Assert.All(all, pair => Assert.Equal(typeof(ControlSerializer).Namespace, pair.Value.GetType().Namespace));
        Assert.All(all, pair => Assert.Equal(pair.Key, pair.Value.Identifier));
        Assert.IsType<RefusingSerializer>(serialization.FindSerializerFor(new object()));
        Assert.IsType<ControlSerializer>(serialization.FindSerializerFor(new StopRun()));
        foreach (object unsent in (object[])[new object(), new byte[1], new Status.Failure(new IOException()), PoisonPill.Instance, 1, new Akka.Dispatch.SysMsg.Terminate()])
        {
            Assert.Throws<SerializationException>(() => serialization.FindSerializerFor(unsent).ToBinary(unsent));
        }
    }

    [Fact]
    public async Task What_nodes_say_to_each_other_comes_back_as_it_was_and_names_no_type()
    {
        await using var cluster = new TestCluster();
        ClusterSystem node = cluster.Start(NodeRole.Coordinator, []);
        IActorRef actor = node.System.ActorOf(Props.Create(() => new Recorder(new())), "recorder");
        Assembly tools = typeof(Akka.Cluster.Tools.Singleton.ClusterSingletonManager).Assembly, akka = typeof(Akka.Cluster.Cluster).Assembly;
        object[] messages =
        [
            .. tools.GetTypes().Where(type => type is { IsAbstract: false } && type.GetInterface("IClusterSingletonMessage") is not null)
                .Select(type => type.GetProperty("Instance")!.GetValue(null)!),
            new Identify("question"), new ActorIdentity("question", actor), new ActorSelectionMessage(new Identify(null), [new SelectChildName("recorder")]),
            new Akka.Dispatch.SysMsg.Watch((IInternalActorRef)actor, (IInternalActorRef)actor), new Akka.Dispatch.SysMsg.Unwatch((IInternalActorRef)actor, (IInternalActorRef)actor),
            new Akka.Dispatch.SysMsg.DeathWatchNotification(actor, true, false), new StopRun(), "text",
            Activator.CreateInstance(akka.GetType("Akka.Cluster.InternalClusterAction+InitJoin")!)!,
        ];
        Assert.Equal(13, messages.Length);
        foreach (object message in messages)
        {
            var serializer = Assert.IsAssignableFrom<SerializerWithStringManifest>(node.System.Serialization.FindSerializerFor(message));
            Assert.DoesNotContain(serializer.Manifest(message), letter => letter is '.' or ',' or '+');
            Assert.Equal(message.GetType(), node.System.Serialization.Deserialize(serializer.ToBinary(message), serializer.Identifier, serializer.Manifest(message)).GetType());
        }
    }

    [Fact]
    public async Task Every_message_of_membership_passes_but_a_routers_settings()
    {
        await using var cluster = new TestCluster();
        ClusterSystem node = cluster.Start(NodeRole.Coordinator, []);
        Type[] types = [.. typeof(Akka.Cluster.Cluster).Assembly.GetTypes().Where(type =>
            type is { IsAbstract: false, IsInterface: false } && type.GetInterface("IClusterMessage") is not null)];
        var serializer = (SerializerWithStringManifest)node.System.Serialization.FindSerializerForType(types[0]);
        // Without running constructors: the manifest depends on the type alone.
        string[] refused = [.. types.Where(type => Record.Exception(() => serializer.Manifest(RuntimeHelpers.GetUninitializedObject(type))) is not null).Select(type => type.Name)];
        Assert.Equal([], refused);
        Assert.True(types.Length > 8, string.Join(", ", types.Select(type => type.Name)));
        Assert.Throws<SerializationException>(() => serializer.Manifest(RuntimeHelpers.GetUninitializedObject(typeof(Akka.Cluster.Routing.ClusterRouterPool))));
    }

    [Fact]
    public async Task The_settings_are_those_that_were_chosen()
    {
        await using var cluster = new TestCluster();
        ClusterSystem node = cluster.Start(NodeRole.Coordinator, []);
        Akka.Configuration.Config config = node.System.Settings.Config;
        Assert.IsType<Akka.Cluster.SBR.SplitBrainResolverProvider>(Akka.Cluster.Cluster.Get(node.System).DowningProvider);
        Assert.Equal("keep-majority", config.GetString("akka.cluster.split-brain-resolver.active-strategy"));
        Assert.Equal("coordinator", config.GetString("akka.cluster.split-brain-resolver.keep-majority.role"));
        Assert.Equal(TimeSpan.FromSeconds(5), config.GetTimeSpan("akka.cluster.seed-node-timeout"));
        TimeSpan unreachable = config.GetTimeSpan("akka.cluster.failure-detector.acceptable-heartbeat-pause");
        TimeSpan removed = unreachable + config.GetTimeSpan("akka.cluster.split-brain-resolver.stable-after");
        Assert.True(unreachable <= TimeSpan.FromSeconds(7), "a killed process is noticed within 10 s");
        Assert.True(removed >= TimeSpan.FromSeconds(25), "a process that is stopped for 20 s may come back");
        Assert.Equal(4 << 20, config.GetByteSize("akka.remote.dot-netty.tcp.maximum-frame-size", null));
        Assert.False(config.GetBoolean("akka.coordinated-shutdown.run-by-clr-shutdown-hook"));
        Assert.False(config.GetBoolean("akka.coordinated-shutdown.exit-clr"));
    }

    [Fact]
    public async Task A_port_that_is_taken_is_the_users_error()
    {
        await using var cluster = new TestCluster();
        int port = cluster.Start(NodeRole.Coordinator, []).ControlAddress.Port;
        InputError error = Assert.Single(Assert.Throws<InvalidInputException>(() => cluster.Start(NodeRole.Coordinator, [], port: port)).Errors);
        Assert.Equal("--cluster-port", error.Where);
        Assert.Contains($"127.0.0.1:{port}", error.What, StringComparison.Ordinal);
    }

    private sealed class Recorder(ConcurrentQueue<object> arrived) : UntypedActor
    {
        protected override void OnReceive(object message) => arrived.Enqueue(message);
    }
}
