using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using DistEmbed.Cluster.Tests.Node;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Node;
using DistEmbed.Protocol.Node.RowPlane;
using DistEmbed.Protocol.Serialization;
using DistEmbed.Testing;
using DistEmbed.Worker.Actors;
using DistEmbed.Worker.Rows;

namespace DistEmbed.Cluster.Tests.Rows;

/// <summary>The worker's end against a server that does as the test says.</summary>
public sealed class RowPlaneClientTests : IDisposable
{
    private const int Dimension = 2;

    private readonly ActorSystem _system = ActorSystem.Create("workers", NodeSettings.AkkaConfiguration());
    private readonly Socket _listening = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly BlockingCollection<object> _told = [];

    public RowPlaneClientTests()
    {
        _listening.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listening.Listen();
    }

    private string Address => _listening.LocalEndPoint!.ToString()!;

    public void Dispose()
    {
        _listening.Dispose();
        _system.Terminate().Wait(Wait.Deadline);
    }

    /// <summary>A worker resends what is outstanding as soon as it learns of a connection: here within the call that reports it.</summary>
    [Fact]
    public async Task What_is_sent_at_the_moment_of_the_connection_arrives()
    {
        RowPlaneClient client = null!;
        var worker = new RowPeer(_system, "worker", message =>
        {
            if (message is RowsConnected connected)
                client.Shards[connected.Shards.Single()].Tell(new PushRows("w", 5, 0, 0, 1, [new RowGradients(0, [3], new float[] { 1, 2 })]));
        });
        using (client = Client())
        {
            client.Start(worker);
            using RowConnection server = await Accept();
            var received = new TaskCompletionSource<(int Shard, object Message)>(TaskCreationOptions.RunContinuationsAsynchronously);
            Task reading = Run(server, (shard, message) => received.TrySetResult((shard, message)));
            (int to, object message) = await received.Task.WaitAsync(Wait.Deadline);
            var push = Assert.IsType<PushRows>(message);
            Assert.Equal((0, 5), (to, push.Step));
            RowGradients gradients = Assert.Single(push.Gradients);
            Assert.Equal([3], gradients.Rows);
            Assert.Equal([1f, 2f], gradients.Values.ToArray());
            server.Dispose();
            await reading.WaitAsync(Wait.Deadline);
        }
    }

    [Fact]
    public async Task A_server_that_answers_for_a_shard_that_it_has_not_loses_the_connection_and_the_worker_lives()
    {
        using RowPlaneClient client = Client();
        client.Start(new RowPeer(_system, "worker", _told.Add));
        for (int connections = 1; connections <= 2; connections++)
        {
            using RowConnection server = await Accept();
            Assert.Equal([0], Assert.IsType<RowsConnected>(Next()).Shards);
            server.Enqueue(0, new PushAcknowledged(0, connections, 0, 0));
            server.Enqueue(9, new PushAcknowledged(9, 1, 0, 0));
            await Run(server, (_, _) => { }).WaitAsync(Wait.Deadline); // it is closed by the worker
            Assert.Equal(connections, Assert.IsType<PushAcknowledged>(Next()).Step); // the one before it is taken, and it is not
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_server_that_does_not_answer_a_greeting_is_given_up_and_tried_again(bool local)
    {
        using Socket? beside = local ? LocalSocket.Listen(Address, RowRun.Options()) : null;
        Assert.Equal(local && OperatingSystem.IsLinux(), beside is not null);
        using RowPlaneClient client = Client(RowRun.Options() with { HandshakePatience = TimeSpan.FromMilliseconds(50) });
        client.Start(new RowPeer(_system, "worker", _told.Add));
        for (int connections = 1; connections <= 2; connections++)
        {
            using Socket server = await (beside ?? _listening).AcceptAsync().WaitAsync(Wait.Deadline);
            server.ReceiveTimeout = (int)Wait.Deadline.TotalMilliseconds;
            using var greeting = new RowGreeting(server, new NetworkStream(server));
            Assert.IsType<RowHello>(greeting.Await());
            Stranger.IsCutOff(greeting);
        }

        Assert.Empty(_told);
    }

    [Fact]
    public async Task A_worker_that_is_refused_says_why_and_comes_again()
    {
        ConcurrentQueue<string> log = TestCluster.Log(_system);
        using RowPlaneClient client = Client();
        client.Start(new RowPeer(_system, "worker", _told.Add));
        while (!log.Any(line => line.Contains("the moon is full", StringComparison.Ordinal)))
        {
            // The first few are not worth a line: a server may not have heard of the run yet.
            using Socket server = await _listening.AcceptAsync().WaitAsync(Wait.Deadline);
            using var greeting = new RowGreeting(server, new NetworkStream(server));
            var hello = Assert.IsType<RowHello>(greeting.Await());
            Assert.Equal((NodeProtocol.Version, "test", "run", "w", 6), (hello.Version, hello.Cluster, hello.Run, hello.Worker, hello.Epoch));
            greeting.Greet(new RowRefused("the moon is full"));
        }

        using RowConnection welcome = await Accept();
        Assert.IsType<RowsConnected>(Next());
        Assert.Empty(_told);
    }

    [Fact]
    public async Task A_client_that_is_closed_closes_its_connections_and_drops_what_it_is_told()
    {
        RowPlaneClient client = Client();
        client.Start(new RowPeer(_system, "worker", _told.Add));
        using RowConnection server = await Accept();
        Assert.IsType<RowsConnected>(Next());
        client.Dispose();
        await Run(server, (_, _) => { }).WaitAsync(Wait.Deadline);
        client.Shards[0].Tell(new PullRows(new PullId("w", 1), 1, [new RowIds(0, [1])]));
    }

    private RowPlaneClient Client(NodeOptions? options = null) => new(
        _system,
        new RunDescription(
            "run", "", "", [new TableSpec("embedding", "embedding", 100, Dimension, new RowInit.Uniform(0.25f), Dense: false)], 1, 1, Dimension, null, "", null, [], 6,
            [new ShardPlace(0, "server", Address)]),
        "w", options ?? RowRun.Options());

    private async Task<RowConnection> Accept()
    {
        Socket server = await _listening.AcceptAsync().WaitAsync(Wait.Deadline);
        using var greeting = new RowGreeting(server, new NetworkStream(server, ownsSocket: true));
        Assert.IsType<RowHello>(greeting.Await());
        greeting.Greet(new RowWelcome(SharesMemory: false));
        return greeting.Open([Dimension]);
    }

    private object Next() => _told.TryTake(out object? message, Wait.Deadline) ? message : throw new TimeoutException("the worker got no message");

    /// <summary>Runs the server's end until the worker has closed the connection, or the test has.</summary>
    private static Task Run(RowConnection server, Action<int, object> take) => Task.Factory.StartNew(
        () =>
        {
            Exception ended = Assert.ThrowsAny<Exception>(() => server.Run(take));
            Assert.True(ended is IOException or ObjectDisposedException or SocketException, $"expected the end of the connection, found {ended}");
        },
        CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
