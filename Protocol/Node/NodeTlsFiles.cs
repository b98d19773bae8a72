using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace DistEmbed.Protocol.Node;

/// <summary>Reads a node's certificate, key and authority from PEM files, and says everything that does not fit before anything listens.</summary>
internal static class NodeTlsFiles
{
    /// <summary>Reads the three files.</summary>
    /// <param name="certificate">Where it is set, and the file of the node's certificate.</param>
    /// <param name="key">Where it is set, and the file of its private key.</param>
    /// <param name="authority">Where it is set, and the file of the authority's certificates.</param>
    /// <param name="publicHost">What the certificate has to name; null: not known.</param>
    /// <param name="now">The time, UTC.</param>
    /// <param name="errors">Takes every error.</param>
    /// <returns>Null where there are errors.</returns>
    public static NodeTls? Read(
        (string Where, string Path) certificate, (string Where, string Path) key, (string Where, string Path) authority, string? publicHost, DateTime now, List<InputError> errors)
    {
        int before = errors.Count;
        string? certificateText = ReadText(certificate, errors);
        string? keyText = ReadText(key, errors);
        string? authorityText = ReadText(authority, errors);
        X509Certificate2? own = certificateText is null ? null : Parse(certificate, certificateText, text => X509Certificate2.CreateFromPem(text), errors);
        X509Certificate2Collection? roots = authorityText is null ? null : Parse(authority, authorityText, Authority, errors);
        if (own is null)
            return null;
        if (now > own.NotAfter.ToUniversalTime())
            errors.Add(new(certificate.Where, $"'{certificate.Path}' expired on {own.NotAfter.ToUniversalTime():yyyy-MM-dd HH:mm} UTC.", "Have the authority sign a new one."));
        if (now < own.NotBefore.ToUniversalTime())
            errors.Add(new(certificate.Where, $"'{certificate.Path}' is valid from {own.NotBefore.ToUniversalTime():yyyy-MM-dd HH:mm} UTC only.", "Look at this machine's clock, or wait."));
        if (publicHost is not null && !own.MatchesHostname(publicHost))
            errors.Add(new(certificate.Where, $"'{certificate.Path}' does not name '{publicHost}', at which other nodes reach this one.", "Have it signed for that name or address, or give --public-host a name that it has."));
        if (roots is not null && !IsSigned(own, roots, now))
            errors.Add(new(certificate.Where, $"'{certificate.Path}' was not signed by the authority in '{authority.Path}'.", "Give the authority that signed it, with its intermediate certificates."));
        X509Certificate2? whole = keyText is null ? null : WithKey(certificate, certificateText!, key, keyText, errors);
        return errors.Count == before ? new NodeTls(whole!, roots!) : null;
    }

    private static string? ReadText((string Where, string Path) file, List<InputError> errors)
    {
        try
        {
            return File.ReadAllText(file.Path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            errors.Add(new(file.Where, $"'{file.Path}' cannot be read: {exception.Message}", "Name a PEM file that this user may read."));
            return null;
        }
    }

    private static T? Parse<T>((string Where, string Path) file, string text, Func<string, T> parse, List<InputError> errors) where T : class
    {
        try
        {
            return parse(text);
        }
        catch (CryptographicException exception)
        {
            errors.Add(new(file.Where, $"'{file.Path}' holds no certificate: {exception.Message}", "Give a PEM file with BEGIN CERTIFICATE."));
            return null;
        }
    }

    private static X509Certificate2Collection Authority(string text)
    {
        var certificates = new X509Certificate2Collection();
        certificates.ImportFromPem(text);
        return certificates.Count > 0 ? certificates : throw new CryptographicException("there is no BEGIN CERTIFICATE in it.");
    }

    private static X509Certificate2? WithKey((string Where, string Path) certificate, string certificateText, (string Where, string Path) key, string keyText, List<InputError> errors)
    {
        try
        {
            X509Certificate2 whole = X509Certificate2.CreateFromPem(certificateText, keyText);
            // Windows' TLS takes no key that exists in memory alone.
            return OperatingSystem.IsWindows() ? X509CertificateLoader.LoadPkcs12(whole.Export(X509ContentType.Pkcs12), null) : whole;
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            string fix = keyText.Contains("ENCRYPTED", StringComparison.Ordinal) ? "Give the key without a password." : "Give the private key (PEM) that the certificate was made with.";
            errors.Add(new(key.Where, $"'{key.Path}' is not the key of '{certificate.Path}': {exception.Message}", fix));
            return null;
        }
    }

    private static bool IsSigned(X509Certificate2 certificate, X509Certificate2Collection authority, DateTime now)
    {
        using var chain = new X509Chain { ChainPolicy = NodeTls.ChainPolicyOf(authority) };
        // When it is valid is told apart.
        chain.ChainPolicy.VerificationTime = now < certificate.NotBefore.ToUniversalTime() || now > certificate.NotAfter.ToUniversalTime() ? certificate.NotBefore : now.ToLocalTime();
        return chain.Build(certificate);
    }
}
