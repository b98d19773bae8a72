using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace DistEmbed.Testing;

/// <summary>An authority that signs certificates for tests. All authorities have the same name: only their keys tell them apart.</summary>
public sealed class Certificates : IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    /// <summary>Makes an authority with a key of its own.</summary>
    public Certificates()
    {
        var request = new CertificateRequest("CN=Test authority", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        Authority = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-10), DateTimeOffset.UtcNow.AddDays(10));
    }

    /// <summary>The authority's own certificate, which signed all others.</summary>
    public X509Certificate2 Authority { get; }

    /// <summary>A certificate with a key that names <paramref name="host"/>, an address or a DNS name, and is valid from and to a day seen from now.</summary>
    public X509Certificate2 Sign(string host, int fromDay = -1, int toDay = 1)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 signed = Sign(new CertificateRequest($"CN={host}", key, HashAlgorithmName.SHA256), host, fromDay, toDay);
        return signed.CopyWithPrivateKey(key);
    }

    /// <summary>The same with an RSA key.</summary>
    public X509Certificate2 SignRsa(string host)
    {
        using var key = RSA.Create(2048);
        using X509Certificate2 signed = Sign(new CertificateRequest($"CN={host}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1), host, -1, 1);
        return signed.CopyWithPrivateKey(key);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Authority.Dispose();
        _key.Dispose();
    }

    private X509Certificate2 Sign(CertificateRequest request, string host, int fromDay, int toDay)
    {
        var names = new SubjectAlternativeNameBuilder();
        if (IPAddress.TryParse(host, out IPAddress? address))
            names.AddIpAddress(address);
        else
            names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        return request.Create(
            Authority.SubjectName, X509SignatureGenerator.CreateForECDsa(_key), DateTimeOffset.UtcNow.AddDays(fromDay), DateTimeOffset.UtcNow.AddDays(toDay),
            RandomNumberGenerator.GetBytes(8));
    }
}
