namespace DistEmbed.Process.Tests.Cluster;

/// <summary>Processes that would listen outside loopback without TLS do not start.</summary>
public sealed class ExposureTests : IDisposable
{
    private readonly ToyFolder _folder = new();

    public void Dispose() => _folder.Dispose();

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
