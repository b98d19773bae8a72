using System.CommandLine;
using System.Security.Cryptography.X509Certificates;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Node;
using DistEmbed.Testing;

namespace DistEmbed.Cluster.Tests.Node;

public sealed class NodeArgumentsTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Defaults_listen_on_loopback_only()
    {
        NodeOptions coordinator = Read(NodeRole.Coordinator, "");
        Assert.Equal(("127.0.0.1", "127.0.0.1", 4101, 4100, "distembed"), (coordinator.Host, coordinator.PublicHost, coordinator.ClusterPort, coordinator.GrpcPort, coordinator.Cluster));
        NodeOptions worker = Read(NodeRole.Worker, "--seed h:1 --seed [::1]:2");
        Assert.Equal(["h:1", "[::1]:2"], worker.Seeds);
        Assert.Equal((0, (int?)0), (worker.ClusterPort, worker.MetricsPort));
        Assert.Matches("^w-[0-9a-f]{6}$", worker.Name);
        Assert.NotEqual(worker.Name, Read(NodeRole.Worker, "--seed h:1").Name);
    }

    [Fact]
    public void Who_says_localhost_means_the_address_and_a_name_with_many_says_so()
    {
        NodeOptions worker = Read(NodeRole.Worker, "--seed localhost:1 --seed dns+coordinators.example:2 --seed coordinator:3 --host localhost");
        Assert.Equal(["127.0.0.1:1", "dns+coordinators.example:2", "coordinator:3"], worker.Seeds);
        Assert.Equal(("127.0.0.1", "127.0.0.1"), (worker.Host, worker.PublicHost));
        Assert.Contains("'dns+:1'", Assert.Single(Errors(NodeRole.Worker, "--seed dns+:1")).What, StringComparison.Ordinal);
    }

    [Fact]
    public void A_flag_wins_over_its_variable()
    {
        var variables = new Dictionary<string, string> { ["DISTEMBED_SEED"] = "a:1, b:2", ["DISTEMBED_CLUSTER_PORT"] = "5", ["DISTEMBED_CLUSTER"] = "blue", ["DISTEMBED_INSECURE"] = "true" };
        NodeOptions options = Read(NodeRole.Server, "--cluster green --metrics-port none --host 10.0.0.1 --row-port 9", variables);
        Assert.Equal(["a:1", "b:2"], options.Seeds);
        Assert.Equal(("green", 5, 9, true, "10.0.0.1"), (options.Cluster, options.ClusterPort, options.RowPort, options.Insecure, options.PublicHost));
        Assert.Null(options.MetricsPort);
    }

    [Fact]
    public void All_errors_are_told_at_once_with_flag_or_variable_value_and_fix()
    {
        var variables = new Dictionary<string, string> { ["DISTEMBED_CLUSTER_PORT"] = "99999", ["DISTEMBED_SEED"] = "nowhere" };
        InputError[] errors = Errors(NodeRole.Server, "--host 0.0.0.0 --cluster a.b --row-port x --token-file /no/such/file", variables);
        Assert.Equal(["--cluster", "--host", "--public-host", "--row-port", "--token-file", "DISTEMBED_CLUSTER_PORT", "DISTEMBED_SEED"], errors.Select(e => e.Where).Order(StringComparer.Ordinal));
        Assert.All(errors, error => Assert.NotEmpty(error.Fix));
        Assert.Contains("99999", errors.Single(e => e.Where == "DISTEMBED_CLUSTER_PORT").What, StringComparison.Ordinal);
        Assert.Equal("--seed", Assert.Single(Errors(NodeRole.Worker, "")).Where);
    }

    [Fact]
    public void Options_as_text_do_not_have_the_token_in_it()
    {
        NodeOptions options = TestCluster.Options(NodeRole.Coordinator, []) with { Token = "a-secret-of-the-door" };
        Assert.DoesNotContain(options.Token!, $"{options} {new { options }}", StringComparison.Ordinal);
    }

    [Fact]
    public void Outside_loopback_it_is_TLS_or_insecure()
    {
        InputError error = Assert.Single(Errors(NodeRole.Coordinator, "--host 10.0.0.1"));
        Assert.Equal("--host", error.Where);
        Assert.Contains("--tls-certificate, --tls-key, --tls-authority; or --insecure", error.Fix, StringComparison.Ordinal);
        Assert.True(Read(NodeRole.Coordinator, "--host 0.0.0.0 --public-host me --insecure").Insecure);
        Assert.Equal("::1", Read(NodeRole.Coordinator, "--host ::1").Host);
    }

    [Fact]
    public void Certificate_key_and_authority_have_to_fit_together()
    {
        using var authority = new Certificates();
        using var other = new Certificates();
        string good = Write("good", authority.Sign("me.example"));
        string expired = Write("expired", authority.Sign("me.example", -3, -2));
        Write("other", other.Authority);
        string root = Write("root", authority.Authority);
        Assert.NotNull(Read(NodeRole.Coordinator, $"--host 0.0.0.0 --public-host me.example --tls-certificate {good}.pem --tls-key {good}.key --tls-authority {root}.pem").Tls);
        Assert.Equal(["--tls-authority", "--tls-key"], Errors(NodeRole.Coordinator, $"--tls-certificate {good}.pem").Select(e => e.Where).Order());
        string[] wrong = [.. Errors(NodeRole.Coordinator, $"--public-host you --tls-certificate {good}.pem --tls-key {expired}.key --tls-authority {_folder.Path}/other.pem").Select(e => e.ToString())];
        Assert.Equal(3, wrong.Length);
        Assert.Contains(wrong, e => e.StartsWith("--tls-key", StringComparison.Ordinal));
        Assert.Contains(wrong, e => e.Contains("does not name 'you'", StringComparison.Ordinal));
        Assert.Contains(wrong, e => e.Contains("was not signed by", StringComparison.Ordinal));
        Assert.Contains("expired on", Assert.Single(Errors(NodeRole.Coordinator, $"--public-host me.example --tls-certificate {expired}.pem --tls-key {expired}.key --tls-authority {root}.pem")).What, StringComparison.Ordinal);
    }

    [Fact]
    public void A_token_is_read_from_its_file_and_not_too_short()
    {
        string file = _folder.In("token");
        File.WriteAllText(file, "0123456789abcdef\n");
        Assert.Equal("0123456789abcdef", Read(NodeRole.Coordinator, $"--token-file {file}").Token);
        File.WriteAllText(file, "0123456789abcde\n");
        Assert.Equal("--token-file", Assert.Single(Errors(NodeRole.Coordinator, $"--token-file {file}")).Where);
    }

    [Fact]
    public void A_readiness_line_is_read_as_it_was_written()
    {
        const string Line = "ready: worker w-ab12 cluster=distembed control=127.0.0.1:41021 metrics=127.0.0.1:43111";
        Assert.True(ReadinessLine.TryParse(Line, out ReadinessLine? parsed));
        Assert.Equal(Line, parsed.ToString());
        Assert.Equal((NodeRole.Worker, "127.0.0.1:43111", null), (parsed.Role, parsed.AddressOf("metrics"), parsed.AddressOf("rows")));
        Assert.False(ReadinessLine.TryParse("ready: now", out _));
    }

    private string Write(string name, X509Certificate2 certificate)
    {
        string path = _folder.In(name);
        File.WriteAllText(path + ".pem", certificate.ExportCertificatePem());
        File.WriteAllText(path + ".key", certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        return path;
    }

    private static InputError[] Errors(NodeRole role, string line, Dictionary<string, string>? variables = null) =>
        [.. Assert.Throws<InvalidInputException>(() => Read(role, line, variables)).Errors];

    private static NodeOptions Read(NodeRole role, string line, Dictionary<string, string>? variables = null)
    {
        var arguments = new NodeArguments(role);
        var root = new RootCommand();
        foreach (Option option in arguments.Options)
            root.Options.Add(option);
        return arguments.Read(root.Parse(line), name => variables?.GetValueOrDefault(name));
    }
}
