using DistEmbed.Coordinator.Run;
using DistEmbed.Protocol.Messages;

namespace DistEmbed.Coordinator.Tests.Run;

public class ClusterNodesTests
{
    private readonly ClusterNodes _nodes = new("1.0");

    [Fact]
    public void Another_protocol_version_is_refused_with_both_values()
    {
        string? reason = _nodes.Join(new NodeJoin("w", NodeRole.Worker, NodeProtocol.Version + 1, "9.9", null), "a");

        Assert.Contains($"version {NodeProtocol.Version + 1} (program 9.9)", reason);
        Assert.Contains($"version {NodeProtocol.Version} (program 1.0)", reason);
        Assert.Empty(_nodes.All);
    }

    [Fact]
    public void A_name_belongs_to_one_address()
    {
        Assert.Null(Join("w", NodeRole.Worker, "a"));
        Assert.Null(Join("w", NodeRole.Worker, "a"));
        Assert.Contains("another node of the name w", Join("w", NodeRole.Worker, "b"));
    }

    [Fact]
    public void A_node_that_offers_itself_again_stays_as_it_is()
    {
        Join("s1", NodeRole.Server, "a");
        Join("s2", NodeRole.Server, "b");
        _nodes.Drain("s1");
        _nodes.Refuse(new HostRefused("s2", "run", "no AVX2"));
        _nodes.Host("s2", ["run/shard-0"]);

        Join("s1", NodeRole.Server, "a");
        Join("s2", NodeRole.Server, "b");

        Assert.Empty(_nodes.Ready(NodeRole.Server, "run"));
        Assert.Equal(["run/shard-0"], _nodes.Find("s2")!.Hosts);
        _nodes.Lose("s1");
        Join("s1", NodeRole.Server, "c"); // the name is free
        Assert.Equal(["s1"], _nodes.Ready(NodeRole.Server, "run").Select(n => n.Join.Node));
    }

    [Fact]
    public void Shards_wait_for_enough_servers_and_spread_evenly()
    {
        Join("s1", NodeRole.Server, "a");
        Assert.Null(_nodes.Place("run", 5, servers: 2));
        Assert.Equal(("servers", "1 of 2 servers are there"), _nodes.Awaited("run", workers: 0, servers: 2, 1).Select(a => (a.Who, a.Why)).Single());
        Join("s2", NodeRole.Server, "b");

        IReadOnlyList<ShardPlace> places = _nodes.Place("run", 5, servers: 2)!;

        Assert.Equal(Enumerable.Range(0, 5), places.Select(p => p.Shard));
        Assert.Equal([3, 2], places.GroupBy(p => p.Node).OrderBy(g => g.Key).Select(g => g.Count()));
        Assert.All(places, p => Assert.Equal($"{p.Node}:1", p.RowAddress));
    }

    [Fact]
    public void Nodes_that_are_unreachable_leaving_or_unfit_host_nothing_new()
    {
        foreach (string name in (string[])["a", "b", "c", "d"])
            Join(name, NodeRole.Worker, name);
        _nodes.SetReachable("a", false, 1);
        _nodes.Drain("b");
        _nodes.Refuse(new HostRefused("c", "run", "no AVX2"));

        Assert.Equal(["d"], _nodes.Ready(NodeRole.Worker, "run").Select(n => n.Join.Node));
        Assert.Equal(["c", "d"], _nodes.Ready(NodeRole.Worker, "another run").Select(n => n.Join.Node));
        Assert.Contains(_nodes.Awaited("run", 2, 0, 1), a => a.Who == "c" && a.Why.Contains("no AVX2"));
        Assert.Equal(("c", 7), _nodes.Refusals("run", 7).Select(a => (a.Who, a.Seconds)).Single()); // also after it has begun
        Assert.Empty(_nodes.Refusals("another run", 7));
        _nodes.SetReachable("a", true, 2);
        Assert.Equal(["a", "d"], _nodes.Ready(NodeRole.Worker, "run").Select(n => n.Join.Node));
    }

    [Fact]
    public void A_server_that_is_away_too_long_is_given_up_where_another_can_take_its_shards()
    {
        Join("s1", NodeRole.Server, "a");
        IReadOnlyList<ShardPlace> places = _nodes.Place("run", 2, servers: 1)!;
        _nodes.SetReachable("a", false, now: 10);
        _nodes.SetReachable("a", false, now: 14);
        Assert.Null(_nodes.GivenUp("run", places, now: 100, patience: 5));
        Join("s2", NodeRole.Server, "b");

        Assert.Null(_nodes.GivenUp("run", places, now: 15, patience: 5));
        Assert.Equal("s1", _nodes.GivenUp("run", places, now: 15.1, patience: 5));
        _nodes.SetReachable("a", true, now: 16);
        Assert.Null(_nodes.GivenUp("run", places, now: 100, patience: 5));
    }

    private string? Join(string name, NodeRole role, string address) =>
        _nodes.Join(new NodeJoin(name, role, NodeProtocol.Version, "1.0", role == NodeRole.Server ? $"{name}:1" : null), address);
}
