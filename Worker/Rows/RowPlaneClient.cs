using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Akka.Actor;
using Akka.Event;
using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Node;
using DistEmbed.Protocol.Node.RowPlane;
using DistEmbed.Protocol.Serialization;
using DistEmbed.Worker.Actors;

namespace DistEmbed.Worker.Rows;

/// <summary>
/// The row plane's connecting end: a connection to each server of a run, made again for as long as the run lasts. What is told to a shard without a connection is
/// dropped; when there is one, the worker is told and sends again what is outstanding, which the shards' ledgers make harmless.
/// </summary>
public sealed class RowPlaneClient : IDisposable
{
    private static readonly TimeSpan s_firstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(2);

    private readonly NodeOptions _options;
    private readonly RunDescription _run;
    private readonly string _worker;
    private readonly int[] _dimensions;
    private readonly ILoggingAdapter _log;
    private readonly CancellationTokenSource _ended = new();
    private readonly List<Server> _servers = [];
    private IActorRef _actor = ActorRefs.Nobody;

    /// <summary>Names the shards; nothing is connected before <see cref="Start"/>.</summary>
    /// <param name="system">The actors' system.</param>
    /// <param name="run">The run.</param>
    /// <param name="worker">Name of the worker's incarnation.</param>
    /// <param name="options">Cluster and TLS.</param>
    public RowPlaneClient(ActorSystem system, RunDescription run, string worker, NodeOptions options)
    {
        _options = options;
        _run = run;
        _worker = worker;
        _dimensions = [.. run.Tables.Select(t => t.Dimension)];
        _log = Logging.GetLogger(system, "rows");
        var shards = new IActorRef[run.Shards.Count];
        foreach (IGrouping<string, ShardPlace> places in run.Shards.GroupBy(p => p.RowAddress))
        {
            var server = new Server(places.Key, [.. places.Select(p => p.Shard)]);
            _servers.Add(server);
            foreach (int shard in server.Shards)
                shards[shard] = new RowPeer(system, $"{worker}-shard-{shard}", message => server.Connection?.Enqueue(shard, message));
        }

        Shards = shards;
    }

    /// <summary>The shards by number: what is told to one goes to it over its server's connection.</summary>
    public IReadOnlyList<IActorRef> Shards { get; }

    /// <summary>Connects to every server, and delivers what they send to <paramref name="actor"/>.</summary>
    public void Start(IActorRef actor)
    {
        _actor = actor;
        foreach (Server server in _servers)
            new Thread(() => Keep(server)) { IsBackground = true, Name = $"rows-{server.Address}" }.Start();
    }

    /// <summary>Closes every connection; none is made any more.</summary>
    public void Dispose()
    {
        _ended.Cancel();
        foreach (Server server in _servers)
            server.Connection?.Dispose();
    }

    private void Keep(Server server)
    {
        TimeSpan pause = s_firstPause;
        string told = "";
        while (!_ended.IsCancellationRequested)
        {
            string why;
            try
            {
                using RowConnection connection = Connect(server);
                pause = s_firstPause;
                told = "";
                server.Connection = connection;
                if (_ended.IsCancellationRequested)
                    return;
                _actor.Tell(new RowsConnected(server.Shards));
                connection.Run((shard, message) =>
                {
                    if (!server.Shards.Contains(shard))
                        throw new RowFrameException($"{message.GetType().Name} of shard {shard}, which is not there");
                    _actor.Tell(message, Shards[shard]);
                });
                why = "closed";
            }
            catch (Exception gone) when (gone is IOException or SocketException or ObjectDisposedException)
            {
                why = gone.Message;
            }
            catch (Exception garbled) when (garbled is RowFrameException or AuthenticationException)
            {
                why = garbled.Message;
            }

            server.Connection = null;
            if (_ended.IsCancellationRequested)
                return;
            if (told != why && pause > s_firstPause * 8)
                _log.Warning("no connection to the rows at {0}: {1}", server.Address, told = why);
            _ended.Token.WaitHandle.WaitOne(pause);
            pause = pause * 2 > s_longestPause ? s_longestPause : pause * 2;
        }
    }

    private RowConnection Connect(Server server)
    {
        HostPort address = HostPort.Parse(server.Address);
        Socket? local = LocalSocket.Connect(server.Address, _options);
        Socket socket = local ?? new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (local is null)
            {
                RowGreeting.Prepare(socket, _options.HandshakePatience);
                socket.Connect(address.Host, address.Port);
            }

            Stream stream = new NetworkStream(socket, ownsSocket: true);
            if (_options.Tls is { } tls)
            {
                var secure = new SslStream(stream);
                stream = secure;
                secure.AuthenticateAsClient(tls.ClientOptions(address.Host));
            }

            using var greeting = new RowGreeting(socket, stream);
            using LocalMemory? memory = local is null ? null : LocalMemory.Make();
            greeting.Greet(new RowHello(NodeProtocol.Version, _options.Cluster, _run.Run, _worker, _run.Epoch) { Memory = memory?.Number ?? 0 });
            switch (greeting.Await())
            {
                case RowWelcome welcome:
                    return greeting.Open(_dimensions, welcome.SharesMemory ? memory : null);
                case RowRefused refused:
                    throw new IOException(refused.Reason);
                case var other:
                    throw new RowFrameException($"{other.GetType().Name} is no answer to a greeting");
            }
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private sealed class Server(string address, IReadOnlyList<int> shards)
    {
        private volatile RowConnection? _connection;

        public string Address { get; } = address;

        public IReadOnlyList<int> Shards { get; } = shards;

        public RowConnection? Connection
        {
            get => _connection;
            set => _connection = value;
        }
    }
}
