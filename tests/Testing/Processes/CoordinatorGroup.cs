using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using DistEmbed.Testing.ToyData;

namespace DistEmbed.Testing.Processes;

/// <summary>
/// Three coordinators with the same runs and each other as seed nodes, a server and a worker: real processes on free loopback ports. All of them end with the test.
/// </summary>
public sealed class CoordinatorGroup : IDisposable
{
    private readonly ToyFolder _folder;
    private readonly IReadOnlyList<string> _ports = FreePorts.Take(3);
    private readonly List<DistEmbedProcess> _all = [];

    private CoordinatorGroup(ToyFolder folder) => _folder = folder;

    /// <summary>The folder of all processes.</summary>
    public string Folder => _folder.Path;

    /// <summary>The coordinators, in the order in which they were started; the first of them is active.</summary>
    public List<DistEmbedProcess> Coordinators { get; } = [];

    /// <summary>Names of the coordinators.</summary>
    public List<string> Names { get; } = [];

    /// <summary>Their gRPC addresses.</summary>
    public List<string> Addresses { get; } = [];

    /// <summary>The server.</summary>
    public DistEmbedProcess Server { get; private set; } = null!;

    /// <summary>The worker.</summary>
    public DistEmbedProcess Worker { get; private set; } = null!;

    /// <summary>All addresses, as a user gives them.</summary>
    public string Everywhere => string.Join(',', Addresses);

    /// <summary>Steps that the job's run has logged so far.</summary>
    public int LoggedSteps => _folder.LoggedSteps(Path.Combine("runs", "toy-1"));

    private List<string> MetricsAddresses { get; } = [];

    private string[] Seeds => [.. _ports.SelectMany(port => new[] { "--seed", $"127.0.0.1:{port}" })];

    /// <summary>Starts the processes and waits until all coordinators are members and the nodes are ready.</summary>
    public static async Task<CoordinatorGroup> StartAsync(ToyFolder folder)
    {
        var group = new CoordinatorGroup(folder);
        try
        {
            for (int i = 0; i < 3; i++)
                await group.StartCoordinatorAsync(i);
            string cache = folder.In("cache");
            group.Server = group.Add(DistEmbedProcess.StartProgram(folder.Path, "distembed-ps", [.. group.Seeds, "--cache", Path.Combine(cache, "s")]));
            group.Worker = group.Add(DistEmbedProcess.StartProgram(folder.Path, "distembed-worker", [.. group.Seeds, "--cache", Path.Combine(cache, "w")]));
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

    /// <summary>Starts a coordinator at one of the three ports.</summary>
    public async Task<DistEmbedProcess> StartCoordinatorAsync(int seed)
    {
        DistEmbedProcess process = Add(DistEmbedProcess.Start(
            _folder.Path, ["serve", "--port", "0", "--cluster-port", _ports[seed], "--runs", "runs", "--cache", _folder.In("cache", $"c-{_all.Count}"), .. Seeds]));
        string ready = await ProcessCluster.ReadyAsync(process);
        Coordinators.Add(process);
        Names.Add(ready.Split(' ')[2]);
        Addresses.Add(Regex.Match(ready, @"grpc=(\S+)").Groups[1].Value);
        MetricsAddresses.Add(Regex.Match(ready, @"metrics=(\S+)").Groups[1].Value);
        // In this order, so that it is known which is the oldest.
        await process.WaitUntilAsync(
            () => process.ToString().Contains("the active coordinator", StringComparison.Ordinal) || process.ToString().Contains("the active one", StringComparison.Ordinal), "membership of the cluster");
        return process;
    }

    /// <summary>Waits until a coordinator is active and a number of others are standbys.</summary>
    public Task StandByAsync(int active, int others) => Coordinators[active].WaitUntilAsync(
        async () =>
        {
            Ended status = await AskAsync(Addresses[active], "status", "--json");
            if (status.ExitCode != 0)
                return false;
            string[] states = [.. JsonDocument.Parse(status.Output).RootElement.GetProperty("nodes").EnumerateArray()
                .Where(node => node.GetProperty("role").GetString() == "coordinator").Select(node => node.GetProperty("state").GetString()!)];
            return states.Count(s => s == "active") == 1 && states.Count(s => s == "stands by") == others && states.Length == others + 1;
        },
        $"{others} standbys and no other coordinator");

    /// <summary>What <c>/health/active</c> answers, as a load balancer asks it: of each coordinator that is alive whether it is the active one.</summary>
    public async Task<bool[]> ActiveAsync(params int[] alive)
    {
        using var client = new HttpClient { Timeout = Wait.Deadline };
        var active = new List<bool>();
        foreach (int coordinator in alive)
        {
            using HttpResponseMessage answer = await client.GetAsync(new Uri($"http://{MetricsAddresses[coordinator]}/health/active"));
            active.Add(answer.StatusCode == HttpStatusCode.OK || (answer.StatusCode == HttpStatusCode.ServiceUnavailable ? false : throw new HttpRequestException(answer.ToString())));
        }

        return [.. active];
    }

    /// <summary>Submits the toy job at all addresses and follows it; the command ends with the job.</summary>
    public InProcessCommand Submit() => InProcessCommand.Start(
        _folder.Path, "submit", "toy.json", "--address", Everywhere, "--follow", "--set", "cluster.workers=1", "--set", "cluster.servers=1", "--set", "cluster.shards=2");

    /// <summary>Runs a verb against an address, or several.</summary>
    public Task<Ended> AskAsync(string address, params string[] arguments) => InProcessCommand.RunAsync(_folder.Path, [.. arguments, "--address", address]);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (DistEmbedProcess process in _all.AsEnumerable().Reverse())
            process.Dispose();
    }

    private DistEmbedProcess Add(DistEmbedProcess process)
    {
        _all.Add(process);
        return process;
    }
}
