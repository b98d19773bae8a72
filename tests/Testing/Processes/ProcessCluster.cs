using System.Text.Json;
using System.Text.RegularExpressions;
using DistEmbed.Testing.ToyData;
using Xunit;

namespace DistEmbed.Testing.Processes;

/// <summary>A coordinator, servers and workers as real processes on free loopback ports. All of them end with the test.</summary>
public sealed class ProcessCluster : IDisposable
{
    private readonly ToyFolder _folder;
    private readonly ProcessClusterArguments _arguments;
    private readonly List<DistEmbedProcess> _all = [];

    private ProcessCluster(ToyFolder folder, ProcessClusterArguments arguments) => (_folder, _arguments) = (folder, arguments);

    /// <summary>The coordinator that was started last.</summary>
    public DistEmbedProcess Coordinator { get; private set; } = null!;

    /// <summary>The servers that were started.</summary>
    public List<DistEmbedProcess> Servers { get; } = [];

    /// <summary>The workers that were started.</summary>
    public List<DistEmbedProcess> Workers { get; } = [];

    /// <summary>The folder of all processes.</summary>
    public string Folder => _folder.Path;

    /// <summary>Where gRPC listens.</summary>
    public string Address { get; private set; } = "";

    /// <summary>Where nodes find the cluster.</summary>
    public string Seed { get; private set; } = "";

    /// <summary>Who the tests are, as the coordinator logs it.</summary>
    public static string Asker { get; } = $"{Environment.UserName}@{Environment.MachineName} (127.0.0.1)";

    /// <summary>Starts the processes and waits until all of them are ready.</summary>
    public static Task<ProcessCluster> StartAsync(ToyFolder folder, int workers, int servers, params string[] common) =>
        StartAsync(folder, workers, servers, new ProcessClusterArguments { OfNode = _ => common });

    /// <summary>Starts the processes, with arguments of their own, and waits until all of them are ready.</summary>
    public static async Task<ProcessCluster> StartAsync(ToyFolder folder, int workers, int servers, ProcessClusterArguments arguments)
    {
        var cluster = new ProcessCluster(folder, arguments);
        try
        {
            await cluster.StartCoordinatorAsync();
            for (int i = 0; i < servers; i++)
                cluster.StartServer();
            for (int i = 0; i < workers; i++)
                cluster.StartWorker();
            foreach (DistEmbedProcess node in cluster.Servers.Concat(cluster.Workers))
                await ReadyAsync(node);
            return cluster;
        }
        catch
        {
            cluster.Dispose();
            throw;
        }
    }

    /// <summary>Starts a coordinator, the first or one after it.</summary>
    public async Task StartCoordinatorAsync(string grpcPort = "0", string clusterPort = "0")
    {
        Coordinator = Add(DistEmbedProcess.Start(
            _folder.Path,
            ["serve", "--port", grpcPort, "--cluster-port", clusterPort, "--runs", "runs", "--cache", _arguments.CoordinatorCache ?? _folder.In("cache", "coordinator"), .. _arguments.OfNode("coordinator")]));
        string ready = await ReadyAsync(Coordinator);
        Address = Regex.Match(ready, @"grpc=(\S+)").Groups[1].Value;
        Seed = Regex.Match(ready, @"control=(\S+)").Groups[1].Value;
        Assert.NotEqual("", Address);
        Assert.NotEqual("", Seed);
        // Ready says that it listens; it answers questions once its turn has come.
        await Coordinator.WaitUntilAsync(() => Coordinator.Error.Contains("this coordinator is the active one", StringComparison.Ordinal), "the coordinator's turn");
    }

    /// <summary>Starts a coordinator where the last one was, which has ended.</summary>
    public Task RestartCoordinatorAsync() => StartCoordinatorAsync(Port(Address), Port(Seed));

    /// <summary>Starts a server; it joins by itself.</summary>
    public DistEmbedProcess StartServer(string? name = null) => Node(Servers, "distembed-ps", name);

    /// <summary>Starts a worker; it joins by itself.</summary>
    public DistEmbedProcess StartWorker(string? name = null) => Node(Workers, "distembed-worker", name);

    /// <summary>Starts a process that is none of the cluster's own, such as one that must not get in; it ends with the cluster.</summary>
    public DistEmbedProcess StartOther(string program, params string[] arguments) => Add(DistEmbedProcess.StartProgram(_folder.Path, program, arguments));

    /// <summary>Submits a job and follows it; the command ends with the job.</summary>
    public InProcessCommand Submit(string job, params string[] arguments) =>
        InProcessCommand.Start(_folder.Path, ["submit", job, "--address", Address, "--follow", .. _arguments.OfClient, .. arguments]);

    /// <summary>Runs a verb against the coordinator.</summary>
    public Task<Ended> AskAsync(params string[] arguments) => InProcessCommand.RunAsync(_folder.Path, [.. arguments, "--address", Address, .. _arguments.OfClient]);

    /// <summary>The status as JSON.</summary>
    public async Task<JsonElement> StatusAsync() => JsonDocument.Parse((await AskAsync("status", "--json")).Expect(0).Output).RootElement.Clone();

    /// <summary>Steps that a run has logged so far.</summary>
    public int LoggedSteps(string run) => _folder.LoggedSteps(Path.Combine("runs", run));

    /// <summary>Whether a run has come to the step at which it is held.</summary>
    public bool IsHeldAt(string run, int step) => _folder.IsHeldAt(Path.Combine("runs", run), step);

    /// <summary>Waits until a process has said that it is ready.</summary>
    /// <returns>The line that says so.</returns>
    public static async Task<string> ReadyAsync(DistEmbedProcess process)
    {
        string? line = null;
        await process.WaitUntilAsync(() => (line = process.Output.Split('\n').FirstOrDefault(l => l.StartsWith("ready: ", StringComparison.Ordinal))) is not null, "the line that says it is ready");
        return line!;
    }

    /// <summary>The name that a process has in the cluster.</summary>
    public static async Task<string> NameAsync(DistEmbedProcess process) => (await ReadyAsync(process)).Split(' ')[2];

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (DistEmbedProcess process in _all.AsEnumerable().Reverse())
            process.Dispose();
    }

    private static string Port(string address) => address[(address.LastIndexOf(':') + 1)..];

    private DistEmbedProcess Node(List<DistEmbedProcess> nodes, string program, string? name)
    {
        string[] own = _arguments.OfNode($"{(program == "distembed-ps" ? "server" : "worker")}-{nodes.Count + 1}");
        string cache = _folder.In("cache", $"{program}-{nodes.Count}");
        DistEmbedProcess node = Add(DistEmbedProcess.StartProgram(
            _folder.Path, program, ["--seed", Seed, "--cache", cache, .. name is null ? Array.Empty<string>() : ["--name", name], .. own]));
        nodes.Add(node);
        return node;
    }

    private DistEmbedProcess Add(DistEmbedProcess process)
    {
        _all.Add(process);
        return process;
    }
}
