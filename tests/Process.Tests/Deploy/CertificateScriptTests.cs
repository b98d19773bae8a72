using System.Security.Cryptography.X509Certificates;
using DistEmbed.Protocol.Node;

namespace DistEmbed.Process.Tests.Deploy;

public sealed class CertificateScriptTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [UnixFact]
    public async Task Certificates_are_the_authoritys_and_name_the_node_and_loopback()
    {
        (await MakeAsync("c coordinator,10.0.0.7,fd00::7,*.coordinator.example.org worker-1")).Expect(0);
        (await MakeAsync("c server-1 --days 3")).Expect(0);
        foreach (string node in new[] { "coordinator", "worker-1", "server-1" })
        {
            Ended verified = await DistEmbedProcess.ShellAsync(_folder.Path, $"openssl verify -x509_strict -purpose sslserver -CAfile c/authority.pem c/{node}.pem && openssl verify -purpose sslclient -CAfile c/authority.pem c/{node}.pem");
            verified.Expect(0);
            using X509Certificate2 certificate = X509Certificate2.CreateFromPemFile(In($"c/{node}.pem"), In($"c/{node}.key"));
            Assert.True(certificate.HasPrivateKey);
            Assert.All([node, "localhost", "127.0.0.1", "::1"], name => Assert.True(certificate.MatchesHostname(name), $"{node} is not good for {name}"));
            Assert.False(certificate.MatchesHostname("elsewhere"));
            if (node == "coordinator")
                Assert.All(["10.0.0.7", "fd00::7", "a.coordinator.example.org"], name => Assert.True(certificate.MatchesHostname(name), $"not good for {name}"));
            if (!OperatingSystem.IsWindows())
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(In($"c/{node}.key")));
            X509Certificate2Collection authority = [];
            authority.ImportFromPemFile(In("c/authority.pem"));
            using var chain = new X509Chain { ChainPolicy = new NodeTls(certificate, authority).ServerOptions().CertificateChainPolicy! };
            Assert.True(chain.Build(certificate));
        }

        Ended another = (await MakeAsync("c worker-1")).Expect(2);
        Assert.Contains("there is a certificate 'c/worker-1.pem' already", another.Error, StringComparison.Ordinal);
    }

    [UnixFact]
    public async Task Wrong_arguments_leave_nothing()
    {
        foreach (string arguments in new[] { "", "c", "c *.x", "c 'a b'", "c a --days 0", "c a --nix" })
            (await MakeAsync(arguments)).Expect(2);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
        (await MakeAsync("--help")).Expect(0);
    }

    private string In(string path) => _folder.In(path);

    private Task<Ended> MakeAsync(string arguments) => DistEmbedProcess.ShellAsync(_folder.Path, $"set -f; '{Checkout.In("deploy", "tls", "make-certificates.sh")}' {arguments}");
}
