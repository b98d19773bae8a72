using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Akka.Actor;
using Akka.Event;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Node;
using DistEmbed.Protocol.Node.RowPlane;
using DistEmbed.Protocol.Serialization;

namespace DistEmbed.ParameterServer.Rows;

/// <summary>
/// The row plane's listening end: workers connect, say for which run, and what they send goes to the actors of its shards as messages. Whoever sends something else
/// loses the connection and costs a line in the log. Thread-safe.
/// </summary>
public sealed class RowPlaneListener : IDisposable
{
    private const int MostConnections = 1024;
    private const int MostTold = 1024;

    private readonly ActorSystem _system;
    private readonly NodeOptions _options;
    private readonly int _mostConnections;
    private readonly ILoggingAdapter _log;
    private readonly Socket _listening;
    private readonly Socket? _local;
    private readonly ConcurrentDictionary<string, HostedRun> _runs = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<RowConnection, string> _connections = new();
    private readonly ConcurrentDictionary<string, bool> _told = new(StringComparer.Ordinal);
    private long _accepted;
    private volatile bool _closed;

    private RowPlaneListener(ActorSystem system, NodeOptions options, Socket listening, int mostConnections)
    {
        _system = system;
        _options = options;
        _mostConnections = mostConnections;
        _listening = listening;
        _log = Logging.GetLogger(system, "rows");
        Address = new HostPort(options.PublicHost, ((IPEndPoint)listening.LocalEndPoint!).Port).ToString();
        _local = LocalSocket.Listen(Address, options);
    }

    /// <summary>Where workers reach it: <c>HOST:PORT</c>.</summary>
    public string Address { get; }

    /// <summary>Starts to listen at <see cref="NodeOptions.Host"/> and <see cref="NodeOptions.RowPort"/>.</summary>
    /// <param name="system">The actors' system.</param>
    /// <param name="options">Addresses, cluster and TLS.</param>
    /// <param name="mostConnections">Connections that it has at the same time; others are refused.</param>
    /// <exception cref="InvalidInputException">It cannot listen there.</exception>
    public static RowPlaneListener Start(ActorSystem system, NodeOptions options, int mostConnections = MostConnections)
    {
        IPAddress host = AddressOf(options);
        var socket = new Socket(host.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(host, options.RowPort));
            socket.Listen();
        }
        catch (SocketException refused)
        {
            socket.Dispose();
            throw new InvalidInputException(new InputError("--row-port", $"cannot listen at {new HostPort(options.Host, options.RowPort)}: {refused.Message}.", "Give a port that is free and an address of this machine as --host."), refused);
        }

        var listener = new RowPlaneListener(system, options, socket, mostConnections);
        foreach (Socket? each in new[] { socket, listener._local })
        {
            if (each is not null)
                new Thread(() => listener.Accept(each)) { IsBackground = true, Name = "rows-accept" }.Start();
        }

        return listener;
    }

    /// <summary>Serves the shards of a run from now on.</summary>
    /// <param name="run">The run.</param>
    /// <param name="epoch">Version of its shard map.</param>
    /// <param name="dimensions">Numbers a row of each table.</param>
    /// <param name="shards">The actors by the numbers of their shards.</param>
    public void Host(string run, int epoch, IReadOnlyList<int> dimensions, IReadOnlyDictionary<int, IActorRef> shards) =>
        _runs[run] = new HostedRun(epoch, dimensions, shards);

    /// <summary>Serves a run no longer: its connections are closed.</summary>
    public void End(string run)
    {
        _runs.TryRemove(run, out _);
        foreach ((RowConnection connection, string of) in _connections)
        {
            if (of == run)
                connection.Dispose();
        }
    }

    /// <summary>Listens no longer and closes every connection.</summary>
    public void Dispose()
    {
        _closed = true;
        _listening.Dispose();
        _local?.Dispose();
        foreach (RowConnection connection in _connections.Keys)
            connection.Dispose();
    }

    private static IPAddress AddressOf(NodeOptions options)
    {
        if (IPAddress.TryParse(options.Host, out IPAddress? address))
            return address;
        try
        {
            return Dns.GetHostAddresses(options.Host)[0];
        }
        catch (SocketException unknown)
        {
            throw new InvalidInputException(new InputError("--host", $"'{options.Host}' has no address: {unknown.Message}.", "Give an address or a name of this machine."), unknown);
        }
    }

    private void Accept(Socket listening)
    {
        while (!_closed)
        {
            Socket socket;
            try
            {
                socket = listening.Accept();
            }
            catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
            {
                if (_closed)
                    return;
                _log.Warning("a connection could not be taken: {0}", ended.Message);
                Thread.Sleep(100); // out of handles, most likely: trying again at once would only burn the processor
                continue;
            }

            if (_connections.Count >= _mostConnections)
            {
                Tell($"more than {_mostConnections} connections of the row plane: one more is refused");
                socket.Dispose();
                continue;
            }

            new Thread(() => Serve(socket)) { IsBackground = true, Name = "rows-in" }.Start();
        }
    }

    private void Serve(Socket socket)
    {
        string peer = "an unknown peer";
        RowConnection? connection = null;
        try
        {
            peer = socket.AddressFamily == AddressFamily.Unix ? "a process of this machine" : (socket.RemoteEndPoint as IPEndPoint)?.Address.ToString() ?? peer;
            RowGreeting.Prepare(socket, _options.HandshakePatience);
            if (socket.AddressFamily == AddressFamily.Unix && !LocalSocket.IsSameUser(socket))
            {
                Tell($"{peer} that another user runs is refused at the local socket");
                return;
            }

            Stream stream = new NetworkStream(socket, ownsSocket: true);
            if (_options.Tls is { } tls)
            {
                var secure = new SslStream(stream);
                stream = secure;
                secure.AuthenticateAsServer(tls.ServerOptions());
            }

            using var greeting = new RowGreeting(socket, stream);
            if (greeting.Await() is not RowHello hello)
                throw new RowFrameException("a connection that does not begin with a greeting");
            if (Refusal(hello, out HostedRun? run) is { } reason)
            {
                Tell($"{peer} is refused: {reason}");
                greeting.Greet(new RowRefused(reason));
                return;
            }

            using LocalMemory? memory = hello.Memory > 0 && socket.AddressFamily == AddressFamily.Unix ? LocalMemory.Open(socket, hello.Memory) : null;
            connection = greeting.Open(run!.Dimensions, memory);
            _connections[connection] = hello.Run;
            // The end of the run, or of the listener, closes the connections that are registered then. If it came just before, this one was not yet registered.
            if (_closed || !_runs.TryGetValue(hello.Run, out HostedRun? hosted) || hosted != run)
                return;
            connection.Enqueue(0, new RowWelcome(memory is not null));
            RowConnection answers = connection;
            var worker = new RowPeer(_system, $"{hello.Worker}-{Interlocked.Increment(ref _accepted)}", message => answers.Enqueue(ShardOf(message), message));
            connection.Run((shard, message) =>
            {
                if (!run.Shards.TryGetValue(shard, out IActorRef? actor) || message is not (PullRows or PushRows))
                    throw new RowFrameException($"{message.GetType().Name} for shard {shard}, which is not here");
                actor.Tell(message, worker);
            });
        }
        catch (Exception gone) when (gone is IOException or SocketException or ObjectDisposedException)
        {
            // The worker's end, or its machine's: it comes again, or membership says that it is gone.
        }
        catch (Exception garbled) when (garbled is RowFrameException or AuthenticationException)
        {
            Tell($"{peer} sent what is no part of the row plane ({garbled.Message}): its connection is closed");
        }
        finally
        {
            if (connection is not null)
                _connections.TryRemove(connection, out _);
            connection?.Dispose();
            socket.Dispose();
        }
    }

    private string? Refusal(RowHello hello, out HostedRun? run)
    {
        run = null;
        if (hello.Version != NodeProtocol.Version)
            return $"it speaks protocol version {hello.Version}, this server {NodeProtocol.Version}";
        if (hello.Cluster != _options.Cluster)
            return $"it belongs to cluster '{hello.Cluster}', this server to '{_options.Cluster}'";
        if (!_runs.TryGetValue(hello.Run, out run))
            return $"run {hello.Run} is not hosted here";
        return run.Epoch == hello.Epoch ? null : $"it splits rows by shard map {hello.Epoch}, this server by {run.Epoch}";
    }

    private static int ShardOf(object message) => message switch
    {
        RowsPulled pulled => pulled.Shard,
        PullRefused refused => refused.Shard,
        PushAcknowledged acknowledged => acknowledged.Shard,
        PushRefused refused => refused.Shard,
        _ => throw new ArgumentException($"{message.GetType().Name} is no answer of a shard"),
    };

    /// <summary>Says something once: who comes again and again must not fill the log.</summary>
    private void Tell(string what)
    {
        if (_told.Count < MostTold && _told.TryAdd(what, true))
            _log.Warning("{0}", what);
    }

    private sealed record HostedRun(int Epoch, IReadOnlyList<int> Dimensions, IReadOnlyDictionary<int, IActorRef> Shards);
}
