using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using DistEmbed.Protocol.Messages;

namespace DistEmbed.Protocol.Node;

/// <summary>
/// The options of a process of the cluster. Each is a flag and an environment variable (<c>--cluster-port</c>, <c>DISTEMBED_CLUSTER_PORT</c>); the flag wins. All are
/// taken as text, so that everything that is wrong is told at once.
/// </summary>
public sealed partial class NodeArguments
{
    private const int ShortestToken = 16;
    private readonly NodeRole _role;
    private readonly Option<string[]> _seed = new("--seed") { Description = "HOST:PORT of a coordinator's control connections, HOST as its --public-host; dns+NAME:PORT: every address of a name. May be repeated. DISTEMBED_SEED separates them by commas.", HelpName = "HOST:PORT", Arity = ArgumentArity.OneOrMore };
    private readonly Option<string?> _name = Text("--name", "Name of this process; gets a random ending. Default: the first letter of its role.");
    private readonly Option<string?> _cluster = Text("--cluster", $"Name of the cluster: nodes of different names do not meet. Default: {NodeSettings.SystemName}.");
    private readonly Option<string?> _host = Text("--host", "Address to listen on. Default: 127.0.0.1; others need TLS or --insecure.");
    private readonly Option<string?> _publicHost = Text("--public-host", "Name or address that other nodes reach it at. Default: --host.");
    private readonly Option<string?> _clusterPort;
    private readonly Option<string?> _rowPort = Text("--row-port", "Port of the row connections; 0: a free one. Default: 0.");
    private readonly Option<string?> _port = Text("--port", $"Port of gRPC; 0: a free one. Default: {NodeSettings.DefaultGrpcPort}.");
    private readonly Option<string?> _metricsPort = Text("--metrics-port", "Port of /metrics and /health; 0: a free one; none: no such port. Default: 0.");
    private readonly Option<string?> _cache = Text("--cache", "Folder of prepared data and checkpoint files that nodes exchange. Default: distembed in the user's cache folder.");
    private readonly Option<string?> _models = Text("--models", "Folder with assemblies of models that jobs may bring (model.kind custom). Default: none is loaded.");
    private readonly Option<string?> _certificate = Text("--tls-certificate", "PEM file of this node's certificate: turns on TLS for every connection.");
    private readonly Option<string?> _key = Text("--tls-key", "PEM file of its private key.");
    private readonly Option<string?> _authority = Text("--tls-authority", "PEM file of the authority that signed every node's certificate.");
    private readonly Option<bool> _insecure = new("--insecure") { Description = "Allows listening outside loopback without TLS." };
    private readonly Option<string?> _tokenFile = Text("--token-file", $"File with the token that gRPC asks for, {ShortestToken} characters or more.");

    /// <summary>The options of a role.</summary>
    public NodeArguments(NodeRole role)
    {
        _role = role;
        _clusterPort = Text("--cluster-port", $"Port of the control connections; 0: a free one. Default: {DefaultClusterPort}.");
        Options =
        [
            _seed, _name, _cluster, _host, _publicHost, _clusterPort,
            .. role switch { NodeRole.Coordinator => [_port, _models], NodeRole.Server => [_rowPort], _ => new Option[] { _models } },
            _metricsPort, _cache, _certificate, _key, _authority, _insecure, _tokenFile,
        ];
    }

    /// <summary>What a command adds to its options.</summary>
    public IReadOnlyList<Option> Options { get; }

    private int DefaultClusterPort => _role == NodeRole.Coordinator ? NodeSettings.DefaultClusterPort : 0;

    /// <summary>The environment variable of a flag.</summary>
    public static string VariableOf(string flag) => "DISTEMBED_" + flag.TrimStart('-').Replace('-', '_').ToUpperInvariant();

    /// <summary>Reads the options.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="variable">Value of an environment variable; default: the process's.</param>
    /// <exception cref="InvalidInputException">All that is wrong.</exception>
    public NodeOptions Read(ParseResult parsed, Func<string, string?>? variable = null)
    {
        var given = new GivenValues(parsed, variable ?? Environment.GetEnvironmentVariable);
        var errors = new List<InputError>();
        string host = Host(given.Of(_host), "127.0.0.1", errors);
        bool any = IsAny(host);
        GivenValue? publicHost = given.Of(_publicHost);
        string reachedAt = Host(publicHost, host, errors);
        if (any && publicHost is null)
            errors.Add(new("--public-host", $"is missing: --host '{host}' listens on every address, and other nodes need one to reach it at.", "Give --public-host NAME."));
        else if (publicHost is { } named && IsAny(named.Value))
            errors.Add(new(named.Where, $"'{named.Value}' is no address that others can reach.", "Give this machine's name or address."));
        bool insecure = Flag(given.Of(_insecure), errors);
        NodeTls? tls = Tls(given, any && publicHost is null ? null : reachedAt, host, insecure, errors);
        var options = new NodeOptions
        {
            Role = _role,
            Name = Name(given.Of(_name), errors),
            Cluster = Cluster(given.Of(_cluster), errors),
            Seeds = Seeds(given.All(_seed), errors),
            Host = host,
            PublicHost = reachedAt,
            ClusterPort = Port(given.Of(_clusterPort), DefaultClusterPort, errors),
            RowPort = _role == NodeRole.Server ? Port(given.Of(_rowPort), 0, errors) : 0,
            GrpcPort = _role == NodeRole.Coordinator ? Port(given.Of(_port), NodeSettings.DefaultGrpcPort, errors) : 0,
            MetricsPort = given.Of(_metricsPort) is { Value: "none" } ? null : Port(given.Of(_metricsPort), 0, errors),
            CacheDirectory = Path.GetFullPath(given.Of(_cache)?.Value ?? DefaultCache()),
            ModelFolder = _role == NodeRole.Server ? null : Models(given.Of(_models), errors),
            Tls = tls,
            Insecure = insecure,
            Token = Token(given.Of(_tokenFile), errors),
        };
        return errors.Count == 0 ? options : throw new InvalidInputException(errors);
    }

    /// <summary>Whether an address is this machine's own, so that nobody else reaches it.</summary>
    public static bool IsLoopback(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host, out IPAddress? address) && IPAddress.IsLoopback(address));

    private static bool IsAny(string host) => IPAddress.TryParse(host, out IPAddress? address) && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any));

    private static Option<string?> Text(string name, string description) => new(name) { Description = description };

    private static string Host(GivenValue? given, string otherwise, List<InputError> errors)
    {
        if (given is not { } host)
            return otherwise;
        if (Uri.CheckHostName(host.Value) == UriHostNameType.Unknown)
            errors.Add(new(host.Where, $"'{host.Value}' is no name or address of a machine.", "Give one such as 127.0.0.1 or node-1.example.org, without a port."));
        return SeedPlace.Named(host.Value);
    }

    private static bool Flag(GivenValue? given, List<InputError> errors)
    {
        if (given is not { } flag)
            return false;
        if (flag.Value is "1" or "true")
            return true;
        if (flag.Value is not ("0" or "false"))
            errors.Add(new(flag.Where, $"'{flag.Value}' is neither true nor false.", "Set it to true, or leave it out."));
        return false;
    }

    private NodeTls? Tls(GivenValues given, string? reachedAt, string host, bool insecure, List<InputError> errors)
    {
        GivenValue?[] files = [given.Of(_certificate), given.Of(_key), given.Of(_authority)];
        string[] flags = [_certificate.Name, _key.Name, _authority.Name];
        if (files.All(file => file is null))
        {
            if (!insecure && !IsLoopback(host))
            {
                errors.Add(new(given.Of(_host)!.Value.Where, $"'{host}' can be reached from other machines, and without TLS anybody there could read and change the run.",
                    $"Give {string.Join(", ", flags)}; or --insecure where the network itself is trusted."));
            }

            return null;
        }

        if (insecure)
            errors.Add(new(given.Of(_insecure)!.Value.Where, "has no effect with TLS.", $"Leave it out, or leave out {string.Join(", ", flags)}."));
        foreach ((string flag, GivenValue? file) in flags.Zip(files).Where(pair => pair.Second is null))
            errors.Add(new(flag, "is missing: TLS needs certificate, key and authority.", $"Give it, or {VariableOf(flag)}."));
        if (files is not [{ } certificate, { } key, { } authority])
            return null;
        // Without an address to be reached at, which is an error of its own, the certificate's names are not compared.
        return NodeTlsFiles.Read((certificate.Where, certificate.Value), (key.Where, key.Value), (authority.Where, authority.Value), reachedAt, DateTime.UtcNow, errors);
    }

    private string Name(GivenValue? given, List<InputError> errors)
    {
        string stem = given?.Value ?? _role switch { NodeRole.Coordinator => "c", NodeRole.Server => "s", _ => "w" };
        if (!NamePattern().IsMatch(stem))
            errors.Add(new(given!.Value.Where, $"'{stem}' is no name.", "Use up to 63 letters, digits, '-', '.' and '_', the first a letter or digit."));
        return $"{stem}-{RandomNumberGenerator.GetHexString(6, lowercase: true)}";
    }

    private static string Cluster(GivenValue? given, List<InputError> errors)
    {
        if (given is not { } cluster)
            return NodeSettings.SystemName;
        if (!ClusterPattern().IsMatch(cluster.Value))
            errors.Add(new(cluster.Where, $"'{cluster.Value}' is no name of a cluster.", "Use up to 63 letters, digits and '-', the first a letter or digit."));
        return cluster.Value;
    }

    private List<string> Seeds(IReadOnlyList<GivenValue> given, List<InputError> errors)
    {
        if (given.Count == 0 && _role != NodeRole.Coordinator)
            errors.Add(new(_seed.Name, "is missing: without it the cluster cannot be found.", $"Give --seed HOST:{NodeSettings.DefaultClusterPort} with the coordinator's host, or {VariableOf(_seed.Name)}."));
        var seeds = new List<string>();
        foreach (GivenValue seed in given)
        {
            if (SeedPlace.TryParse(seed.Value, out SeedPlace? parsed))
                seeds.Add(parsed.Value.ToString());
            else
                errors.Add(new(seed.Where, $"'{seed.Value}' is no HOST:PORT.", $"Give one such as coordinator.example.org:{NodeSettings.DefaultClusterPort}; an IPv6 address in brackets."));
        }

        return seeds;
    }

    private static int Port(GivenValue? given, int otherwise, List<InputError> errors)
    {
        if (given is not { } port)
            return otherwise;
        if (int.TryParse(port.Value, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number <= 65535)
            return number;
        errors.Add(new(port.Where, $"'{port.Value}' is no port.", "Give a whole number from 1 to 65535, or 0 for a free port."));
        return otherwise;
    }

    private static string? Token(GivenValue? given, List<InputError> errors)
    {
        if (given is not { } file)
            return null;
        try
        {
            string token = File.ReadAllText(file.Value).Trim();
            if (token.Length >= ShortestToken && token.All(c => c is > ' ' and <= '~'))
                return token;
            errors.Add(new(file.Where, $"the token in '{file.Value}' is too short or has blanks or other than ASCII characters.", $"Put {ShortestToken} or more random letters and digits into it: openssl rand -hex 32."));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            errors.Add(new(file.Where, $"'{file.Value}' cannot be read: {exception.Message}", "Name a file that this user may read."));
        }

        return null;
    }

    private static string? Models(GivenValue? given, List<InputError> errors)
    {
        if (given is not { } folder)
            return null;
        if (!Directory.Exists(folder.Value))
            errors.Add(new(folder.Where, $"there is no folder '{folder.Value}'.", "Name the folder with the assemblies, or leave it out."));
        return Path.GetFullPath(folder.Value);
    }

    private static string DefaultCache()
    {
        if (Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache)
            return Path.Combine(cache, "distembed");
        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        // A container may have no home.
        return home.Length == 0 ? Path.Combine(Path.GetTempPath(), "distembed-cache") : Path.Combine(home, ".cache", "distembed");
    }

    // What Akka takes for the name of an actor system.
    [GeneratedRegex(@"\A[a-zA-Z0-9][a-zA-Z0-9-]{0,62}\z")]
    private static partial Regex ClusterPattern();

    [GeneratedRegex(@"\A[a-zA-Z0-9][a-zA-Z0-9._-]{0,62}\z")]
    private static partial Regex NamePattern();
}
