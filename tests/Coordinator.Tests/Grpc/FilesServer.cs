using System.Net;
using DistEmbed.Coordinator.Grpc;
using DistEmbed.Protocol.Node;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace DistEmbed.Coordinator.Tests.Grpc;

/// <summary>The service on a real socket of this machine.</summary>
internal sealed class FilesServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private FilesServer(WebApplication app) => _app = app;

    public int Port => new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()).Port;

    public string Address => $"127.0.0.1:{Port}";

    public static async Task<FilesServer> StartAsync(ArtifactShelf shelf, CheckpointInbox inbox, int port = 0, string? token = null, NodeTls? tls = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port, listen =>
        {
            listen.Protocols = HttpProtocols.Http2;
            if (tls is not null)
                listen.UseHttps(new Microsoft.AspNetCore.Server.Kestrel.Https.TlsHandshakeCallbackOptions { OnConnection = _ => ValueTask.FromResult(tls.ServerOptions()) });
        }));
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(shelf);
        builder.Services.AddSingleton(inbox);
        builder.Services.AddSingleton<NodeFilesService>();
        WebApplication app = builder.Build();
        if (token is not null)
        {
            app.Use(async (HttpContext context, RequestDelegate next) =>
            {
                if (context.Request.Headers.Authorization == $"Bearer {token}")
                    await next(context);
                else
                    context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            });
        }

        app.MapGrpcService<NodeFilesService>();
        await app.StartAsync();
        return new FilesServer(app);
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token); // connections are cut
        await _app.DisposeAsync();
    }
}
