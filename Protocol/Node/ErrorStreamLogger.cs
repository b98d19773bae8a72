using Akka.Actor;
using Akka.Dispatch;
using Akka.Event;

namespace DistEmbed.Protocol.Node;

/// <summary>Writes what actors log to standard error, a line each, and repeats of a line once a minute.</summary>
public sealed class ErrorStreamLogger : UntypedActor, IRequiresMessageQueue<ILoggerMessageQueueSemantics>
{
    // SeedJoiner says the same for the user, with what to do.
    private const string SeedsMissing = "Couldn't join seed nodes";
    private readonly RepeatedLines _repeated = new(TimeSpan.FromMinutes(1));

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case InitializeLogger:
                Sender.Tell(new LoggerInitialized());
                break;
            case LogEvent entry when LineOf(entry) is { } line && _repeated.Allows(line, entry.Timestamp):
                Console.Error.WriteLine(line);
                break;
        }
    }

    private static string? LineOf(LogEvent entry)
    {
        string text = $"{entry.Message}";
        if (text.StartsWith(SeedsMissing, StringComparison.Ordinal))
            return null;
        string level = entry.LogLevel() switch { LogLevel.ErrorLevel => "error", LogLevel.WarningLevel => "warning", _ => "info" };
        // Where an error comes from is needed to mend it; a warning is about the outside.
        string cause = entry switch { { Cause: null } => "", Error { Cause: { } error } => $" {error}", { Cause: { } other } => $" {other.Message}" };
        return $"{level}: {text}{cause}";
    }
}
