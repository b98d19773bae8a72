using System.Diagnostics.Metrics;
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Node;
using DistEmbed.Testing;

namespace DistEmbed.Cluster.Tests.Node;

public sealed class MetricsHostTests
{
    [Fact]
    public async Task Counters_are_scraped_and_health_follows_the_node()
    {
        bool ready = false;
        await using MetricsHost host = await MetricsHost.StartAsync(TestCluster.Options(NodeRole.Worker, ["h:1"]) with { MetricsPort = 0 }, () => Volatile.Read(ref ready));
        using var meter = new Meter("DistEmbed.Test");
        Counter<long> counter = meter.CreateCounter<long>("distembed_test_things");
        using var client = new HttpClient { BaseAddress = new Uri($"http://{host.Address}") };
        counter.Add(2);
        Assert.Equal(2, await Scrape(client));
        counter.Add(3);
        await Wait.UntilAsync(() => Scrape(client).GetAwaiter().GetResult() == 5, "the counter rises");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await client.GetAsync(new Uri("/health", UriKind.Relative))).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(new Uri("/health/live", UriKind.Relative))).StatusCode);
        Volatile.Write(ref ready, true);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(new Uri("/health/ready", UriKind.Relative))).StatusCode);
    }

    [Fact]
    public async Task With_TLS_it_asks_for_no_client_certificate()
    {
        using var authority = new Certificates();
        NodeTls tls = authority.Tls("127.0.0.1");
        await using MetricsHost host = await MetricsHost.StartAsync(TestCluster.Options(NodeRole.Worker, ["h:1"], tls: tls) with { MetricsPort = 0 }, () => true);
        using var handler = new HttpClientHandler { ServerCertificateCustomValidationCallback = (_, certificate, _, _) => tls.Trusts(certificate!) };
        using var client = new HttpClient(handler);
        Assert.Equal("ready\n", await client.GetStringAsync(new Uri($"https://{host.Address}/health")));
    }

    private static async Task<double> Scrape(HttpClient client)
    {
        string text = await client.GetStringAsync(new Uri("/metrics", UriKind.Relative));
        Match match = Regex.Match(text, @"^distembed_test_things\S* (\S+)", RegexOptions.Multiline);
        return match.Success ? double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) : 0;
    }
}
