using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using DistEmbed.Coordinator.Reports;

namespace DistEmbed.Process.Tests.Cluster;

/// <summary>Rows have connections of their own, so that however many there are the members of the cluster hear each other's heartbeats.</summary>
public sealed class RowTrafficTests : IDisposable
{
    /// <summary>Longer than it takes for a member that is not heard of to count as unreachable: the pause that is accepted is 5 s.</summary>
    private static readonly TimeSpan s_traffic = TimeSpan.FromSeconds(12);

    private readonly ToyFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [UnixFact(isLong: true)]
    public async Task No_member_becomes_unreachable_under_full_row_traffic()
    {
        WideJob.Write(_folder, dimension: 1000, epochs: 100000);
        using ProcessCluster cluster = await ProcessCluster.StartAsync(_folder, 2, 1);
        InProcessCommand job = cluster.Submit("wide.json", "--set", "cluster.workers=2", "--set", "cluster.shards=2");
        await job.WaitUntilAsync(() => cluster.LoggedSteps("wide-1") >= 2, "step 2");
        long start = Stopwatch.GetTimestamp();
        await job.WaitUntilAsync(() => Stopwatch.GetElapsedTime(start) >= s_traffic, "the time of the traffic");

        JsonElement status = await cluster.StatusAsync();
        // The processes are one user's and on one machine: values lie in memory that a server and a worker both have.
        using var client = new HttpClient { Timeout = Wait.Deadline };
        string metrics = await client.GetStringAsync($"http://{Regex.Match(await ProcessCluster.ReadyAsync(cluster.Servers[0]), @"metrics=(\S+)").Groups[1].Value}/metrics");
        if (OperatingSystem.IsLinux())
            Assert.Matches(@"(?m)^distembed_row_plane_shared_bytes_total\b.* [1-9]\d{6,}", metrics);
        (await cluster.AskAsync("stop")).Expect(0);
        (await job.EndAsync()).Expect(4);

        JsonElement stopped = Assert.Single(cluster.Changes("wide-1"));
        Assert.Equal(("stop-asked", ProcessCluster.Asker), (stopped.GetProperty("kind").GetString(), stopped.GetProperty("who").GetString()));
        Assert.All(status.GetProperty("nodes").EnumerateArray(), node => Assert.Equal(node.GetProperty("role").GetString() == "coordinator" ? "active" : "up", node.GetProperty("state").GetString()));
        // As Akka says it, on whichever member sees it first.
        foreach (DistEmbedProcess node in cluster.Servers.Concat(cluster.Workers).Append(cluster.Coordinator))
            Assert.DoesNotContain("Marking node(s) as UNREACHABLE", node.Error, StringComparison.Ordinal);
        // A step's slices read and write some 12,000 rows of 4,000 bytes: that there was traffic at all, not how fast it went.
        RunResult result = RunResult.Read(cluster.Run("wide-1").ResultPath);
        Assert.InRange(result.BytesPulled + result.BytesPushed, 500_000_000, long.MaxValue);
    }
}
