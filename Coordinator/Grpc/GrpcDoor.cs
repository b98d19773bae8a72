using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using DistEmbed.Coordinator.Control;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Node;
using Grpc.Health.V1;
using Grpc.HealthCheck;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Wire = DistEmbed.Protocol.Control;

namespace DistEmbed.Coordinator.Grpc;

/// <summary>
/// The coordinator's gRPC listener: HTTP/2, in the clear or, with a certificate, in TLS. Serves <c>distembed.v1.TrainingControl</c>, health checks (open to
/// everybody), reflection, and what else is mapped. Malformed input costs its sender the connection or the call, and one line in the log.
/// </summary>
public sealed class GrpcDoor : IAsyncDisposable
{
    private const int MostConnections = 512;
    private const int MostCallsAConnection = 64;
    private const int LargestRequest = 2 * 1024 * 1024;

    /// <summary>The largest message that the door sends, in bytes; clients have to take as much.</summary>
    public const int LargestReply = 16 * 1024 * 1024;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(3);

    private readonly WebApplication _application;
    private readonly HealthServiceImpl _health;

    private GrpcDoor(WebApplication application, HealthServiceImpl health, string address) => (_application, _health, Address) = (application, health, address);

    /// <summary>Where it is reached: <c>HOST:PORT</c>, with the port that the system chose where the options leave it open.</summary>
    public string Address { get; }

    /// <summary>Opens the door. Health checks say "not serving" until <see cref="SetServing"/> says otherwise.</summary>
    /// <param name="options">Address, port, certificate, token.</param>
    /// <param name="control">The coordinator. Timeouts that it throws (<see cref="TimeoutException"/>) are told to the caller as such.</param>
    /// <param name="logs">Where the door logs.</param>
    /// <param name="services">Adds services for what <paramref name="map"/> maps.</param>
    /// <param name="map">Maps further gRPC services, each with a <see cref="DoorPolicy"/>.</param>
    /// <param name="cancel">Gives up opening.</param>
    /// <exception cref="InvalidInputException">It must not listen there without TLS, or the address cannot be had.</exception>
    public static async Task<GrpcDoor> OpenAsync(
        NodeOptions options, ITrainingControl control, ILoggerFactory logs, Action<IServiceCollection>? services = null, Action<IEndpointRouteBuilder>? map = null,
        CancellationToken cancel = default)
    {
        IPAddress host = await HostAddress.OfAsync(options.Host, cancel).ConfigureAwait(false);
        if (!IPAddress.IsLoopback(host) && options.Tls is null && !options.Insecure)
            throw new InvalidInputException("--host", $"{options.Host} can be reached from other machines, and there is no TLS.", "Give a certificate (--tls-certificate), or --insecure.");

        var log = new DoorLog(logs, TimeProvider.System);
        var health = new HealthServiceImpl();
        Set(health, serving: false); // before anybody can ask
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.AddProvider(log).SetMinimumLevel(LogLevel.Warning);
        foreach (string talkative in DoorLog.Talkative)
            builder.Logging.AddFilter(talkative, LogLevel.Debug);
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => Configure(kestrel, options, host, log));
        // Signals are the process's affair; the host's own lifetime would take Ctrl-C from it.
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton(control).AddSingleton(health).AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<CallErrors>().AddSingleton(log);
        builder.Services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = LargestRequest;
            grpc.MaxSendMessageSize = LargestReply;
            grpc.Interceptors.Add<CallErrors>();
        });
        builder.Services.AddGrpcReflection();
        services?.Invoke(builder.Services);

        WebApplication application = builder.Build();
        application.UseRouting();
        var guard = new DoorGuard(options);
        application.Use(next => call =>
        {
            DoorVisit? visit = call.Features.Get<DoorVisit>();
            visit?.Asked = true;
            log.Visit.Value = visit;
            return guard.InvokeAsync(call, next);
        });
        application.MapGrpcService<TrainingControlService>().WithMetadata(DoorPolicy.People);
        application.MapGrpcService<HealthServiceImpl>().WithMetadata(DoorPolicy.Anyone);
        application.MapGrpcReflectionService().WithMetadata(DoorPolicy.People);
        map?.Invoke(application);
        try
        {
            await application.StartAsync(cancel).ConfigureAwait(false);
        }
        catch (Exception refused)
        {
            await application.DisposeAsync().ConfigureAwait(false);
            if (refused is IOException or SocketException)
                throw new InvalidInputException(new InputError("--port", $"{options.Host}:{options.GrpcPort} cannot be listened on: {refused.Message.TrimEnd('.')}.", "Choose another port, or 0 for a free one."), refused);
            throw;
        }

        string bound = application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        return new GrpcDoor(application, health, $"{(options.Host.Contains(':', StringComparison.Ordinal) ? $"[{options.Host}]" : options.Host)}:{new Uri(bound).Port}");
    }

    /// <summary>What health checks answer.</summary>
    public void SetServing(bool serving) => Set(_health, serving);

    /// <summary>Closes the door: streams end, calls under way get a few seconds.</summary>
    public async ValueTask DisposeAsync()
    {
        SetServing(false);
        using var patience = new CancellationTokenSource(s_patience);
        await _application.StopAsync(patience.Token).ConfigureAwait(false);
        await _application.DisposeAsync().ConfigureAwait(false);
    }

    private static void Set(HealthServiceImpl health, bool serving)
    {
        HealthCheckResponse.Types.ServingStatus status = serving ? HealthCheckResponse.Types.ServingStatus.Serving : HealthCheckResponse.Types.ServingStatus.NotServing;
        health.SetStatus("", status);
        health.SetStatus(Wire.TrainingControl.Descriptor.FullName, status);
    }

    private static void Configure(KestrelServerOptions kestrel, NodeOptions options, IPAddress host, DoorLog log)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxConcurrentConnections = MostConnections;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        kestrel.Limits.Http2.MaxStreamsPerConnection = MostCallsAConnection;
        kestrel.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(30);
        kestrel.Limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(20);
        kestrel.Listen(host, options.GrpcPort, listen =>
        {
            listen.Protocols = HttpProtocols.Http2;
            listen.Use(next => connection => new DoorVisit(connection).ServeAsync(next, log));
            if (options.Tls is { } tls)
                listen.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _ => ValueTask.FromResult(Handshake(tls)) });
        });
    }

    private static SslServerAuthenticationOptions Handshake(NodeTls tls)
    {
        SslServerAuthenticationOptions handshake = tls.ServerOptions();
        // People come without a certificate, and what is for nodes refuses them later; but a certificate that is shown has to be the authority's.
        handshake.RemoteCertificateValidationCallback = (_, certificate, _, errors) => certificate is null || errors == SslPolicyErrors.None;
        return handshake;
    }

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
