using System.Collections.Immutable;
using Akka.Actor;
using Akka.Configuration;
using Akka.Serialization;

namespace DistEmbed.Cluster.Tests.Node;

/// <summary>A program with Akka as it comes, which can also send any bytes as a message of any serializer.</summary>
internal static class Forger
{
    private static readonly Config s_plain = ConfigurationFactory.ParseString("""
        akka {
          loglevel = OFF, stdout-loglevel = OFF, log-serializer-override-on-start = off
          coordinated-shutdown.phases.actor-system-terminate.timeout = 1 s
          actor { provider = remote, serialization-settings.primitive.use-legacy-behavior = off }
          remote { retry-gate-closed-for = 100 ms, shutdown-timeout = 1 s, flush-wait-on-shutdown = 100 ms }
          remote.dot-netty.tcp { hostname = "127.0.0.1", port = 0, maximum-frame-size = 4 MiB, send-buffer-size = 4 MiB, receive-buffer-size = 4 MiB }
        }
        """);

    public static ActorSystem Start(string name) => ActorSystem.Create(name, BootstrapSetup.Create().WithConfig(s_plain).And(SerializationSetup.Create(
        system => [SerializerDetails.Create("forged", new ForgedSerializer(system), ImmutableHashSet.Create(typeof(Forged)))])));

    /// <summary>Akka asks a serializer for the bytes first and then, on the same thread, for its number and manifest.</summary>
    private sealed class ForgedSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
    {
        [ThreadStatic]
        private static int t_identifier;

        public override int Identifier => t_identifier == 0 ? 9999 : t_identifier - 1;

        public override byte[] ToBinary(object obj)
        {
            t_identifier = ((Forged)obj).Serializer + 1;
            return ((Forged)obj).Bytes;
        }

        public override string Manifest(object o) => ((Forged)o).Manifest;

        public override object FromBinary(byte[] bytes, string manifest) => throw new NotSupportedException();
    }
}

/// <summary>A message as it is on the wire.</summary>
internal sealed record Forged(int Serializer, string Manifest, byte[] Bytes);
