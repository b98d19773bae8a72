namespace DistEmbed.Process.Tests.Cluster;

/// <summary>Who reaches the processes of a cluster, and who does not.</summary>
public sealed class ExposureTests : IDisposable
{
    private readonly ToyFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [UnixFact]
    public async Task By_default_nothing_listens_outside_loopback()
    {
        if (!Directory.Exists("/proc/self/fd"))
            return; // the kernel of Linux is asked
        using ProcessCluster cluster = await ProcessCluster.StartAsync(_folder, 1, 1);
        foreach (DistEmbedProcess node in cluster.Servers.Concat(cluster.Workers).Append(cluster.Coordinator))
        {
            IReadOnlyList<string> ends = ListeningSockets.Of(node.Id);
            Assert.NotEmpty(ends);
            Assert.All(ends, end => Assert.True(ListeningSockets.IsLoopback(end), $"{end}\n{node}"));
        }
    }

    [UnixTheory]
    [InlineData("distembed", "serve")]
    [InlineData("distembed-ps", "--seed=127.0.0.1:1")]
    [InlineData("distembed-worker", "--seed=127.0.0.1:1")]
    public async Task Outside_loopback_without_TLS_is_refused(string program, string first)
    {
        using var process = DistEmbedProcess.StartProgram(_folder.Path, program, first, "--host", "0.0.0.0", "--public-host", "node");
        Ended ended = (await process.EndAsync()).Expect(2);
        string line = Assert.Single(ended.ErrorLines);
        Assert.All(["--host", "--tls-certificate", "--tls-key", "--tls-authority", "--insecure"], flag => Assert.Contains(flag, line, StringComparison.Ordinal));
    }
}
