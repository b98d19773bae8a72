using System.CommandLine;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using DistEmbed.Protocol;

namespace DistEmbed.Coordinator.Cli;

/// <summary>What every command that talks to a coordinator takes: where it is, the token, the certificates.</summary>
internal sealed class DoorArguments
{
    private const string AddressVariable = "DISTEMBED_ADDRESS";
    private const string TokenVariable = "DISTEMBED_TOKEN_FILE";
    private const string DefaultAddress = "127.0.0.1:4100";

    private readonly Option<string[]> _address = new("--address")
    {
        Description = $"Address of the coordinator; of several, the active one is looked for (repeat it, or separate them by commas). Default: {AddressVariable}, else {DefaultAddress}.",
        HelpName = "HOST:PORT",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<string?> _token = new("--token-file") { Description = $"File with the coordinator's token. Default: {TokenVariable}, else none.", HelpName = "FILE" };
    private readonly Option<string?> _authority = new("--tls-authority") { Description = "Certificates (PEM) of who signed the coordinator's; turns TLS on.", HelpName = "FILE" };
    private readonly Option<string?> _certificate = new("--tls-certificate") { Description = "Certificate (PEM) to show to the coordinator, where it asks for one.", HelpName = "FILE" };
    private readonly Option<string?> _key = new("--tls-key") { Description = "Private key (PEM) of --tls-certificate.", HelpName = "FILE" };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        foreach (Option option in new Option[] { _address, _token, _authority, _certificate, _key })
            command.Options.Add(option);
    }

    /// <summary>The coordinator that the user named. Nothing is sent yet.</summary>
    /// <exception cref="InvalidInputException">The address, a file or their combination cannot be used: every error.</exception>
    public DoorClient Open(ParseResult parsed)
    {
        var errors = new List<InputError>();
        string[] given = parsed.GetValue(_address) is { Length: > 0 } flags ? flags : [First(null, AddressVariable) ?? DefaultAddress];
        string[] addresses = [.. given.SelectMany(address => address.Split(',', StringSplitOptions.TrimEntries)).Distinct()];
        foreach (string address in addresses.Where(address => !IsAddress(address)))
            errors.Add(new InputError("--address", $"'{address}' is no address.", "Write HOST:PORT, such as 10.0.0.5:4100 or [::1]:4100."));
        string? token = First(parsed.GetValue(_token), TokenVariable) is { } file ? Token(file, errors) : null;
        SslClientAuthenticationOptions? tls = Tls(parsed.GetValue(_authority), parsed.GetValue(_certificate), parsed.GetValue(_key), errors);
        return errors.Count == 0 ? new DoorClient(addresses, token, tls) : throw new InvalidInputException(errors);
    }

    private static string? First(string? given, string variable) =>
        given ?? (Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? value : null);

    private static bool IsAddress(string address)
    {
        int colon = address.LastIndexOf(':');
        if (colon <= 0 || !ushort.TryParse(address.AsSpan(colon + 1), out ushort port) || port == 0)
            return false;
        string host = address[..colon];
        return host[0] == '[' ? host[^1] == ']' && IPAddress.TryParse(host[1..^1], out _) : Uri.CheckHostName(host) is UriHostNameType.Dns or UriHostNameType.IPv4;
    }

    private static string? Token(string file, List<InputError> errors)
    {
        string? token = Read("--token-file", file, errors, File.ReadAllText)?.Trim();
        if (token is not null && (token.Length == 0 || !token.All(c => c is > ' ' and <= '~')))
            errors.Add(new InputError("--token-file", $"{file} holds no token.", "Write one line of printable ASCII characters without blanks into it."));
        return token;
    }

    private static SslClientAuthenticationOptions? Tls(string? authority, string? certificate, string? key, List<InputError> errors)
    {
        if (authority is null)
        {
            if (certificate is not null || key is not null)
                errors.Add(new InputError("--tls-authority", "is missing beside --tls-certificate or --tls-key.", "Give the certificates of who signed the coordinator's."));
            return null;
        }

        if (certificate is null != key is null)
            errors.Add(new InputError(certificate is null ? "--tls-certificate" : "--tls-key", "is missing.", "Give both, --tls-certificate and --tls-key, or none."));
        X509Certificate2Collection? signers = Read("--tls-authority", authority, errors, file =>
        {
            var read = new X509Certificate2Collection();
            read.ImportFromPemFile(file);
            return read.Count > 0 ? read : throw new CryptographicException("it holds no certificate in PEM.");
        });
        X509Certificate2? shown = certificate is null || key is null ? null : Read("--tls-certificate", certificate, errors, file => X509Certificate2.CreateFromPemFile(file, key));
        if (signers is null)
            return null;
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(signers);
        return new SslClientAuthenticationOptions { CertificateChainPolicy = policy, ClientCertificates = shown is null ? null : [shown] };
    }

    private static T? Read<T>(string option, string file, List<InputError> errors, Func<string, T> read)
        where T : class
    {
        try
        {
            return read(file);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException or CryptographicException)
        {
            errors.Add(new InputError(option, $"{file} cannot be used: {refused.Message}", "Give a file that can be read."));
            return null;
        }
    }
}
