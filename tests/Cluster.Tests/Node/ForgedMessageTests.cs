using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Reflection;
using System.Runtime.Serialization;
using System.Text;
using Akka.Actor;
using Akka.Dispatch.SysMsg;
using Akka.Event;
using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Node;
using DistEmbed.Testing;

namespace DistEmbed.Cluster.Tests.Node;

/// <summary>
/// A program with Akka as it comes, on the control port of a node: what it may not do there. Akka as it comes is also the victim that shows each time that the message is a
/// good one.
/// </summary>
public sealed class ForgedMessageTests
{
    /// <summary>A message for an actor; each has a type of its own made on a system that takes it.</summary>
    public static TheoryData<string, string> Messages => new()
    {
        { "an object", "'json'" },
        { "a protobuf message", "'proto'" },
        { "a status", "'akka-misc'" },
        { "a status in a question", "'akka-misc'" },
        { "a status in a status", "'akka-misc'" },
    };

    [Theory]
    [MemberData(nameof(Messages))]
    public async Task A_message_that_names_a_type_makes_nothing_and_is_logged_once_and_the_node_lives(string kind, string refusal)
    {
        await using var cluster = new TestCluster();
        using ActorSystem forger = Forger.Start("forger"), victim = Forger.Start("victim");
        ClusterSystem node = cluster.Start(NodeRole.Coordinator, []);
        ConcurrentQueue<string> written = Written(node), arrived = Recorder(node.System);
        Recorder(victim);
        ActorSelection target = forger.ActorSelection($"{Akka.Cluster.Cluster.Get(node.System).SelfAddress}/user/recorder");
        IActorRef recorder = await TestCluster.Find(target);

        string mark = Guid.NewGuid().ToString();
        forger.ActorSelection($"{((ExtendedActorSystem)victim).Provider.DefaultAddress}/user/recorder").Tell(Message(kind, mark));
        await Wait.UntilAsync(() => Made.Marks.Contains(mark), "made on a system that takes it");

        string onNode = Guid.NewGuid().ToString();
        // To the actor itself, and within a selection, which has a serializer of its own.
        for (int i = 0; i < 3; i++)
        {
            recorder.Tell(Message(kind, onNode));
            target.Tell(Message(kind, onNode));
        }

        recorder.Tell("after");
        target.Tell("after");
        await Wait.UntilAsync(() => arrived.Count == 2, "the node lives and the connection too");
        await Wait.UntilAsync(() => !written.IsEmpty, "the refusal is logged");
        Assert.Equal(["after", "after"], arrived);
        Assert.DoesNotContain(onNode, Made.Marks);
        Assert.Contains(refusal, Assert.Single(written), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("create")]
    [InlineData("recreate")]
    [InlineData("resume")]
    [InlineData("failed")]
    public async Task A_system_message_with_an_exception_makes_nothing_and_the_node_lives(string kind)
    {
        await using var cluster = new TestCluster();
        using ActorSystem forger = Forger.Start("forger"), victim = Forger.Start("victim");
        ClusterSystem node = cluster.Start(NodeRole.Coordinator, []);
        ConcurrentQueue<string> written = Written(node), arrived = Recorder(node.System);
        Recorder(victim);
        IActorRef taking = await TestCluster.Find(forger.ActorSelection($"{((ExtendedActorSystem)victim).Provider.DefaultAddress}/user/recorder"));
        ActorSelection target = forger.ActorSelection($"{Akka.Cluster.Cluster.Get(node.System).SelfAddress}/user/recorder");
        IActorRef recorder = await TestCluster.Find(target);

        string mark = Guid.NewGuid().ToString();
        ((IInternalActorRef)taking).SendSystemMessage(System(kind, mark, taking));
        await Wait.UntilAsync(() => Made.Marks.Contains(mark), "made on a system that takes it");

        string onNode = Guid.NewGuid().ToString();
        ((IInternalActorRef)recorder).SendSystemMessage(System(kind, onNode, recorder));
        await Wait.UntilAsync(() => !written.IsEmpty, "the refusal is logged");
        await Lives(target, arrived);
        Assert.DoesNotContain(onNode, Made.Marks);
        Assert.Contains("'akka-system-msg'", Assert.Single(written), StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_serializer_looks_for_a_type_that_a_message_names()
    {
        await using var cluster = new TestCluster();
        using ActorSystem forger = Forger.Start("forger"), victim = Forger.Start("victim");
        ClusterSystem node = cluster.Start(NodeRole.Coordinator, []);
        ConcurrentQueue<string> arrived = Recorder(node.System), onVictim = Recorder(victim);
        var soughtFor = new ConcurrentQueue<string>();
        ResolveEventHandler seek = (_, sought) =>
        {
            soughtFor.Enqueue(sought.Name);
            return null;
        };
        AppDomain.CurrentDomain.AssemblyResolve += seek;
        try
        {
            ActorSelection taking = forger.ActorSelection($"{((ExtendedActorSystem)victim).Provider.DefaultAddress}/user/recorder");
            ActorSelection target = forger.ActorSelection($"{Akka.Cluster.Cluster.Get(node.System).SelfAddress}/user/recorder");
            for (int serializer = 0; serializer <= 40; serializer++)
            {
                taking.Tell(new Forged(serializer, $"Some.Type, ForVictim{serializer}", []));
                target.Tell(new Forged(serializer, $"Some.Type, ForNode{serializer}", []));
                (await TestCluster.Find(target)).Tell(new Forged(serializer, $"Some.Type, ForNode{serializer}", []));
            }

            taking.Tell("after");
            target.Tell("after");
            await Wait.UntilAsync(() => arrived.Contains("after") && onVictim.Contains("after"), "both live");
        }
        finally
        {
            AppDomain.CurrentDomain.AssemblyResolve -= seek;
        }

        Assert.All([0, 1, 2, 4, 6, 22], serializer => Assert.Contains(soughtFor, name => name.StartsWith($"ForVictim{serializer}", StringComparison.Ordinal)));
        Assert.DoesNotContain(soughtFor, name => name.StartsWith("ForNode", StringComparison.Ordinal));
        Assert.Equal(["after"], arrived);
    }

    [Fact]
    public async Task Messages_within_messages_do_not_exhaust_the_stack()
    {
        await using var cluster = new TestCluster();
        using ActorSystem forger = Forger.Start("forger");
        ClusterSystem node = cluster.Start(NodeRole.Coordinator, []);
        ConcurrentQueue<string> written = Written(node), arrived = Recorder(node.System);
        ActorSelection target = forger.ActorSelection($"{Akka.Cluster.Cluster.Get(node.System).SelfAddress}/user/recorder");
        target.Tell(new Forged(16, "ID", Questions(20_000)));
        target.Tell("after");
        await Wait.UntilAsync(() => arrived.Contains("after"), "the node lives and the connection too");
        await Wait.UntilAsync(() => !written.IsEmpty, "the refusal is logged");
        Assert.Contains("within", Assert.Single(written), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_forged_deployment_makes_no_actor_and_the_node_lives()
    {
        await using var cluster = new TestCluster();
        using ActorSystem forger = Forger.Start("forger"), victim = Forger.Start("victim");
        ClusterSystem node = cluster.Start(NodeRole.Coordinator, []);
        ConcurrentQueue<string> written = Written(node), arrived = Recorder(node.System);
        forger.ActorOf(Deployed("on-victim", ((ExtendedActorSystem)victim).Provider.DefaultAddress));
        await Wait.UntilAsync(() => Deployable.Names.Contains("on-victim"), "an actor on a system that takes deployments");

        Address address = Akka.Cluster.Cluster.Get(node.System).SelfAddress;
        forger.ActorOf(Deployed("on-node", address));
        await Wait.UntilAsync(() => written.Any(line => line.Contains("actors to be made", StringComparison.Ordinal)), "the refusal is logged");

        await Lives(forger.ActorSelection($"{address}/user/recorder"), arrived);
        Assert.DoesNotContain("on-node", Deployable.Names);
    }

    [Fact]
    public async Task A_refusal_is_short_and_one_line_whatever_came()
    {
        await using var cluster = new TestCluster();
        using ActorSystem forger = Forger.Start("forger");
        ClusterSystem node = cluster.Start(NodeRole.Coordinator, []);
        ConcurrentQueue<string> written = Written(node), arrived = Recorder(node.System);
        ActorSelection target = forger.ActorSelection($"{Akka.Cluster.Cluster.Get(node.System).SelfAddress}/user/recorder");
        foreach (int serializer in (int[])[0, 1, 2, 3, 4, 5, 14, 16, 17, 22, 36, 7341])
        {
            for (int i = 0; i < 3; i++)
                target.Tell(new Forged(serializer, $"x{i}\nerror: all is lost{new string('x', 100_000)}", new byte[i]));
        }

        target.Tell(new Forged(7341, "", [1, 2, 3]));
        target.Tell("after");
        await Wait.UntilAsync(() => arrived.Contains("after"), "the node lives and the connection too");
        await Wait.UntilAsync(() => written.Count >= 12, "a line for each, which come by another way than messages");
        Assert.Equal(12, written.Count);
        Assert.All(written, line => Assert.True(line.Length < 300 && !line.Contains('\n', StringComparison.Ordinal), line));
    }

    /// <summary>Akka closes a connection on which a system message cannot be read; the forger may come again.</summary>
    private static async Task Lives(ActorSelection target, ConcurrentQueue<string> arrived) => await Wait.UntilAsync(
        () =>
        {
            target.Tell("after");
            return !arrived.IsEmpty;
        },
        "the node lives");

    private static object Message(string kind, string mark) => kind switch
    {
        "an object" => new Marked(mark),
        "a protobuf message" => new Forged(2, typeof(Protobuf).AssemblyQualifiedName!, Encoding.UTF8.GetBytes(Protobuf.Mark = mark)),
        "a status" => new Status.Failure(new Made(mark)),
        "a status in a question" => new Identify(new Status.Failure(new Made(mark))),
        "a status in a status" => new Status.Success(new Status.Failure(new Made(mark))),
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    [Theory]
    [InlineData("random")]
    [InlineData("http")]
    [InlineData("length")]
    [InlineData("frame")]
    public async Task Bytes_that_are_no_connection_of_a_node_end_it_and_the_node_lives(string kind)
    {
        await using var cluster = new TestCluster();
        using ActorSystem forger = Forger.Start("forger");
        ClusterSystem node = cluster.Start(NodeRole.Coordinator, []);
        ConcurrentQueue<string> arrived = Recorder(node.System);
        var random = new Random(17);
        byte[] bytes = new byte[1000];
        random.NextBytes(bytes);
        using (var socket = new TcpClient())
        {
            await socket.ConnectAsync(IPAddress.Loopback, node.ControlAddress.Port);
            NetworkStream stream = socket.GetStream();
            try
            {
                await stream.WriteAsync(kind switch
                {
                    "http" => "GET / HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray(),
                    "length" => [0xFF, 0xFF, 0xFF, 0x7F, .. bytes],
                    "frame" => [100, 0, 0, 0, .. bytes.AsSpan(0, 100)],
                    _ => bytes,
                });
                using var deadline = new CancellationTokenSource(Wait.Deadline);
                while (await stream.ReadAsync(bytes, deadline.Token) > 0)
                    continue;
            }
            catch (IOException)
            {
                // The node may reset the connection; what counts is that it ends.
            }
        }

        await Lives(forger.ActorSelection($"{Akka.Cluster.Cluster.Get(node.System).SelfAddress}/user/recorder"), arrived);
    }

    private static ISystemMessage System(string kind, string mark, IActorRef child) => kind switch
    {
        "create" => (ISystemMessage)Activator.CreateInstance(typeof(Create), BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic, null, [new Initialization(mark)], null)!,
        "recreate" => new Recreate(new Made(mark)),
        "resume" => new Resume(new Made(mark)),
        "failed" => new Failed(child, new Made(mark), 1),
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    /// <summary>A question whose number is a question whose number is a question: each level has a beginning and, of one length, an end.</summary>
    private static byte[] Questions(int levels)
    {
        byte[] end = [(2 << 3) | 0, 16, (3 << 3) | 2, 2, .. "ID"u8];
        var beginnings = new Stack<byte[]>();
        uint length = 0;
        for (int i = 0; i < levels; i++)
        {
            byte[] inner = [(1 << 3) | 2, .. Varint(length)];
            uint payload = (uint)(inner.Length + length + end.Length);
            beginnings.Push([(1 << 3) | 2, .. Varint(payload), .. inner]);
            length = (uint)(beginnings.Peek().Length - inner.Length + payload);
        }

        return [.. beginnings.SelectMany(bytes => bytes), .. Enumerable.Repeat(end, levels).SelectMany(bytes => bytes)];
    }

    private static IEnumerable<byte> Varint(uint value)
    {
        for (; value >= 0x80; value >>= 7)
            yield return (byte)(value | 0x80);
        yield return (byte)value;
    }

    private static Props Deployed(string name, Address on) => Props.Create<Deployable>(name).WithDeploy(Deploy.None.WithScope(new RemoteScope(on)));

    private static ConcurrentQueue<string> Recorder(ActorSystem system)
    {
        var arrived = new ConcurrentQueue<string>();
        system.ActorOf(Props.Create(() => new Recording(arrived)), "recorder");
        return arrived;
    }

    /// <summary>What the node writes to standard error.</summary>
    private static ConcurrentQueue<string> Written(ClusterSystem node)
    {
        var lines = new ConcurrentQueue<string>();
        IActorRef listener = node.System.ActorOf(Props.Create(() => new Writing(lines)));
        node.System.EventStream.Subscribe(listener, typeof(Error));
        node.System.EventStream.Subscribe(listener, typeof(Warning));
        return lines;
    }

    /// <summary>Says when one is made. What Akka makes of bytes is made by the constructor with two arguments.</summary>
    private sealed class Made : Exception
    {
        public static readonly ConcurrentQueue<string> Marks = new();

        public Made(string mark)
            : base(mark)
        {
        }

        private Made(SerializationInfo info, StreamingContext context)
            : base(info.GetString("Message")) => Marks.Enqueue(Message);
    }

    private sealed class Initialization : ActorInitializationException
    {
        public Initialization(string mark)
            : base(mark)
        {
        }

        private Initialization(SerializationInfo info, StreamingContext context)
            : base(info.GetString("Message")) => Made.Marks.Enqueue(Message);
    }

    /// <summary>It need not be a protobuf message to be made: Akka looks afterwards.</summary>
    private sealed class Protobuf
    {
        public static string Mark = "";

        public Protobuf() => Made.Marks.Enqueue(Mark);
    }

    private sealed record Marked(string Text)
    {
        [OnDeserialized]
        private void Read(StreamingContext context) => Made.Marks.Enqueue(Text);
    }

    private sealed class Deployable : UntypedActor
    {
        public static readonly ConcurrentQueue<string> Names = new();

        public Deployable(string name) => Names.Enqueue(name);

        protected override void OnReceive(object message) => Unhandled(message);
    }

    private sealed class Recording(ConcurrentQueue<string> arrived) : UntypedActor
    {
        protected override void OnReceive(object message) => arrived.Enqueue(message.ToString()!);
    }

    private sealed class Writing(ConcurrentQueue<string> lines) : UntypedActor
    {
        private readonly RepeatedLines _repeated = new(TimeSpan.MaxValue); // a node repeats a line after a minute, which a test may take

        protected override void OnReceive(object message)
        {
            // On a machine that has more to do than it can, Akka complains of that.
            if (message is LogEvent entry && !$"{entry.Message}".Contains("heartbeat was delayed", StringComparison.Ordinal) && LogLine.Of(entry) is { } line && _repeated.Allows(line.Subject, entry.Timestamp))
                lines.Enqueue(line.Text);
        }
    }
}
