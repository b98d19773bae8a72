using System.Net.Security;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Event;
using Akka.Remote.Transport.DotNetty;
using Akka.Serialization;
using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Node.Serializers;

namespace DistEmbed.Protocol.Node;

/// <summary>A node's actor system: a member of the cluster, or on its way to become one.</summary>
public sealed class ClusterSystem
{
    private ClusterSystem(ActorSystem system)
    {
        System = system;
        Address address = Akka.Cluster.Cluster.Get(system).SelfAddress;
        ControlAddress = new HostPort(address.Host, address.Port!.Value);
        Ended = system.WhenTerminated.ContinueWith(
            _ => CoordinatedShutdown.Get(system).ShutdownReason is CoordinatedShutdown.ClusterDowningReason ? ClusterEnd.Removed : ClusterEnd.Left,
            CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    /// <summary>The actors' system; its name is the cluster's.</summary>
    public ActorSystem System { get; }

    /// <summary>Where other nodes reach its control connections: what they name as a seed.</summary>
    public HostPort ControlAddress { get; }

    /// <summary>Completes when all actors have ended, however it came.</summary>
    public Task<ClusterEnd> Ended { get; }

    /// <summary>
    /// Starts a node's actor system and looks for the cluster: at the seeds, for ever; a coordinator without seeds starts one. Returns before it is a member.
    /// </summary>
    /// <param name="options">The node's options.</param>
    /// <param name="mayFound">Whether a coordinator with seeds, the first of which is itself, may start a cluster when no other answers; null: it may.</param>
    /// <exception cref="InvalidInputException">It cannot listen where it is told to.</exception>
    public static ClusterSystem Start(NodeOptions options, Func<bool>? mayFound = null)
    {
        ActorSystem system = Create(options);
        bool coordinator = options.Role == NodeRole.Coordinator;
        SeedPlace[] seeds = [.. options.Seeds.Select(seed => SeedPlace.TryParse(seed, out SeedPlace? parsed) ? parsed.Value : throw new ArgumentException($"'{seed}' is no HOST:PORT.", nameof(options)))];
        if (seeds.Length > 0)
            system.ActorOf(SeedJoiner.Props(seeds, () => coordinator && mayFound?.Invoke() != false), "seeds");
        else if (coordinator)
            Akka.Cluster.Cluster.Get(system).Join(Akka.Cluster.Cluster.Get(system).SelfAddress);
        else
            throw new ArgumentException("Only a coordinator starts a cluster.", nameof(options));
        return new ClusterSystem(system);
    }

    /// <summary>Whether another node of the same role is a member that can be reached.</summary>
    public bool HasPeer()
    {
        Akka.Cluster.Cluster cluster = Akka.Cluster.Cluster.Get(System);
        Akka.Cluster.ClusterEvent.CurrentClusterState state = cluster.State;
        return state.Members.Except(state.Unreachable).Any(member =>
            member.Status == Akka.Cluster.MemberStatus.Up && member.UniqueAddress != cluster.SelfUniqueAddress && member.Roles.Overlaps(cluster.SelfRoles));
    }

    /// <summary>Leaves the cluster and ends every actor.</summary>
    public async Task<ClusterEnd> LeaveAsync()
    {
        await CoordinatedShutdown.Get(System).Run(CoordinatedShutdown.ClusterLeavingReason.Instance).ConfigureAwait(false);
        return await Ended.ConfigureAwait(false);
    }

    private static ActorSystem Create(NodeOptions options)
    {
        ActorSystemSetup setup = BootstrapSetup.Create().WithConfig(Configuration(options)).And(SerializationSetup.Create(WireSerializers.Create));
        if (options.Tls is { } tls)
            setup = setup.And(new DotNettySslSetup(tls.Certificate, suppressValidation: false, requireMutualAuthentication: true, validateCertificateHostname: true, Validator(tls)));
        try
        {
            return ActorSystem.Create(options.Cluster, setup);
        }
        catch (Exception exception) when (exception.GetBaseException().GetBaseException() is global::System.Net.Sockets.SocketException socket) // an aggregate stops at the first that is none
        {
            throw new InvalidInputException(
                new InputError("--cluster-port", $"cannot listen at {new HostPort(options.Host, options.ClusterPort)}: {socket.Message}.", "Give a port that is free and an address of this machine as --host."), exception);
        }
    }

    private static Config Configuration(NodeOptions options)
    {
        // A node that looks for its cluster asks again every two seconds, for ever. A coordinator that is the first of its seeds founds a cluster when the others have not answered for so long: on a busy machine an answer may take seconds.
        string own = $$"""
            akka.cluster.seed-node-timeout = {{(options.Role == NodeRole.Coordinator ? 5 : 2)}} s
            akka.cluster.roles = ["{{NodeSettings.RoleName(options.Role)}}"]
            akka.remote.dot-netty.tcp {
              hostname = "{{options.Host}}"
              public-hostname = "{{options.PublicHost}}"
              port = {{options.ClusterPort}}
              enable-ssl = {{(options.Tls is null ? "off" : "on")}}
            }
            """;
        return ConfigurationFactory.ParseString(own)
            .WithFallback(ConfigurationFactory.ParseString(NodeSettings.ClusterConfiguration()))
            .WithFallback(ConfigurationFactory.ParseString(NodeSettings.AkkaConfiguration()));
    }

    /// <summary>Both sides show a certificate of our authority; the one that listens is also the one that was meant.</summary>
    private static CertificateValidationCallback Validator(NodeTls tls) => (certificate, _, peer, errors, log) =>
    {
        string? reason = certificate is null ? "shows no certificate"
            : errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch) ? $"shows a certificate ({certificate.Subject}) that does not name it"
            : !tls.Trusts(certificate) ? $"shows a certificate ({certificate.Subject}) that --tls-authority did not sign or that is not valid now"
            : null;
        if (reason is not null)
            log.Warning("{0} {1}; the connection is refused.", peer, reason);
        return reason is null;
    };
}

/// <summary>How a node's membership ended.</summary>
public enum ClusterEnd
{
    /// <summary>It left, as it was told to.</summary>
    Left,

    /// <summary>The others removed it, or it was cut off from the coordinator: the process has to start again.</summary>
    Removed,
}
