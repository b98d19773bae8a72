using System.Text.Json;
using DistEmbed.Coordinator.Reports;

namespace DistEmbed.Process.Tests.Cluster;

/// <summary>Clusters of one user on one machine do not meet, whatever their names.</summary>
public sealed class TwoClustersTests : IDisposable
{
    private readonly ToyFolder[] _folders = [new(), new()];

    public void Dispose() => Array.ForEach(_folders, folder => folder.Dispose());

    [UnixFact(isLong: true)]
    public async Task Each_has_its_own_nodes_and_its_own_job()
    {
        // Of the same name, and as by default the coordinators share the user's cache.
        string cache = _folders[0].In("shared-cache");
        ProcessCluster[] clusters = await Task.WhenAll(_folders.Select(folder =>
            ProcessCluster.StartAsync(folder, 1, 1, new ProcessClusterArguments { CoordinatorCache = cache })));
        try
        {
            DistEmbedProcess stray = clusters[0].StartOther("distembed-worker", "--seed", clusters[0].Seed, "--cluster", "another", "--cache", _folders[0].In("cache", "stray"));
            string[] jobs = ["toy.json", "stages.json"], runs = ["toy-1", "two-1"];

            InProcessCommand[] submitted = [.. clusters.Zip(jobs, (cluster, job) => cluster.Submit(job, "--set", "cluster.workers=1", "--set", "cluster.shards=2"))];

            foreach (InProcessCommand job in submitted)
                (await job.EndAsync()).Expect(0);
            RunDirectory[] expected = [await Uninterrupted.ClassifierAsync(), await Uninterrupted.StagesAsync()];
            for (int i = 0; i < clusters.Length; i++)
            {
                Uninterrupted.AssertSame(expected[i], clusters[i].Run(runs[i]));
                string[] own = await Task.WhenAll(clusters[i].Servers.Concat(clusters[i].Workers).Select(ProcessCluster.NameAsync));
                JsonElement status = await clusters[i].StatusAsync();
                Assert.Equal("distembed", status.GetProperty("cluster").GetString());
                Assert.Equal(own.Order(StringComparer.Ordinal), status.GetProperty("nodes").EnumerateArray().Where(n => n.GetProperty("role").GetString() != "coordinator").Select(n => n.GetProperty("name").GetString()));
            }

            await stray.WaitUntilAsync(() => stray.Error.Contains($"Still looking for cluster 'another' at {clusters[0].Seed}", StringComparison.Ordinal), "word of the wrong cluster");
            Assert.Contains("with the same --cluster", stray.Error, StringComparison.Ordinal);
            Assert.DoesNotContain("ready:", stray.Output, StringComparison.Ordinal);
        }
        finally
        {
            Array.ForEach(clusters, cluster => cluster.Dispose());
        }
    }
}
