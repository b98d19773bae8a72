using System.Net;
using Microsoft.Extensions.Logging;

namespace DistEmbed.Coordinator.Grpc;

/// <summary>
/// What the door writes to the log. What strangers send is told in one line a connection or call, without a stack trace: Kestrel would not tell it, gRPC would
/// tell it twice and at length.
/// </summary>
/// <param name="logs">The process's log.</param>
internal sealed partial class DoorLog(ILoggerFactory logs) : ILoggerProvider
{
    /// <summary>The log category of the door.</summary>
    public const string Category = "DistEmbed.Door";

    private static readonly HashSet<string> s_refusals = ["ConnectionBadRequest", "Http2ConnectionError", "HPackDecodingError", "ErrorReadingMessage", "ReadMessageError"];

    /// <summary>Categories in which refusals of malformed input are told, at levels that are otherwise too talkative.</summary>
    public static readonly string[] Talkative = ["Microsoft.AspNetCore.Server.Kestrel.BadRequests", "Microsoft.AspNetCore.Server.Kestrel.Http2", "Grpc.AspNetCore.Server"];

    private readonly ILogger _door = logs.CreateLogger(Category);

    /// <summary>Who is at the other end of the connection that is being served.</summary>
    public AsyncLocal<EndPoint?> Peer { get; } = new();

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) =>
        Talkative.Any(t => categoryName.StartsWith(t, StringComparison.Ordinal)) ? new Refusals(this) : logs.CreateLogger(categoryName);

    /// <inheritdoc/>
    public void Dispose()
    {
        // The log belongs to the process.
    }

    /// <summary>Tells what somebody asked for and got.</summary>
    public void Done(string who, string what) => Done(_door, who, what);

    /// <summary>Tells of a call that failed and should not have.</summary>
    public void Failed(string method, string peer, Exception failure) => Failed(_door, method, peer, failure);

    [LoggerMessage(1, LogLevel.Information, "{Who}: {What}")]
    private static partial void Done(ILogger log, string who, string what);

    [LoggerMessage(2, LogLevel.Error, "{Method} failed for {Peer}")]
    private static partial void Failed(ILogger log, string method, string peer, Exception failure);

    [LoggerMessage(3, LogLevel.Warning, "Refused what {Peer} sent: {What}")]
    private static partial void Refused(ILogger log, EndPoint? peer, string what);

    private sealed class Refusals(DoorLog log) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Debug;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (eventId.Name is { } name && s_refusals.Contains(name))
                Refused(log._door, log.Peer.Value, exception?.Message ?? formatter(state, exception));
        }
    }
}
