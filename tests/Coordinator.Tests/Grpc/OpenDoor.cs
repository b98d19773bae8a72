using System.Collections.Concurrent;
using DistEmbed.Coordinator.Cli;
using DistEmbed.Coordinator.Grpc;
using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Node;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace DistEmbed.Coordinator.Tests.Grpc;

/// <summary>A real door on a free port of loopback before a <see cref="FakeControl"/>.</summary>
internal sealed class OpenDoor : ILoggerFactory, ILogger, IAsyncDisposable
{
    private GrpcDoor? _door;

    public FakeControl Control { get; } = new();

    public GrpcDoor Door => _door!;

    public string Address => Door.Address;

    /// <summary>Lines of the log, level first.</summary>
    public ConcurrentQueue<string> Log { get; } = new();

    public static async Task<OpenDoor> Start(string? token = null, NodeTls? tls = null, Action<IEndpointRouteBuilder>? map = null)
    {
        var open = new OpenDoor();
        open._door = await GrpcDoor.OpenAsync(Options() with { Token = token, Tls = tls }, open.Control, open, map: map);
        open._door.SetServing(true);
        return open;
    }

    public static NodeOptions Options() => new() { Role = NodeRole.Coordinator, Name = "head-1", CacheDirectory = "unused" };

    public DoorClient Client(string? token = null) => new(Address, token, null);

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Log.Enqueue($"{logLevel}: {formatter(state, exception)}");

    public void Dispose()
    {
        // Nothing of its own; the door is closed by DisposeAsync.
    }

    public ValueTask DisposeAsync() => Door.DisposeAsync();
}
