using System.Collections;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using DistEmbed.Cluster.Tests.Node;
using DistEmbed.ParameterServer.Rows;
using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Node;
using DistEmbed.Protocol.Node.RowPlane;
using DistEmbed.Protocol.Serialization;
using DistEmbed.Testing;

namespace DistEmbed.Cluster.Tests.Rows;

/// <summary>The server's end against any client. Timeouts are long where they are not what is tested.</summary>
public sealed class RowPlaneListenerTests : IDisposable
{
    private const int Dimension = 2, Epoch = 1;

    private readonly ActorSystem _system = ActorSystem.Create("servers", NodeSettings.AkkaConfiguration());
    private readonly BlockingCollection<object> _told = [];

    public void Dispose() => _system.Terminate().Wait(Wait.Deadline);

    [Fact]
    public async Task Who_is_not_of_the_run_is_told_why_and_the_connection_is_closed()
    {
        using RowPlaneListener listener = Listen();
        ConcurrentQueue<string> log = TestCluster.Log(_system);
        RowHello hello = Stranger.Hello("run");
        (RowHello Hello, string Why)[] wrong =
        [
            (hello with { Version = NodeProtocol.Version + 1 }, $"it speaks protocol version {NodeProtocol.Version + 1}, this server {NodeProtocol.Version}"),
            (hello with { Cluster = "other" }, "it belongs to cluster 'other', this server to 'test'"),
            (hello with { Run = "other" }, "run other is not hosted here"),
            (hello with { Epoch = 2 }, "it splits rows by shard map 2, this server by 1"),
        ];
        foreach ((RowHello greeted, string why) in wrong)
        {
            using RowGreeting greeting = Stranger.Connect(listener);
            greeting.Greet(greeted);
            Assert.Equal(why, Assert.IsType<RowRefused>(greeting.Await()).Reason);
            Stranger.IsCutOff(greeting);
        }

        await AreLogged(log, wrong.Select(w => w.Why));
    }

    [Fact]
    public async Task What_does_not_begin_a_connection_ends_it_and_is_logged()
    {
        using RowPlaneListener listener = Listen();
        ConcurrentQueue<string> log = TestCluster.Log(_system);
        const int Longest = 1 << 14; // of a greeting
        (byte[] Bytes, string Why)[] garbage =
        [
            (Noise(kind: 200), "kind of frame 200 is unknown"),
            ("GET / HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray(), $"kind of frame {(int)'T'} is unknown"),
            (Prefix(RowFrameKind.Hello, int.MaxValue), $"a header of {int.MaxValue} bytes"),
            (Prefix(RowFrameKind.Hello, Longest + 1), $"Hello with a header of {Longest + 1} bytes does not begin a connection"),
            ([.. Prefix(RowFrameKind.Hello, Longest), .. new byte[Longest]], "does not begin as one of the row plane"), // long enough to be read
            (Prefix(RowFrameKind.PullRows, 0), "PullRows with a header of 0 bytes does not begin a connection"),
            ([.. Prefix(RowFrameKind.Refused, 2), 0, 0], "does not begin with a greeting"),
        ];
        foreach ((byte[] bytes, _) in garbage)
        {
            using RowGreeting greeting = Stranger.Connect(listener, out Socket socket);
            socket.Send(bytes);
            Stranger.IsCutOff(greeting);
        }

        await AreLogged(log, garbage.Select(g => g.Why));
    }

    [Fact]
    public async Task What_is_no_message_for_a_shard_ends_the_connection_and_is_logged()
    {
        using RowPlaneListener listener = Listen();
        ConcurrentQueue<string> log = TestCluster.Log(_system);
        (byte[] Bytes, string Why)[] garbage =
        [
            (Noise(kind: 200), "kind of frame 200 is unknown"),
            (Prefix(RowFrameKind.PullRows, int.MaxValue), $"a header of {int.MaxValue} bytes"),
            ([.. Prefix(RowFrameKind.PushRows, 3), 0, 0, 0], "a header ends 3 bytes too early"),
        ];
        foreach ((byte[] bytes, _) in garbage)
        {
            using RowGreeting greeting = Stranger.Greet(listener, "run", out Socket socket);
            socket.Send(bytes);
            Stranger.IsCutOff(greeting);
        }

        (int Shard, object Message, string Why)[] wrong =
        [
            (3, new PullRows(new PullId("w", 1), 1, []), "PullRows for shard 3, which is not here"),
            (4, new PushAcknowledged(4, 1, 0, 0), "PushAcknowledged for shard 4, which is not here"),
        ];
        foreach ((int shard, object message, _) in wrong)
        {
            using RowConnection connection = Stranger.Greet(listener, "run").Open([Dimension]);
            connection.Enqueue(shard, message);
            Stranger.IsCutOff(() => connection.Run((_, _) => { }));
        }

        await AreLogged(log, garbage.Select(g => g.Why).Concat(wrong.Select(w => w.Why)));
        Assert.Empty(_told);
    }

    [Theory]
    [InlineData("tcp")]
    [InlineData("tls")]
    [InlineData("local")]
    public void Who_connects_and_says_nothing_is_cut_off(string way)
    {
        using var authority = new Certificates();
        NodeOptions options = RowRun.Options(way == "tls" ? authority.Tls("127.0.0.1") : null) with { HandshakePatience = TimeSpan.FromMilliseconds(50) };
        using RowPlaneListener listener = Listen(options);
        if (way == "local" && !OperatingSystem.IsLinux())
            return;
        using Socket socket = way == "local" ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) : new Socket(SocketType.Stream, ProtocolType.Tcp);
        socket.ReceiveTimeout = (int)Wait.Deadline.TotalMilliseconds;
        socket.Connect(way == "local" ? LocalSocket.EndPointOf(listener.Address) : IPEndPoint.Parse(listener.Address));
        using var greeting = new RowGreeting(socket, new NetworkStream(socket));
        Stranger.IsCutOff(greeting);
    }

    [Fact]
    public void The_end_of_a_run_closes_its_connections_and_no_others()
    {
        using RowPlaneListener listener = Listen();
        Host(listener, "other");
        using RowGreeting first = Stranger.Greet(listener, "run"), second = Stranger.Greet(listener, "run");
        using RowConnection other = Stranger.Greet(listener, "other").Open([Dimension]);
        listener.End("run");
        Stranger.IsCutOff(first);
        Stranger.IsCutOff(second);
        other.Enqueue(4, new PullRows(new PullId("w", 8), 1, []));
        Assert.Equal(8, Assert.IsType<PullRows>(Next()).Id.Sequence);
        using RowGreeting late = Stranger.Connect(listener);
        late.Greet(Stranger.Hello("run"));
        Assert.Equal("run run is not hosted here", Assert.IsType<RowRefused>(late.Await()).Reason);
    }

    [Fact]
    public async Task The_end_of_a_listener_closes_every_connection_and_takes_no_other()
    {
        RowPlaneListener listener = Listen();
        Host(listener, "other");
        using RowGreeting first = Stranger.Greet(listener, "run"), second = Stranger.Greet(listener, "other");
        listener.Dispose();
        Stranger.IsCutOff(first);
        Stranger.IsCutOff(second);
        Assert.Null(LocalSocket.Connect(listener.Address, RowRun.Options()));
        await Wait.UntilAsync(
            () =>
            {
                using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                return Record.Exception(() => socket.Connect(IPEndPoint.Parse(listener.Address))) is SocketException { SocketErrorCode: SocketError.ConnectionRefused };
            },
            "the port is closed");
    }

    /// <summary>Who ends a run, or the listener, closes the connections that are there: one that is just being made is not among them, and must not stay.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_connection_that_is_made_while_its_run_or_the_listener_ends_is_closed(bool run)
    {
        using RowPlaneListener listener = RowPlaneListener.Start(_system, RowRun.Options());
        // The connection asks for the dimensions while it is made, before anybody can know it.
        listener.Host("run", Epoch, new Asked(() =>
        {
            if (run)
                listener.End("run");
            else
                listener.Dispose();
        }), Shards());
        using RowGreeting greeting = Stranger.Connect(listener);
        greeting.Greet(Stranger.Hello("run"));
        Stranger.IsCutOff(greeting);
    }

    [Fact]
    public async Task A_connection_above_the_limit_is_refused_until_another_ends()
    {
        ConcurrentQueue<string> log = TestCluster.Log(_system);
        using RowPlaneListener listener = RowPlaneListener.Start(_system, RowRun.Options(), mostConnections: 2);
        Host(listener, "run");
        using RowGreeting first = Stranger.Greet(listener, "run"), second = Stranger.Greet(listener, "run");
        using (RowGreeting third = Stranger.Connect(listener))
        {
            Stranger.IsCutOff(() =>
            {
                third.Greet(Stranger.Hello("run"));
                third.Await();
            });
        }

        await AreLogged(log, ["more than 2 connections of the row plane: one more is refused"]);
        first.Dispose();
        await Wait.UntilAsync(
            () =>
            {
                using RowGreeting next = Stranger.Connect(listener);
                return Record.Exception(() => next.Greet(Stranger.Hello("run"))) is null && Record.Exception(() => Assert.IsType<RowWelcome>(next.Await())) is null;
            },
            "there is room for another");
    }

    /// <summary>Waits for a line that says so, for each reason; a connection is closed before or after its line is written.</summary>
    private static async Task AreLogged(ConcurrentQueue<string> log, IEnumerable<string> reasons)
    {
        foreach (string why in reasons)
            await Wait.UntilAsync(() => log.Any(line => line.Contains(why, StringComparison.Ordinal)), $"a line with '{why}' in\n{string.Join('\n', log)}");
    }

    private RowPlaneListener Listen(NodeOptions? options = null)
    {
        RowPlaneListener listener = RowPlaneListener.Start(_system, options ?? RowRun.Options());
        Host(listener, "run");
        return listener;
    }

    private void Host(RowPlaneListener listener, string run) => listener.Host(run, Epoch, [Dimension], Shards());

    private Dictionary<int, IActorRef> Shards() => new() { [4] = new RowPeer(_system, "shard-4", _told.Add) };

    private object Next() => _told.TryTake(out object? message, Wait.Deadline) ? message : throw new TimeoutException("the shard got no message");

    private static byte[] Noise(byte kind)
    {
        byte[] noise = new byte[4096];
        new Random(7).NextBytes(noise);
        noise[8] = kind;
        return noise;
    }

    private static byte[] Prefix(RowFrameKind kind, int headerBytes)
    {
        byte[] bytes = new byte[RowFramePrefix.Size];
        new RowFramePrefix(kind, RowFormat.Full, 0, headerBytes, 0).Write(bytes);
        return bytes;
    }

    /// <summary>Dimensions that say when they are asked for.</summary>
    private sealed class Asked(Action asked) : IReadOnlyList<int>
    {
        public int Count => 1;

        public int this[int index] => Dimension;

        public IEnumerator<int> GetEnumerator()
        {
            asked();
            yield return Dimension;
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
