using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Event;

namespace DistEmbed.Protocol.Node;

/// <summary>
/// Looks for the cluster at its seeds until it is a member, for ever. The names that stand for their addresses are looked up again and again, as these change while machines come up.
/// </summary>
internal sealed class SeedJoiner : UntypedActor, IWithTimers
{
    private static readonly TimeSpan s_lookUpAgain = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_sayAgain = TimeSpan.FromMinutes(1);
    private readonly Akka.Cluster.Cluster _cluster = Akka.Cluster.Cluster.Get(Context.System);
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly IReadOnlyList<SeedPlace> _seeds;
    private readonly Func<bool> _mayFound;
    private Address[] _tried = [];
    private string _troubles = "";

    public SeedJoiner(IReadOnlyList<SeedPlace> seeds, Func<bool> mayFound) => (_seeds, _mayFound) = (seeds, mayFound);

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>How it is made.</summary>
    /// <param name="seeds">Where the cluster is looked for.</param>
    /// <param name="mayFound">Whether it starts a cluster if the first seed is itself: coordinators only. Asked again and again, on another thread.</param>
    public static Props Props(IReadOnlyList<SeedPlace> seeds, Func<bool> mayFound) => Akka.Actor.Props.Create(() => new SeedJoiner(seeds, mayFound));

    /// <inheritdoc/>
    protected override void PreStart()
    {
        IActorRef self = Self;
        _cluster.RegisterOnMemberUp(() => self.Tell(Joined.Instance));
        Timers.StartPeriodicTimer("look", LookUp.Instance, TimeSpan.Zero, s_lookUpAgain);
        Timers.StartPeriodicTimer("say", Say.Instance, TimeSpan.FromSeconds(10), s_sayAgain);
    }

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case LookUp:
                Task.Run(ResolveAsync).PipeTo(Self);
                break;
            case Resolved resolved:
                _troubles = resolved.Troubles;
                Join(resolved.Places, resolved.MayFound);
                break;
            case Say:
                _log.Warning(
                    "Still looking for cluster '{0}' at {1}.{2} A coordinator has to run there with the same --cluster, reachable by the name that it has as --public-host, and all nodes with TLS or all without.",
                    Context.System.Name, string.Join(", ", _seeds), _troubles);
                break;
            case Joined:
                Context.Stop(Self);
                break;
        }
    }

    /// <summary>
    /// The order of the seeds matters to Akka: a node that is itself the first one starts a cluster if no other answers. Of the addresses of a name none is the first: each would be, as
    /// long as it is the only one there.
    /// </summary>
    private void Join(IReadOnlyList<HostPort> places, bool mayFound)
    {
        Address self = _cluster.SelfAddress;
        bool first = mayFound && !_seeds[0].EveryAddress && AddressOf(_seeds[0].Place) == self;
        IEnumerable<Address> others = places.Select(AddressOf).Where(address => address != self).Distinct();
        Address[] candidates = first ? [self, .. others] : [.. others];
        if (candidates.Length == 0 || candidates.SequenceEqual(_tried))
            return;
        _tried = candidates;
        _cluster.JoinSeedNodes(candidates);
    }

    private Address AddressOf(HostPort place) => _cluster.SelfAddress.WithHost(place.Host).WithPort(place.Port);

    private async Task<Resolved> ResolveAsync()
    {
        var places = new List<HostPort>();
        var troubles = new List<string>();
        foreach (SeedPlace seed in _seeds)
        {
            if (!seed.EveryAddress)
            {
                places.Add(seed.Place);
                continue;
            }

            try
            {
                IPAddress[] addresses = await Dns.GetHostAddressesAsync(seed.Place.Host, AddressFamily.InterNetwork).ConfigureAwait(false);
                // Sorted: they are answered in any order, and another order would be another list to try.
                places.AddRange(addresses.Select(address => address.ToString()).Order(StringComparer.Ordinal).Select(address => new HostPort(address, seed.Place.Port)));
            }
            catch (SocketException exception)
            {
                troubles.Add($" {seed.Place.Host}: {exception.Message}.");
            }
        }

        return new Resolved(places, string.Concat(troubles), _mayFound());
    }

    private sealed record LookUp
    {
        public static readonly LookUp Instance = new();
    }

    private sealed record Say
    {
        public static readonly Say Instance = new();
    }

    private sealed record Joined
    {
        public static readonly Joined Instance = new();
    }

    private sealed record Resolved(IReadOnlyList<HostPort> Places, string Troubles, bool MayFound);
}
