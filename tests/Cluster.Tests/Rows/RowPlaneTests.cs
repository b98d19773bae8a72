using System.Diagnostics.Metrics;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Akka.Actor;
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
    private const int Steps = 12, Rounds = 10;

    private readonly ActorSystem _servers = ActorSystem.Create("servers", NodeSettings.AkkaConfiguration());
    private readonly ActorSystem _workers = ActorSystem.Create("workers", NodeSettings.AkkaConfiguration());

    public void Dispose() => Task.WhenAll(_servers.Terminate(), _workers.Terminate()).Wait(Wait.Deadline);

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
        IPEndPoint address = IPEndPoint.Parse(listener.Address);
        Assert.Equal(OperatingSystem.IsLinux() && servers && workers ? 0 : 4, IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpConnections().Count(
            c => c.State == TcpState.Established && c.RemoteEndPoint.Port == address.Port && c.RemoteEndPoint.Address.MapToIPv6().Equals(address.Address.MapToIPv6())));
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
        Assert.Equal("refused", AnswerTo(listener, without));
        Assert.Equal("refused", AnswerTo(listener, new NodeTls(other.Sign("127.0.0.1"), [authority.Authority]).ClientOptions("127.0.0.1")));
        Assert.Equal(nameof(RowWelcome), AnswerTo(listener, tls.ClientOptions("127.0.0.1")));
        using (RowGreeting plain = Stranger.Connect(listener))
        {
            plain.Greet(Stranger.Hello("run"));
            Stranger.IsCutOff(plain);
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
        await Wait.UntilAsync(() => TestCluster.Up(servers) == 2 && TestCluster.Up(workers) == 2, "two members");
        foreach (ClusterSystem node in new[] { servers, workers })
            node.System.ActorOf(Props.Create(() => new Silent()), "silent");
        using RowPlaneListener listener = RowPlaneListener.Start(servers.System, RowRun.Options());
        using var run = new RowRun(servers.System, "run", seed: 5, vocabulary: 20_000, dimension: 300);
        run.Host(listener);
        run.StartWorkers(workers.System, listener.Address);
        Address there = Akka.Cluster.Cluster.Get(servers.System).SelfAddress, back = Akka.Cluster.Cluster.Get(workers.System).SelfAddress;
        // Questions and answers by the connection that heartbeats go by, with rows under way all the time.
        for (int round = 0; round < Rounds; round++)
        {
            Task rows = run.TrainAsync(5);
            await TestCluster.Find(workers.System.ActorSelection($"{there}/user/silent"));
            await TestCluster.Find(servers.System.ActorSelection($"{back}/user/silent"));
            await rows;
        }

        // A machine with more to do than it can may have made members unreachable for a moment; then they are seen again while rows go on.
        for (int round = 0; round < 100 && Unreachable() > 0; round++)
            await run.TrainAsync(5);
        Assert.Equal((0, 2, 2), (Unreachable(), TestCluster.Up(servers), TestCluster.Up(workers)));

        int Unreachable() => new[] { servers, workers }.Sum(node => Akka.Cluster.Cluster.Get(node.System).State.Unreachable.Count);
    }

    private static string AnswerTo(RowPlaneListener listener, SslClientAuthenticationOptions options)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        socket.ReceiveTimeout = (int)Wait.Deadline.TotalMilliseconds;
        socket.Connect(IPEndPoint.Parse(listener.Address));
        using var secure = new SslStream(new NetworkStream(socket));
        try
        {
            secure.AuthenticateAsClient(options);
            using var greeting = new RowGreeting(socket, secure);
            greeting.Greet(Stranger.Hello("run"));
            return greeting.Await().GetType().Name;
        }
        catch (Exception refused) when (refused is IOException { InnerException: not SocketException { SocketErrorCode: SocketError.TimedOut } } or AuthenticationException)
        {
            return "refused";
        }
    }

    private sealed class Silent : UntypedActor
    {
        protected override void OnReceive(object message) => Unhandled(message);
    }
}
