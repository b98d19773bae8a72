using System.Text;
using Akka.Actor;
using Akka.Serialization;
using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Node;
using DistEmbed.Protocol.Node.Serializers;
using DistEmbed.Testing;
using DistEmbed.Testing.Fuzzing;

namespace DistEmbed.Cluster.Tests.Node;

/// <summary>Mutated messages of every serializer that a node has.</summary>
public sealed class WireFuzzTests
{
    [Fact]
    public async Task Whatever_comes_in_is_a_message_or_refused()
    {
        await using var cluster = new TestCluster();
        ClusterSystem node = cluster.Start(NodeRole.Coordinator, []);
        Serialization serialization = node.System.Serialization;
        IActorRef actor = node.System.ActorOf(Props.Create(() => new Silent()), "silent");
        await Wait.UntilAsync(() => TestCluster.Up(node) == 1, "a cluster of one");
        var watcher = (IInternalActorRef)actor;
        var self = Akka.Cluster.Cluster.Get(node.System).SelfUniqueAddress;
        object[] messages =
        [
            new Identify("question"), new ActorIdentity("question", actor), new ActorSelectionMessage(new Identify(null), [new SelectChildName("silent"), new SelectParent()]),
            new ActorSelectionMessage(new StopRun(), [new SelectChildName("silent")]), new Akka.Dispatch.SysMsg.Watch(watcher, watcher),
            new Akka.Dispatch.SysMsg.DeathWatchNotification(actor, true, false), new NodeFailed("n", "why"), "text", .. Membership(self),
        ];
        byte[][] good = [.. messages.Select(message => Bytes(serialization, message))];
        FuzzCount count = Fuzz.Run<RefusedMessageException>(good, bytes =>
        {
            int end = Math.Max(0, Array.IndexOf(bytes, (byte)0));
            int start = Math.Min(bytes.Length, end + 1);
            int serializer = bytes.Length == 0 ? 0 : (bytes[0] == 41 ? 7341 : bytes[0] % 41);
            if (Known.Contains(serializer))
                serialization.Deserialize(bytes[start..], serializer, Encoding.UTF8.GetString(bytes, Math.Min(1, end), Math.Max(0, end - 1)));
        }, bytesEach: 256);
        count.ExpectShares(taken: 0.01);
    }

    /// <summary>Akka refuses other numbers itself.</summary>
    private static int[] Known => [0, 1, 2, 3, 4, 5, 6, 14, 16, 17, 22, 36, 7341];

    /// <summary>Serializer and manifest travel beside the bytes; here they stand before them, so that they are mutated too.</summary>
    private static byte[] Bytes(Serialization serialization, object message)
    {
        var serializer = (SerializerWithStringManifest)serialization.FindSerializerFor(message);
        byte[] bytes = serializer.ToBinary(message);
        return [(byte)(serializer.Identifier == 7341 ? 41 : serializer.Identifier), .. Encoding.UTF8.GetBytes(serializer.Manifest(message)), 0, .. bytes];
    }

    /// <summary>What is said of membership is not public: it is made by name.</summary>
    private static object[] Membership(Akka.Cluster.UniqueAddress self)
    {
        Type Named(string name) => typeof(Akka.Cluster.Cluster).Assembly.GetType("Akka.Cluster." + name)!;
        object Make(string name, params object[] arguments) => Activator.CreateInstance(
            Named(name), System.Reflection.BindingFlags.Instance | System.Reflection.BindingFlags.Public | System.Reflection.BindingFlags.NonPublic, null, arguments, null)!;
        object gossip = Named("Gossip").GetField("Empty", System.Reflection.BindingFlags.Static | System.Reflection.BindingFlags.Public | System.Reflection.BindingFlags.NonPublic)!.GetValue(null)!;
        return
        [
            Make("InternalClusterAction+Join", self, System.Collections.Immutable.ImmutableHashSet.Create("worker"), Akka.Util.AppVersion.Zero),
            Make("InternalClusterAction+Welcome", self, gossip),
            Make("InternalClusterAction+InitJoinAck", self.Address),
            Make("GossipEnvelope", self, self, gossip, null!),
        ];
    }

    private sealed class Silent : UntypedActor
    {
        protected override void OnReceive(object message) => Unhandled(message);
    }
}
