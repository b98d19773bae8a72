using System.Diagnostics.Metrics;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Akka.Actor;
using Akka.Cluster;
using DistEmbed.Cluster.Tests.Node;
using DistEmbed.ParameterServer.Rows;
using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Node;
using DistEmbed.Protocol.Node.RowPlane;
using DistEmbed.Protocol.Serialization;
using DistEmbed.Testing;

namespace DistEmbed.Cluster.Tests.Rows;

/// <summary>Rows over real sockets on loopback, between real shards and workers.</summary>
public sealed class RowPlaneTests : IDisposable
{
    private const int Steps = 12;

    private readonly ActorSystem _servers = ActorSystem.Create("servers", NodeSettings.AkkaConfiguration());
    private readonly ActorSystem _workers = ActorSystem.Create("workers", NodeSettings.AkkaConfiguration());

    public void Dispose() => Task.WhenAll(_servers.Terminate(), _workers.Terminate()).Wait(TimeSpan.FromSeconds(30));

    [Theory]
    [InlineData(true, true, 1)]
    [InlineData(true, true, 2)]
    [InlineData(true, false, 1)]
    [InlineData(false, true, 2)]
    public async Task Rows_over_sockets_end_with_the_bits_of_one_process_and_runs_do_not_mix(bool servers, bool workers, int shards)
    {
        using RowPlaneListener listener = RowPlaneListener.Start(_servers, RowRun.Options(local: servers));
        using var first = new RowRun(_servers, "first", seed: 5, shards: shards);
        using var second = new RowRun(_servers, "second", seed: 6, shards: shards);
        foreach (RowRun run in new[] { first, second })
        {
            run.Host(listener);
            run.StartWorkers(_workers, listener.Address, local: workers);
        }

        await Task.WhenAll(first.TrainAsync(Steps), second.TrainAsync(Steps));
        // Who is on one machine needs no TCP, where both ends have the other way.
        int port = IPEndPoint.Parse(listener.Address).Port;
        Assert.Equal(OperatingSystem.IsLinux() && servers && workers ? 0 : 4, IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpConnections().Count(
            c => c.State == TcpState.Established && c.RemoteEndPoint.Port == port));
        string one = await RowRun.HashInProcessAsync(5, Steps);
        string other = await RowRun.HashInProcessAsync(6, Steps);
        Assert.NotEqual(one, other);
        Assert.Equal((one, other), (await first.HashAsync(), await second.HashAsync()));
    }

    /// <summary>Messages that are long enough to lie in memory of both processes.</summary>
    [Theory]
    [InlineData(RowFormat.Full, 1)]
    [InlineData(RowFormat.Full, 2)]
    [InlineData(RowFormat.Half, 1)]
    public async Task Large_messages_end_with_the_bits_of_one_process(RowFormat wire, int shards)
    {
        const int Vocabulary = 4000, Dimension = 300;
        using RowPlaneListener listener = RowPlaneListener.Start(_servers, RowRun.Options());
        using var run = new RowRun(_servers, "large", seed: 5, Vocabulary, Dimension, shards, wire);
        run.Host(listener);
        using var meter = new MeterListener();
        long shared = 0;
        meter.InstrumentPublished = (instrument, listening) =>
        {
            if (instrument.Name == "distembed.row_plane.shared")
                listening.EnableMeasurementEvents(instrument);
        };
        meter.SetMeasurementEventCallback<long>((_, bytes, _, _) => Interlocked.Add(ref shared, bytes));
        meter.Start();
        run.StartWorkers(_workers, listener.Address);
        await run.TrainAsync(Steps);
        Assert.Equal(await RowRun.HashInProcessAsync(5, Steps, Vocabulary, Dimension, wire), await run.HashAsync());
        Assert.Equal(OperatingSystem.IsLinux(), Interlocked.Read(ref shared) > 0);
    }

    [Fact]
    public async Task A_connection_that_is_cut_comes_again_and_nothing_is_lost_or_applied_twice()
    {
        using RowPlaneListener listener = RowPlaneListener.Start(_servers, RowRun.Options());
        using var proxy = new CuttingProxy(listener.Address, cuts: 8);
        using var run = new RowRun(_servers, "cut", seed: 5);
        run.Host(listener);
        run.StartWorkers(_workers, proxy.Address);
        await run.TrainAsync(Steps);
        Assert.Equal(await RowRun.HashInProcessAsync(5, Steps), await run.HashAsync());
        Assert.InRange(proxy.Connections, 9, 1000);
    }

    [Fact]
    public async Task A_server_that_answers_for_a_shard_that_it_has_not_loses_the_connection_and_the_worker_lives()
    {
        using var listening = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listening.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listening.Listen();
        string address = listening.LocalEndPoint!.ToString()!;
        Task<int> serving = Task.Run(() =>
        {
            int connections = 0;
            for (; connections < 2; connections++)
            {
                using Socket socket = listening.Accept();
                using var connection = new RowConnection(socket, new NetworkStream(socket));
                Assert.IsType<RowHello>(connection.Await());
                connection.Greet(new RowWelcome(SharesMemory: false));
                connection.Enqueue(9, new PushAcknowledged(9, 1, 0, 0));
                var reading = new Thread(() => Assert.ThrowsAny<IOException>(() => connection.Run([8, 8], (_, _) => { })));
                reading.Start();
                reading.Join();
            }

            return connections;
        });
        using var run = new RowRun(_servers, "run", seed: 5);
        run.StartWorkers(_workers, address);
        Assert.Equal(2, await serving.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task Who_speaks_otherwise_is_told_or_cut_off_and_the_listener_goes_on()
    {
        using RowPlaneListener listener = RowPlaneListener.Start(_servers, RowRun.Options());
        using var run = new RowRun(_servers, "run", seed: 5);
        run.Host(listener);
        RowHello hello = Hello("run");
        foreach ((RowHello wrong, string why) in new[]
        {
            (hello with { Version = NodeProtocol.Version + 1 }, "protocol version"),
            (hello with { Cluster = "other" }, "cluster 'other'"),
            (hello with { Run = "other" }, "run other is not hosted"),
            (hello with { Epoch = 2 }, "shard map 2"),
        })
        {
            using RowConnection connection = Connect(listener, out _);
            connection.Greet(wrong);
            Assert.Contains(why, Assert.IsType<RowRefused>(connection.Await()).Reason, StringComparison.Ordinal);
            Assert.ThrowsAny<IOException>(connection.Await);
        }

        byte[] noise = new byte[4096];
        new Random(7).NextBytes(noise);
        foreach (byte[] garbage in new[]
        {
            noise, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray(), Prefix(RowFrameKind.Hello, int.MaxValue), Prefix(RowFrameKind.Hello, 1 << 20), Prefix(RowFrameKind.PushRows, 0),
        })
        {
            using RowConnection connection = Connect(listener, out Socket socket);
            socket.Send(garbage);
            Assert.ThrowsAny<IOException>(connection.Await);
        }

        foreach (byte[] garbage in new[] { noise, Prefix(RowFrameKind.PullRows, int.MaxValue), Prefix(RowFrameKind.PushRows, 3), Prefix(RowFrameKind.RowsPulled, 0) })
        {
            using RowConnection connection = Connect(listener, out Socket socket);
            connection.Greet(hello);
            Assert.IsType<RowWelcome>(connection.Await());
            socket.Send(garbage);
            if (garbage.Length == RowFramePrefix.Size)
                socket.Send(new byte[3]);
            Assert.ThrowsAny<IOException>(connection.Await);
        }

        run.StartWorkers(_workers, listener.Address);
        await run.TrainAsync(Steps);
        Assert.Equal(await RowRun.HashInProcessAsync(5, Steps), await run.HashAsync());
    }

    [Fact]
    public async Task With_certificates_only_who_shows_one_of_the_authority_gets_rows()
    {
        using var authority = new Certificates();
        using var other = new Certificates();
        NodeTls tls = authority.Tls("127.0.0.1");
        using RowPlaneListener listener = RowPlaneListener.Start(_servers, RowRun.Options(tls));
        using var run = new RowRun(_servers, "run", seed: 5);
        run.Host(listener);

        SslClientAuthenticationOptions without = tls.ClientOptions("127.0.0.1");
        without.ClientCertificates = null;
        Assert.True(IsRefused(listener, without));
        Assert.True(IsRefused(listener, new NodeTls(other.Sign("127.0.0.1"), [authority.Authority]).ClientOptions("127.0.0.1")));
        Assert.False(IsRefused(listener, tls.ClientOptions("127.0.0.1")));
        using (RowConnection plain = Connect(listener, out _))
        {
            plain.Greet(Hello("run"));
            Assert.ThrowsAny<Exception>(plain.Await);
        }

        run.StartWorkers(_workers, listener.Address, tls);
        await run.TrainAsync(Steps);
        Assert.Equal(await RowRun.HashInProcessAsync(5, Steps), await run.HashAsync());
    }

    [Fact]
    public async Task Members_stay_reachable_while_rows_take_all_there_is()
    {
        await using var cluster = new TestCluster();
        ClusterSystem servers = cluster.Start(NodeRole.Coordinator, []);
        ClusterSystem workers = cluster.Start(NodeRole.Worker, [servers.ControlAddress.ToString()]);
        await TestCluster.Until(() => TestCluster.Up(servers) == 2 && TestCluster.Up(workers) == 2, "two members");
        int unreachable = 0;
        foreach (ClusterSystem node in new[] { servers, workers })
            Akka.Cluster.Cluster.Get(node.System).Subscribe(node.System.ActorOf(Props.Create(() => new Watcher(() => Interlocked.Increment(ref unreachable)))), typeof(ClusterEvent.UnreachableMember));

        using RowPlaneListener listener = RowPlaneListener.Start(servers.System, RowRun.Options());
        using var run = new RowRun(servers.System, "run", seed: 5, vocabulary: 20_000, dimension: 300);
        run.Host(listener);
        run.StartWorkers(workers.System, listener.Address);
        DateTime end = DateTime.UtcNow.AddSeconds(5);
        int rounds = 0;
        for (; DateTime.UtcNow < end; rounds++)
            await run.TrainAsync(5);
        Assert.Equal(0, Volatile.Read(ref unreachable));
        Assert.Equal((2, 2), (TestCluster.Up(servers), TestCluster.Up(workers)));
    }

    private static RowHello Hello(string run) => new(NodeProtocol.Version, "test", run, "stranger", 1);

    private static byte[] Prefix(RowFrameKind kind, int headerBytes)
    {
        byte[] bytes = new byte[RowFramePrefix.Size];
        new RowFramePrefix(kind, RowFormat.Full, 0, headerBytes, 0).Write(bytes);
        return bytes;
    }

    private static RowConnection Connect(RowPlaneListener listener, out Socket socket)
    {
        socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        RowConnection.Prepare(socket);
        socket.Connect(IPEndPoint.Parse(listener.Address));
        return new RowConnection(socket, new NetworkStream(socket, ownsSocket: true));
    }

    private static bool IsRefused(RowPlaneListener listener, SslClientAuthenticationOptions options)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        RowConnection.Prepare(socket);
        socket.Connect(IPEndPoint.Parse(listener.Address));
        using var secure = new SslStream(new NetworkStream(socket));
        try
        {
            secure.AuthenticateAsClient(options);
            using var connection = new RowConnection(socket, secure);
            connection.Greet(Hello("run"));
            return connection.Await() is not RowWelcome;
        }
        catch (Exception refused) when (refused is IOException or AuthenticationException)
        {
            return true;
        }
    }

    private sealed class Watcher(Action unreachable) : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            if (message is ClusterEvent.UnreachableMember)
                unreachable();
        }
    }
}
