using System.Diagnostics;
using System.Text.Json;

namespace DistEmbed.Process.Tests.Cluster;

/// <summary>A cluster of processes with certificates on every connection and a token at the door.</summary>
public sealed class SecuredClusterTests : IDisposable
{
    private readonly ToyFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [UnixFact]
    public async Task It_ends_on_the_bits_of_one_process_and_nobody_else_gets_in()
    {
        await MakeCertificatesAsync("ours coordinator server-1 worker-1");
        await MakeCertificatesAsync("theirs worker-3");
        await MakeCertificatesAsync("friends worker-4");
        WriteAuthorities("ours-and-theirs.pem", "ours", "theirs");
        WriteAuthorities("ours-and-friends.pem", "ours", "friends");
        _folder.Write("token", "a-token-of-24-characters\n");
        _folder.Write("other-token", "another-of-24-characters\n");
        string[] authority = ["--tls-authority", "ours/authority.pem"];
        using ProcessCluster cluster = await ProcessCluster.StartAsync(_folder, 1, 1, new ProcessClusterArguments
        {
            OfNode = node => [.. Tls("ours", node, "ours-and-friends.pem"), "--token-file", "token"],
            OfClient = [.. authority, "--token-file", "token"],
        });
        // The first refuses the coordinator, which would take it (were both to refuse, either may be the first to close); the next is refused by the coordinator (and ends,
        // or looks on: TLS 1.3 tells it during its handshake or after); the last does not even speak its language.
        long start = Stopwatch.GetTimestamp();
        DistEmbedProcess foreign = Stranger("foreign", Tls("friends", "worker-4"));
        Stranger("refused", Tls("theirs", "worker-3", "ours-and-theirs.pem"));
        DistEmbedProcess plain = Stranger("plain", []);

        InProcessCommand job = cluster.Submit("toy.json", "--set", "cluster.workers=1", "--set", "cluster.shards=3");

        Ended ended = (await foreign.EndAsync()).Expect(3);
        Assert.Contains("(CN=coordinator) that --tls-authority did not sign", ended.Error, StringComparison.Ordinal);
        Assert.Equal("error: the connection to the cluster cannot be made; see the lines before. With TLS, look at certificate and authority.", ended.ErrorLines[^1]);
        await plain.WaitUntilAsync(() => plain.Error.Contains("Still looking for cluster 'distembed'", StringComparison.Ordinal), "word of what may be wrong");
        Assert.Contains("all nodes with TLS or all without", plain.Error, StringComparison.Ordinal);
        await cluster.Coordinator.WaitUntilAsync(() => cluster.Coordinator.Error.Contains("(CN=worker-3) that --tls-authority did not sign", StringComparison.Ordinal), "word of the foreign certificate");

        (await job.EndAsync()).Expect(0);
        Uninterrupted.AssertSame(await Uninterrupted.ClassifierAsync(), cluster.Run("toy-1"));

        // Strangers that come again and again fill no log: a line for each of the two reasons, once a minute.
        string[] told = [.. cluster.Coordinator.Error.Split('\n').Where(line => line.Contains("TLS", StringComparison.Ordinal) || line.Contains("certificate", StringComparison.Ordinal))];
        Assert.InRange(told.Length, 2, 2 * (1 + (int)Stopwatch.GetElapsedTime(start).TotalMinutes));

        string[] own = await Task.WhenAll(cluster.Servers.Concat(cluster.Workers).Select(ProcessCluster.NameAsync));
        JsonElement status = await cluster.StatusAsync();
        Assert.Equal(own.Order(StringComparer.Ordinal), status.GetProperty("nodes").EnumerateArray().Where(n => n.GetProperty("role").GetString() != "coordinator").Select(n => n.GetProperty("name").GetString()));
        await AssertRefusedAsync(2, "The coordinator asks for a token: give --token-file.", authority);
        await AssertRefusedAsync(2, "The token is not the coordinator's: check --token-file.", [.. authority, "--token-file", "other-token"]);
        await AssertRefusedAsync(3, "no coordinator answers at", ["--tls-authority", "theirs/authority.pem", "--token-file", "token"]);
        await AssertRefusedAsync(3, "no coordinator answers at", ["--token-file", "token"]);

        DistEmbedProcess Stranger(string cache, string[] tls) =>
            cluster.StartOther("distembed-worker", ["--seed", cluster.Seed, "--cache", _folder.In("cache", cache), .. tls, "--token-file", "token"]);

        async Task AssertRefusedAsync(int exitCode, string said, string[] arguments)
        {
            Ended asked = (await InProcessCommand.RunAsync(_folder.Path, ["status", "--address", cluster.Address, .. arguments])).Expect(exitCode);
            Assert.Equal("", asked.Output);
            string line = Assert.Single(asked.ErrorLines);
            Assert.StartsWith("error: ", line, StringComparison.Ordinal);
            Assert.Contains(said, line, StringComparison.Ordinal);
        }
    }

    private static string[] Tls(string folder, string node, string? authority = null) =>
        ["--tls-certificate", $"{folder}/{node}.pem", "--tls-key", $"{folder}/{node}.key", "--tls-authority", authority ?? $"{folder}/authority.pem"];

    private void WriteAuthorities(string name, params string[] folders) => _folder.Write(name, string.Concat(folders.Select(f => File.ReadAllText(_folder.In(f, "authority.pem")))));

    private async Task MakeCertificatesAsync(string arguments) =>
        (await DistEmbedProcess.ShellAsync(_folder.Path, $"'{Checkout.In("deploy", "tls", "make-certificates.sh")}' {arguments}")).Expect(0);
}
