using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using DistEmbed.Coordinator.Reports;

namespace DistEmbed.Process.Tests.Cluster;

/// <summary>Three coordinators with the same runs and each other as seeds, a server and a worker: real processes on free loopback ports. All of them end with the test.</summary>
internal sealed class CoordinatorGroup : IDisposable
{
    private readonly ToyFolder _folder;
    private readonly string[] _seeds;
    private readonly List<DistEmbedProcess> _all = [];

    private CoordinatorGroup(ToyFolder folder, string[] seeds) => (_folder, _seeds) = (folder, seeds);

    /// <summary>The coordinators, in the order in which they were started; the first of them is active.</summary>
    public List<DistEmbedProcess> Coordinators { get; } = [];

    /// <summary>Names of the coordinators.</summary>
    public List<string> Names { get; } = [];

    /// <summary>Their gRPC addresses.</summary>
    public List<string> Addresses { get; } = [];

    private List<string> MetricsAddresses { get; } = [];

    public DistEmbedProcess Server { get; private set; } = null!;

    public DistEmbedProcess Worker { get; private set; } = null!;

    /// <summary>All addresses, as a user gives them.</summary>
    public string Everywhere => string.Join(',', Addresses);

    /// <summary>Starts the processes and waits until all coordinators are members and the nodes are ready.</summary>
    public static async Task<CoordinatorGroup> StartAsync(ToyFolder folder)
    {
        var group = new CoordinatorGroup(folder, FreePorts(3));
        try
        {
            for (int i = 0; i < 3; i++)
                await group.StartCoordinatorAsync(i);
            string cache = folder.In("cache");
            string[] seeds = group.Seeds();
            group.Server = group.Add(DistEmbedProcess.StartProgram(folder.Path, "distembed-ps", [.. seeds, "--cache", Path.Combine(cache, "s")]));
            group.Worker = group.Add(DistEmbedProcess.StartProgram(folder.Path, "distembed-worker", [.. seeds, "--cache", Path.Combine(cache, "w")]));
            await ProcessCluster.ReadyAsync(group.Server);
            await ProcessCluster.ReadyAsync(group.Worker);
            await group.StandByAsync(0, 2);
            return group;
        }
        catch
        {
            group.Dispose();
            throw;
        }
    }

    /// <summary>Starts a coordinator at one of the three control ports.</summary>
    public async Task<DistEmbedProcess> StartCoordinatorAsync(int seed)
    {
        string port = _seeds[seed][(_seeds[seed].LastIndexOf(':') + 1)..];
        DistEmbedProcess process = Add(DistEmbedProcess.Start(
            _folder.Path, ["serve", "--port", "0", "--cluster-port", port, "--runs", "runs", "--cache", _folder.In("cache", $"c-{_all.Count}"), .. Seeds()]));
        string ready = await ProcessCluster.ReadyAsync(process);
        Coordinators.Add(process);
        Names.Add(ready.Split(' ')[2]);
        Addresses.Add(Regex.Match(ready, @"grpc=(\S+)").Groups[1].Value);
        MetricsAddresses.Add(Regex.Match(ready, @"metrics=(\S+)").Groups[1].Value);
        // In this order, so that it is known which is the oldest.
        await process.WaitUntilAsync(() => process.ToString().Contains("the active coordinator", StringComparison.Ordinal) || process.ToString().Contains("the active one", StringComparison.Ordinal), "membership");
        return process;
    }

    /// <summary>Waits until a coordinator is active and a number of others stand by.</summary>
    public Task StandByAsync(int active, int others) => Coordinators[active].WaitUntilAsync(
        () =>
        {
            Ended status = AskAsync(Addresses[active], "status", "--json").GetAwaiter().GetResult();
            if (status.ExitCode != 0)
                return false;
            string[] states = [.. JsonDocument.Parse(status.Output).RootElement.GetProperty("nodes").EnumerateArray()
                .Where(node => node.GetProperty("role").GetString() == "coordinator").Select(node => node.GetProperty("state").GetString()!)];
            return states.Count(s => s == "active") == 1 && states.Count(s => s == "stands by") == others && states.Length == others + 1;
        },
        $"{others} standing by");

    /// <summary>What <c>/health/active</c> answers, as a load balancer asks it: of each coordinator that is alive whether it is the active one.</summary>
    public async Task<bool[]> ActiveAsync(params int[] alive)
    {
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(30) };
        var active = new List<bool>();
        foreach (int coordinator in alive)
        {
            using HttpResponseMessage answer = await client.GetAsync(new Uri($"http://{MetricsAddresses[coordinator]}/health/active"));
            active.Add(answer.StatusCode == HttpStatusCode.OK || (answer.StatusCode == HttpStatusCode.ServiceUnavailable ? false : throw new HttpRequestException(answer.ToString())));
        }

        return [.. active];
    }

    /// <summary>Submits the toy job at all addresses and follows it; the process ends with the job.</summary>
    public DistEmbedProcess Submit() => Add(DistEmbedProcess.Start(
        _folder.Path, ["submit", "toy.json", "--address", Everywhere, "--follow", "--set", "cluster.workers=1", "--set", "cluster.servers=1", "--set", "cluster.shards=2"]));

    /// <summary>Runs a verb against an address, or several.</summary>
    public Task<Ended> AskAsync(string address, params string[] arguments) => DistEmbedProcess.RunAsync(_folder.Path, [.. arguments, "--address", address]);

    public RunDirectory Run => _folder.Run(Path.Combine("runs", "toy-1"));

    public int LoggedSteps => _folder.LoggedSteps(Path.Combine("runs", "toy-1"));

    public void Dispose()
    {
        foreach (DistEmbedProcess process in _all.AsEnumerable().Reverse())
            process.Dispose();
    }

    public override string ToString() => string.Join("\n---\n", _all.Select(p => p.ToString()));

    private string[] Seeds() => [.. _seeds.SelectMany(seed => new[] { "--seed", seed })];

    private DistEmbedProcess Add(DistEmbedProcess process)
    {
        _all.Add(process);
        return process;
    }

    /// <summary>Ports that are free now; they are known before the processes are there, since each coordinator names all of them.</summary>
    private static string[] FreePorts(int count)
    {
        TcpListener[] listeners = [.. Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0))];
        foreach (TcpListener listener in listeners)
            listener.Start();
        string[] places = [.. listeners.Select(listener => $"127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}").Order(StringComparer.Ordinal)];
        foreach (TcpListener listener in listeners)
            listener.Dispose();
        return places;
    }
}
