namespace DistEmbed.Process.Tests.Cluster;

/// <summary>A cluster that the tests of a class share: none of them breaks it, and each says how many nodes it needs.</summary>
public sealed class SharedCluster : IAsyncLifetime
{
    internal ToyFolder Folder { get; } = new();

    internal ProcessCluster Cluster { get; private set; } = null!;

    public async Task InitializeAsync() => Cluster = await ProcessCluster.StartAsync(Folder, 1, 1);

    public Task DisposeAsync()
    {
        Cluster?.Dispose();
        Folder.Dispose();
        return Task.CompletedTask;
    }

    /// <summary>Starts the nodes that are missing and drains those that are too many.</summary>
    internal async Task<ProcessCluster> OfAsync(int workers, int servers)
    {
        await DrainAsync(Cluster.Workers, workers);
        await DrainAsync(Cluster.Servers, servers);
        while (Cluster.Servers.Count < servers)
            Cluster.StartServer();
        while (Cluster.Workers.Count < workers)
            Cluster.StartWorker();
        foreach (DistEmbedProcess node in Cluster.Servers.Concat(Cluster.Workers))
            await ProcessCluster.ReadyAsync(node);
        return Cluster;
    }

    /// <summary>Name of the run that the next job of a name will have.</summary>
    internal string NextRun(string job)
    {
        string runs = Folder.In("runs");
        return $"{job}-{(Directory.Exists(runs) ? Directory.GetDirectories(runs, job + "-*").Length : 0) + 1}";
    }

    private async Task DrainAsync(List<DistEmbedProcess> nodes, int wanted)
    {
        while (nodes.Count > wanted)
        {
            (await Cluster.AskAsync("drain", await ProcessCluster.NameAsync(nodes[0]))).Expect(0);
            (await nodes[0].EndAsync()).Expect(0);
            nodes.RemoveAt(0);
        }
    }
}
