using System.Collections.Concurrent;
using System.Diagnostics;
using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Node;
using DistEmbed.Testing;

namespace DistEmbed.Cluster.Tests.Node;

/// <summary>Nodes of a test, on loopback; they end with it.</summary>
internal sealed class TestCluster : IAsyncDisposable
{
    private readonly List<ClusterSystem> _nodes = [];

    public ClusterSystem Start(NodeRole role, string[] seeds, string cluster = "test", NodeTls? tls = null, int port = 0, Func<bool>? mayFound = null)
    {
        ClusterSystem node = ClusterSystem.Start(Options(role, seeds, cluster, tls, port), mayFound);
        _nodes.Add(node);
        return node;
    }

    public static NodeOptions Options(NodeRole role, string[] seeds, string cluster = "test", NodeTls? tls = null, int port = 0) =>
        new() { Role = role, Name = $"{role}-test", Cluster = cluster, Seeds = seeds, CacheDirectory = "unused", Tls = tls, ClusterPort = port };

    /// <summary>Nodes that a node sees as members that are up.</summary>
    public static int Up(ClusterSystem node) => Akka.Cluster.Cluster.Get(node.System).State.Members.Count(m => m.Status == MemberStatus.Up);

    /// <summary>What a node logs as a warning or worse, as it comes.</summary>
    public static ConcurrentQueue<string> Log(ClusterSystem node) => Log(node.System);

    /// <summary>What actors of a system log as a warning or worse, as it comes.</summary>
    public static ConcurrentQueue<string> Log(ActorSystem system)
    {
        var lines = new ConcurrentQueue<string>();
        IActorRef listener = system.ActorOf(Props.Create(() => new Listener(lines)));
        system.EventStream.Subscribe(listener, typeof(Error));
        system.EventStream.Subscribe(listener, typeof(Warning));
        return lines;
    }

    /// <summary>The actor at a path. It is asked for again and again: a question goes lost while a connection is made.</summary>
    public static async Task<IActorRef> Find(ActorSelection path)
    {
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                return await path.ResolveOne(TimeSpan.FromSeconds(5));
            }
            catch (ActorNotFoundException) when (Stopwatch.GetElapsedTime(start) < Wait.Deadline)
            {
                await Task.Delay(20);
            }
        }
    }

    public async ValueTask DisposeAsync() => await Task.WhenAll(_nodes.Select(node => node.System.Terminate()));

    private sealed class Listener(ConcurrentQueue<string> lines) : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            if (message is LogEvent entry)
                lines.Enqueue($"{entry.Message} {entry.Cause?.Message}");
        }
    }
}
