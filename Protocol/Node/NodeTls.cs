using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace DistEmbed.Protocol.Node;

/// <summary>
/// The one certificate setting of a node: its certificate with key, and the authority that signed every node's. gRPC, Akka.Remote and the row plane all use it;
/// between nodes both sides show their certificate.
/// </summary>
public sealed class NodeTls
{
    /// <summary>Takes a certificate with its private key and the authority's certificates.</summary>
    public NodeTls(X509Certificate2 certificate, X509Certificate2Collection authority) => (Certificate, Authority) = (certificate, authority);

    /// <summary>The node's certificate with its private key.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>Who may have signed another node's certificate.</summary>
    public X509Certificate2Collection Authority { get; }

    /// <summary>What a listening end asks: that the other side shows a certificate that the authority signed.</summary>
    public SslServerAuthenticationOptions ServerOptions() => new()
    {
        ServerCertificate = Certificate,
        ClientCertificateRequired = true,
        CertificateChainPolicy = ChainPolicy(),
    };

    /// <summary>What a connecting end asks of <paramref name="host"/>: its name or address in a certificate that the authority signed.</summary>
    public SslClientAuthenticationOptions ClientOptions(string host) => new()
    {
        TargetHost = host,
        ClientCertificates = [Certificate],
        CertificateChainPolicy = ChainPolicy(),
    };

    /// <summary>Whether the authority signed a certificate and it is valid now: for a library that asks instead of taking options.</summary>
    public bool Trusts(X509Certificate2 certificate)
    {
        using var chain = new X509Chain { ChainPolicy = ChainPolicy() };
        return chain.Build(certificate);
    }

    /// <summary>Trust in an authority and nobody else.</summary>
    internal static X509ChainPolicy ChainPolicyOf(X509Certificate2Collection authority)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
        policy.CustomTrustStore.AddRange(authority);
        return policy;
    }

    private X509ChainPolicy ChainPolicy() => ChainPolicyOf(Authority);
}
