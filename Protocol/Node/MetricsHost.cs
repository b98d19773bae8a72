using System.Net;
using System.Security.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace DistEmbed.Protocol.Node;

/// <summary>
/// What a node shows to those who watch over it: <c>/metrics</c> for Prometheus, <c>/health/live</c> and <c>/health/ready</c> for probes; and traces and metrics by OTLP where
/// <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> says where to. Meters and activity sources are those named <c>DistEmbed.*</c>, and the runtime's meter.
/// </summary>
public sealed class MetricsHost : IAsyncDisposable
{
    private const string OtlpVariable = "OTEL_EXPORTER_OTLP_ENDPOINT";

    private readonly WebApplication _application;
    private volatile bool _ready;

    private MetricsHost(WebApplication application) => _application = application;

    /// <summary>Where it listens: <c>HOST:PORT</c>.</summary>
    public string Address { get; private set; } = "";

    /// <summary>Starts it; null where the options want none. With TLS it shows the node's certificate, and asks for none.</summary>
    /// <exception cref="InvalidInputException">It cannot listen there.</exception>
    public static async Task<MetricsHost?> StartAsync(NodeOptions options)
    {
        if (options.MetricsPort is not { } port)
            return null;
        IPAddress host = IPAddress.TryParse(options.Host, out IPAddress? given) ? given : (await Dns.GetHostAddressesAsync(options.Host).ConfigureAwait(false))[0];
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton<IHostLifetime, ProcessLifetime>();
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = 64;
            kestrel.Limits.MaxRequestBodySize = 0;
            kestrel.Listen(host, port, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                if (options.Tls is { } tls)
                    listen.UseHttps(https => (https.ServerCertificate, https.SslProtocols) = (tls.Certificate, SslProtocols.None));
            });
        });
        bool otlp = Environment.GetEnvironmentVariable(OtlpVariable) is { Length: > 0 };
        OpenTelemetryBuilder telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("distembed", serviceInstanceId: options.Name, serviceVersion: ProductVersion.Text)
                .AddAttributes([new("distembed.cluster", options.Cluster), new("distembed.role", NodeSettings.RoleName(options.Role))]))
            .WithMetrics(metrics =>
            {
                metrics.AddMeter("DistEmbed.*", "System.Runtime").AddPrometheusExporter();
                if (otlp)
                    metrics.AddOtlpExporter();
            });
        if (otlp)
            telemetry.WithTracing(traces => traces.AddSource("DistEmbed.*").AddOtlpExporter());
        WebApplication application = builder.Build();
        var metricsHost = new MetricsHost(application);
        application.UseRouting();
        application.UseOpenTelemetryPrometheusScrapingEndpoint("/metrics");
        application.MapGet("/health/live", () => Results.Text("live"));
        application.MapGet("/health/ready", () => metricsHost._ready ? Results.Text("ready") : Results.Text("not ready", statusCode: StatusCodes.Status503ServiceUnavailable));
        try
        {
            await application.StartAsync().ConfigureAwait(false);
        }
        catch (IOException refused)
        {
            await application.DisposeAsync().ConfigureAwait(false);
            throw new InvalidInputException(new InputError("--metrics-port", $"{options.Host}:{port} cannot be listened on: {refused.Message}", "Choose another port, 0 for a free one, or none."), refused);
        }

        string bound = application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        metricsHost.Address = new HostPort(options.PublicHost, new Uri(bound).Port).ToString();
        return metricsHost;
    }

    /// <summary>What <c>/health/ready</c> answers.</summary>
    public void SetReady(bool ready) => _ready = ready;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _application.StopAsync().ConfigureAwait(false);
        await _application.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Signals are the process's affair.</summary>
    private sealed class ProcessLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
