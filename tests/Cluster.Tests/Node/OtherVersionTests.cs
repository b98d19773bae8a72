using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Cluster.Tools.Singleton;
using DistEmbed.Coordinator.Run;
using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Node;
using DistEmbed.Testing;

namespace DistEmbed.Cluster.Tests.Node;

public sealed class OtherVersionTests
{
    [Fact]
    public async Task A_node_of_another_protocol_version_is_told_both_versions_and_its_process_ends_with_2()
    {
        await using var cluster = new TestCluster();
        ClusterSystem coordinator = cluster.Start(NodeRole.Coordinator, []);
        var reasons = new ConcurrentQueue<string>();
        coordinator.System.ActorOf(
            ClusterSingletonManager.Props(
                Props.Create(() => new LaterCoordinator(reasons)), PoisonPill.Instance,
                ClusterSingletonManagerSettings.Create(coordinator.System).WithRole(NodeSettings.CoordinatorRole).WithSingletonName(NodeSettings.SingletonName)),
            NodeSettings.CoordinatorActor);

        int exitCode = await NodeProcess.RunAsync(
            NodeRole.Worker, "", ["--seed", coordinator.ControlAddress.ToString(), "--cluster", "test", "--metrics-port", "none"], (_, _) => new Idle()).WaitAsync(Wait.Deadline);

        Assert.Equal(2, exitCode);
        Assert.Contains($"protocol version {NodeProtocol.Version + 1} (program", reasons.First(), StringComparison.Ordinal);
        Assert.Contains($"the coordinator version {NodeProtocol.Version} (program 9.9.9)", reasons.First(), StringComparison.Ordinal);
    }

    /// <summary>Sees a node of the next version in each that offers itself.</summary>
    private sealed class LaterCoordinator(ConcurrentQueue<string> reasons) : UntypedActor
    {
        private readonly ClusterNodes _nodes = new("9.9.9");

        protected override void OnReceive(object message)
        {
            if (message is not NodeJoin join)
                return;
            string? reason = _nodes.Join(join with { ProtocolVersion = join.ProtocolVersion + 1 }, Sender.Path.Address.ToString());
            reasons.Enqueue(reason ?? "it was let in");
            Sender.Tell(reason is null ? new NodeAccepted("c-1", "127.0.0.1:1") : new NodeRefused(reason));
        }
    }

    private sealed class Idle : INodeHost
    {
        public Props Actor { get; } = Props.Create(() => new Silent());

        public string? RowAddress => null;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private sealed class Silent : UntypedActor
    {
        protected override void OnReceive(object message) => Unhandled(message);
    }
}
