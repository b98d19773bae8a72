using System.Net;
using Microsoft.Extensions.Logging;

namespace DistEmbed.Coordinator.Grpc;

/// <summary>
/// What the door writes to the log. What strangers send is told in one line a connection or call, without a stack trace: Kestrel would not tell it, gRPC would
/// tell it twice and at length.
/// </summary>
/// <param name="logs">The process's log.</param>
/// <param name="time">The clock.</param>
internal sealed partial class DoorLog(ILoggerFactory logs, TimeProvider time) : ILoggerProvider
{
    /// <summary>The log category of the door.</summary>
    public const string Category = "DistEmbed.Door";

    private static readonly HashSet<string> s_connectionComplaints = ["ConnectionBadRequest", "Http2ConnectionError", "HPackDecodingError", "AuthenticationFailed", "AuthenticationTimedOut"];
    private static readonly HashSet<string> s_callComplaints = ["ErrorReadingMessage", "ReadMessageError"];

    /// <summary>Categories in which it is told what was wrong with malformed input, at levels that are otherwise too talkative.</summary>
    public static readonly string[] Talkative =
        ["Microsoft.AspNetCore.Server.Kestrel.BadRequests", "Microsoft.AspNetCore.Server.Kestrel.Http2", "Microsoft.AspNetCore.Server.Kestrel.Https", "Grpc.AspNetCore.Server"];

    private readonly ILogger _door = logs.CreateLogger(Category);
    private readonly RefusalQuota _quota = new(time);

    /// <summary>The connection that is being served.</summary>
    public AsyncLocal<DoorVisit?> Visit { get; } = new();

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) =>
        Talkative.Any(t => categoryName.StartsWith(t, StringComparison.Ordinal)) ? new Complaints(this) : logs.CreateLogger(categoryName);

    /// <inheritdoc/>
    public void Dispose()
    {
        // The log belongs to the process.
    }

    /// <summary>Tells what somebody asked for and got.</summary>
    public void Done(string who, string what) => Done(_door, who, what);

    /// <summary>Tells of a call that failed and should not have.</summary>
    public void Failed(string method, string peer, Exception failure) => Failed(_door, method, peer, failure);

    /// <summary>Tells what was refused, unless the same peer was told of lately, or many were.</summary>
    /// <param name="peer">Who sent it.</param>
    /// <param name="kind">What it belongs to: a connection or a call.</param>
    /// <param name="what">What is wrong with it.</param>
    public void Refused(EndPoint? peer, string kind, string what)
    {
        if (_quota.Take((peer as IPEndPoint)?.Address, kind) is not { } untold)
            return;
        if (untold > 0)
            what += $" (and {untold} more that were not told of)";
        Refused(_door, peer, what);
    }

    [LoggerMessage(1, LogLevel.Information, "{Who}: {What}")]
    private static partial void Done(ILogger log, string who, string what);

    [LoggerMessage(2, LogLevel.Error, "{Method} failed for {Peer}")]
    private static partial void Failed(ILogger log, string method, string peer, Exception failure);

    [LoggerMessage(3, LogLevel.Warning, "Refused what {Peer} sent: {What}")]
    private static partial void Refused(ILogger log, EndPoint? peer, string what);

    private sealed class Complaints(DoorLog log) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Debug;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (eventId.Name is not { } name || log.Visit.Value is not { } visit)
                return;
            string what = exception?.Message ?? formatter(state, exception);
            if (s_callComplaints.Contains(name))
                log.Refused(visit.Peer, "call", what);
            else if (s_connectionComplaints.Contains(name))
                visit.Complaint ??= what;
        }
    }
}
