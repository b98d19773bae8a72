using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster.Serialization;
using Akka.Cluster.Tools.Singleton.Serialization;
using Akka.Configuration;
using Akka.Dispatch.SysMsg;
using Akka.Remote.Serialization;
using Akka.Serialization;
using DistEmbed.Protocol.Serialization;

namespace DistEmbed.Protocol.Node.Serializers;

/// <summary>
/// Everything that control connections carry. Akka as it comes reads names of types in nine of its serializers: as the manifest of an object, a protobuf message (of which it
/// makes one before it looks whether it is one), bytes, null, a system message or a selection, as an exception in a system message or a status, as an actor to be made, as
/// what a reliable delivery delivers. Each is replaced here under its own name and number: by a narrow one that lets through what nodes need, or by one that refuses.
/// </summary>
internal static class WireSerializers
{
    private static readonly Config s_primitives = ConfigurationFactory.ParseString("use-legacy-behavior = off");

    /// <summary>Every serializer of a node. A test compares them with those that Akka knows, so that one that a later version brings is seen.</summary>
    public static ImmutableHashSet<SerializerDetails> Create(ExtendedActorSystem system) =>
    [
        SerializerDetails.Create("control", new ControlSerializer(system), [.. MessageCodec.Messages]),
        Named("nothing", new NothingSerializer(system)),
        Refusing(system, 1, "json", "objects of any type"),
        Refusing(system, 2, "proto", "protobuf messages of any type"),
        Refusing(system, 3, "daemon-create", "actors to be made"),
        Refusing(system, 4, "bytes", "bare bytes"),
        Refusing(system, 36, "reliable-delivery", "deliveries of any type"),

        // Membership. Not a router's settings, which have settings of any other serializer in them.
        Named("akka-cluster", NarrowSerializer.Of(
            system, 5, "akka-cluster", new ClusterMessageSerializer(system),
            ("J", "Akka.Cluster.InternalClusterAction+Join, Akka.Cluster"),
            ("W", "Akka.Cluster.InternalClusterAction+Welcome, Akka.Cluster"),
            ("L", "Akka.Cluster.ClusterUserAction+Leave, Akka.Cluster"),
            ("D", "Akka.Cluster.ClusterUserAction+Down, Akka.Cluster"),
            ("IJ", "Akka.Cluster.InternalClusterAction+InitJoin, Akka.Cluster"),
            ("IJA", "Akka.Cluster.InternalClusterAction+InitJoinAck, Akka.Cluster"),
            ("IJN", "Akka.Cluster.InternalClusterAction+InitJoinNack, Akka.Cluster"),
            ("EC", "Akka.Cluster.InternalClusterAction+ExitingConfirmed, Akka.Cluster"),
            ("GS", "Akka.Cluster.GossipStatus, Akka.Cluster"),
            ("GE", "Akka.Cluster.GossipEnvelope, Akka.Cluster"),
            ("HB", "HB"),
            ("HBR", "HBR"))),

        // A message for a path. What is in it goes by its own serializer, one of these.
        Named("akka-containers", NarrowSerializer.Of(system, 6, "akka-containers", new MessageContainerSerializer(system), _ => true, ("", typeof(ActorSelectionMessage)))),

        // Who hands the coordinator over to whom. Akka has it in a configuration that it reads too late for a serializer.
        Named("akka-singleton", NarrowSerializer.Of(system, 14, "akka-singleton", new ClusterSingletonMessageSerializer(system), ("A", "A"), ("B", "B"), ("C", "C"), ("D", "D"))),

        // Finding an actor by its path, and the heartbeats of those that watch one. Not statuses with exceptions, not the ends of actors, not settings of routers.
        Named("akka-misc", NarrowSerializer.Of(system, 16, "akka-misc", new MiscMessageSerializer(system), ("ID", "ID"), ("AID", "AID"), ("RWHB", "RWHB"), ("RWHR", "RWHR"))),

        // Texts: the numbers of questions. As Akka has it by default the manifest would be the name of a type.
        Named("primitive", NarrowSerializer.Of(system, 17, "primitive", new PrimitiveSerializers(system, s_primitives), ("S", "S"))),

        // Watching an actor of another node. Not failures, which have exceptions in them, and not what a parent tells a child.
        Named("akka-system-msg", NarrowSerializer.Of(
            system, 22, "akka-system-msg", new SystemMessageSerializer(system), NamesBoth, ("W", typeof(Watch)), ("U", typeof(Unwatch)), ("D", typeof(DeathWatchNotification)))),
    ];

    private static bool NamesBoth(object message) => message switch
    {
        Watch watch => watch is { Watchee: not null, Watcher: not null },
        Unwatch unwatch => unwatch is { Watchee: not null, Watcher: not null },
        DeathWatchNotification notification => notification.Actor is not null,
        _ => true,
    };

    private static SerializerDetails Named(string name, Serializer serializer) => SerializerDetails.Create(name, serializer, []);

    private static SerializerDetails Refusing(ExtendedActorSystem system, int identifier, string name, string carries) =>
        Named(name, new RefusingSerializer(system, identifier, name, carries));
}
