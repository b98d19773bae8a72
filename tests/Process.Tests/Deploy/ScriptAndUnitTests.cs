using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;

namespace DistEmbed.Process.Tests.Deploy;

/// <summary>Scripts and systemd units, by the tools that read them where they are installed, and the pages' own commands.</summary>
public sealed class ScriptAndUnitTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [UnixFact]
    public async Task Scripts_are_well_formed()
    {
        string[] scripts = Directory.GetFiles(Checkout.In("deploy"), "*.sh", SearchOption.AllDirectories);
        Assert.Equal(3, scripts.Length);
        foreach (string script in scripts)
            (await DistEmbedProcess.ShellAsync(_folder.Path, $"test -x '{script}' && bash -n '{script}'")).Expect(0);
        if (Checkout.Has("shellcheck"))
            (await DistEmbedProcess.ShellAsync(_folder.Path, $"shellcheck {string.Join(' ', scripts.Select(s => $"'{s}'"))}")).Expect(0);
    }

    [UnixFact]
    public async Task Units_are_well_formed_and_use_flags_that_exist()
    {
        foreach ((string role, string program) in new[] { ("coordinator", "distembed"), ("server", "distembed-ps"), ("worker", "distembed-worker") })
        {
            string unit = Checkout.Text("deploy", "systemd", $"distembed-{role}.service");
            Assert.Matches($@"(?m)^ExecStart=/opt/distembed/{role}/{program}( |$)", unit);
            Assert.All(["NoNewPrivileges=yes", "ProtectSystem=strict", "Restart=on-failure", "DynamicUser=yes", "TimeoutStopSec="], line => Assert.Contains($"\n{line}", unit, StringComparison.Ordinal));
            NodeFlags.AssertKnown(program, Regex.Matches(unit, @"(?<=\s)--[\w-]+|DISTEMBED_\w+").Select(m => m.Value), role);
            string page = Checkout.Text("deploy", "systemd", "README.md");
            Assert.All(Regex.Matches(unit, @"PORT=(\d+)"), port => Assert.Contains(port.Groups[1].Value, page, StringComparison.Ordinal));
            // The program need not be installed where the test runs.
            File.WriteAllText(_folder.In($"distembed-{role}.service"), Regex.Replace(unit, $"/opt/distembed/{role}/{program}", "/bin/true"));
        }

        if (Checkout.Has("systemd-analyze"))
        {
            Ended verified = (await DistEmbedProcess.ShellAsync(_folder.Path, "systemd-analyze verify ./*.service")).Expect(0);
            Assert.Equal("", verified.Error);
        }
    }

    [UnixFact]
    public async Task The_health_check_tells_well_from_ill_and_from_dead()
    {
        foreach ((string status, int expected) in new[] { ("200 OK", 0), ("503 Service Unavailable", 1) })
        {
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            int port = ((IPEndPoint)listener.LocalEndpoint).Port;
            Task<Ended> check = HealthAsync(port, "ready");
            using TcpClient client = await listener.AcceptTcpClientAsync(new CancellationTokenSource(Wait.Deadline).Token);
            byte[] request = new byte[200];
            int length = await client.GetStream().ReadAsync(request);
            Assert.StartsWith("GET /health/ready HTTP/1.1\r\n", Encoding.ASCII.GetString(request, 0, length), StringComparison.Ordinal);
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n"));
            (await check).Expect(expected);
            listener.Stop();
            Assert.NotEqual(0, (await HealthAsync(port, "live")).ExitCode);
        }

        (await HealthAsync(1, "nix")).Expect(2);
    }

    [Fact]
    public void Pages_name_files_that_exist()
    {
        foreach (string page in Directory.GetFiles(Checkout.In("deploy"), "README.md", SearchOption.AllDirectories))
        {
            string text = File.ReadAllText(page);
            foreach (Match link in Regex.Matches(text, @"\]\(([^)#:]+)\)"))
                Assert.True(Path.Exists(Path.Combine(Path.GetDirectoryName(page)!, link.Groups[1].Value)), $"{page}: {link.Groups[1].Value}");
            foreach (Match file in Regex.Matches(text, @"(?<![\w/])deploy/[\w./-]+\.(?:sh|yaml|json|Dockerfile|service)"))
                Assert.True(File.Exists(Checkout.In(file.Value)), $"{page}: {file.Value}");
        }
    }

    private Task<Ended> HealthAsync(int port, string what) =>
        DistEmbedProcess.ShellAsync(_folder.Path, $"DISTEMBED_METRICS_PORT={port} '{Checkout.In("deploy", "docker", "health.sh")}' {what}");
}
