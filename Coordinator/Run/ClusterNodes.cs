using DistEmbed.Protocol.Messages;

namespace DistEmbed.Coordinator.Run;

/// <summary>
/// The nodes that offered themselves, and what each of them can be asked to host. Messages in, decisions out; it knows no actor, clock or socket.
/// </summary>
/// <param name="productVersion">Version of this program.</param>
public sealed class ClusterNodes(string productVersion)
{
    private readonly SortedDictionary<string, Node> _nodes = new(StringComparer.Ordinal);

    /// <summary>A node as it is known.</summary>
    /// <param name="Join">How it offered itself.</param>
    /// <param name="Address">Its address in the cluster.</param>
    public sealed record Node(NodeJoin Join, string Address)
    {
        /// <summary>Since when the cluster does not hear of it, in seconds; null: it does.</summary>
        public double? UnreachableSince { get; init; }

        /// <summary>Whether the cluster hears of it.</summary>
        public bool Reachable => UnreachableSince is null;

        /// <summary>Whether it is on its way out: it hosts nothing new.</summary>
        public bool Draining { get; init; }

        /// <summary>The run that it refused to host, and why.</summary>
        public (string Run, string Reason)? Refused { get; init; }

        /// <summary>Names of what it hosts.</summary>
        public IReadOnlyList<string> Hosts { get; init; } = [];
    }

    /// <summary>The nodes, in order of name.</summary>
    public IReadOnlyCollection<Node> All => _nodes.Values;

    /// <summary>The node of a name; null: there is none.</summary>
    public Node? Find(string name) => _nodes.GetValueOrDefault(name);

    /// <summary>Takes a node in; one that is there already stays as it is.</summary>
    /// <returns>Why it cannot work here; null: it can.</returns>
    public string? Join(NodeJoin join, string address)
    {
        if (join.ProtocolVersion != NodeProtocol.Version)
            return $"this node speaks protocol version {join.ProtocolVersion} (program {join.ProductVersion}), the coordinator version {NodeProtocol.Version} (program {productVersion}): install the same release on both.";
        if (join.Role == NodeRole.Server && join.RowAddress is null)
            return "a server has to say where its row plane listens.";
        if (_nodes.TryGetValue(join.Node, out Node? known) && known.Address != address)
            return $"another node of the name {join.Node} has joined from {known.Address}: choose another --name.";
        if (known is null)
            _nodes[join.Node] = new Node(join, address);
        return null;
    }

    /// <summary>A node is gone.</summary>
    public void Lose(string name) => _nodes.Remove(name);

    /// <summary>The cluster hears of the nodes at an address, or does not.</summary>
    public void SetReachable(string address, bool reachable, double now)
    {
        foreach ((string name, Node node) in _nodes.Where(n => n.Value.Address == address).ToArray())
            _nodes[name] = node with { UnreachableSince = reachable ? null : node.UnreachableSince ?? now };
    }

    /// <summary>
    /// A server of these that has been unreachable for longer than <paramref name="patience"/> seconds while others could host its shards; null: none, and if the
    /// only one is away, waiting is all that can be done.
    /// </summary>
    public string? GivenUp(string run, IReadOnlyList<ShardPlace> places, double now, double patience) =>
        Ready(NodeRole.Server, run).Count == 0 ? null
            : places.Select(p => p.Node).FirstOrDefault(name => _nodes.TryGetValue(name, out Node? node) && now - node.UnreachableSince > patience);

    /// <summary>Marks a node as on its way out.</summary>
    public void Drain(string name) => _nodes[name] = _nodes[name] with { Draining = true };

    /// <summary>A node cannot host a run.</summary>
    public void Refuse(HostRefused refused)
    {
        if (_nodes.TryGetValue(refused.Node, out Node? node))
            _nodes[refused.Node] = node with { Refused = (refused.Run, refused.Reason) };
    }

    /// <summary>Notes what a node hosts.</summary>
    public void Host(string name, IReadOnlyList<string> hosts)
    {
        if (_nodes.TryGetValue(name, out Node? node))
            _nodes[name] = node with { Hosts = hosts };
    }

    /// <summary>Nodes of a role that can host something of a run.</summary>
    public IReadOnlyList<Node> Ready(NodeRole role, string run) =>
        [.. _nodes.Values.Where(n => n.Join.Role == role && n.Reachable && !n.Draining && n.Refused?.Run != run)];

    /// <summary>Places shards on servers, as evenly as it goes; null while fewer servers than <paramref name="servers"/> are ready.</summary>
    public IReadOnlyList<ShardPlace>? Place(string run, int shards, int servers)
    {
        IReadOnlyList<Node> ready = Ready(NodeRole.Server, run);
        if (ready.Count < servers)
            return null;
        return [.. Enumerable.Range(0, shards).Select(s => ready[s % ready.Count].Join).Select((join, s) => new ShardPlace(s, join.Node, join.RowAddress!))];
    }

    /// <summary>Nodes that cannot host something of a run, each with its reason.</summary>
    /// <param name="run">The run.</param>
    /// <param name="seconds">For how long it has been under way.</param>
    public IReadOnlyList<Awaited> Refusals(string run, double seconds) =>
        [.. _nodes.Values.Where(n => n.Refused?.Run == run).Select(n => new Awaited(n.Join.Node, $"cannot host this run: {n.Refused!.Value.Reason}", seconds))];

    /// <summary>What keeps a run from starting: nodes that have not joined, and those that refuse.</summary>
    /// <param name="run">The run.</param>
    /// <param name="workers">Workers that it needs.</param>
    /// <param name="servers">Servers that it needs.</param>
    /// <param name="seconds">For how long it has been waiting.</param>
    public IReadOnlyList<Awaited> Awaited(string run, int workers, int servers, double seconds)
    {
        var awaited = new List<Awaited>();
        Missing(NodeRole.Server, servers, "servers");
        Missing(NodeRole.Worker, workers, "workers");
        awaited.AddRange(Refusals(run, seconds));
        return awaited;

        void Missing(NodeRole role, int wanted, string name)
        {
            int ready = Ready(role, run).Count;
            if (ready < wanted)
                awaited.Add(new Awaited(name, $"{ready} of {wanted} {name} are there", seconds));
        }
    }
}
