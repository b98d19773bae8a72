using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace DistEmbed.Protocol.Node;

/// <summary>
/// <c>/metrics</c> for Prometheus and <c>/health/live</c>, <c>/health/ready</c> for probes (<c>/health</c> is the latter), <c>/health/active</c> of coordinators, and traces and metrics by OTLP where
/// <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> is set. Meters and activity sources named <c>DistEmbed.*</c> are in it, and the runtime's. Asks for no client certificate.
/// </summary>
public sealed class MetricsHost : IAsyncDisposable
{
    private const string Sources = "DistEmbed.*";
    private readonly WebApplication _application;

    private MetricsHost(WebApplication application, HostPort address) => (_application, Address) = (application, address);

    /// <summary>Where it is reached.</summary>
    public HostPort Address { get; }

    /// <summary>Starts it at <see cref="NodeOptions.MetricsPort"/>, which must be set.</summary>
    /// <param name="options">Where it listens, and the certificate.</param>
    /// <param name="ready">Whether the node works; called by requests, so it has to be quick and safe from any thread.</param>
    /// <param name="active">Whether a coordinator is the active one, and not one that stands by; null: nobody asks this of the node.</param>
    /// <exception cref="InvalidInputException">It cannot listen there.</exception>
    public static async Task<MetricsHost> StartAsync(NodeOptions options, Func<bool> ready, Func<bool>? active = null)
    {
        int port = options.MetricsPort ?? throw new ArgumentException("There is no port.", nameof(options));
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        // Signals are StopSignals' business; the host's own lifetime would end it before the node has left.
        builder.Services.AddSingleton<Microsoft.Extensions.Hosting.IHostLifetime, NoLifetime>();
        IPAddress address = await HostAddress.OfAsync(options.Host).ConfigureAwait(false);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(address, port, listen =>
        {
            if (options.Tls is { } tls)
                listen.UseHttps(tls.Certificate);
        }));
        if (options.Tls is not null)
            builder.WebHost.UseKestrelHttpsConfiguration();
        AddTelemetry(builder.Services, options);
        WebApplication application = builder.Build();
        application.MapPrometheusScrapingEndpoint();
        application.MapGet("/health/live", () => Results.Text("live\n"));
        application.MapGet("/health/ready", () => Answer(ready, "ready"));
        application.MapGet("/health", () => Answer(ready, "ready"));
        if (active is not null)
            application.MapGet("/health/active", () => Answer(active, "active"));
        try
        {
            await application.StartAsync().ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or System.Net.Sockets.SocketException)
        {
            await application.DisposeAsync().ConfigureAwait(false);
            throw new InvalidInputException(new InputError("--metrics-port", $"cannot listen at {new HostPort(options.Host, port)}: {exception.Message}.", "Give a port that is free, or none."), exception);
        }

        string bound = application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return new MetricsHost(application, new HostPort(options.PublicHost, new Uri(bound).Port));
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _application.DisposeAsync();

    private static IResult Answer(Func<bool> holds, string what) =>
        holds() ? Results.Text($"{what}\n") : Results.Text($"not {what}\n", statusCode: StatusCodes.Status503ServiceUnavailable);

    private static void AddTelemetry(IServiceCollection services, NodeOptions options)
    {
        bool export = Environment.GetEnvironmentVariable("OTEL_EXPORTER_OTLP_ENDPOINT") is { Length: > 0 };
        services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService($"distembed-{NodeSettings.RoleName(options.Role)}", options.Cluster, serviceInstanceId: options.Name))
            .WithMetrics(metrics =>
            {
                metrics.AddMeter(Sources, "System.Runtime").AddPrometheusExporter();
                if (export)
                    metrics.AddOtlpExporter();
            })
            .WithTracing(traces =>
            {
                traces.AddSource(Sources);
                if (export)
                    traces.AddOtlpExporter();
            });
    }

    private sealed class NoLifetime : Microsoft.Extensions.Hosting.IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
