using Akka.Actor;
using Akka.Dispatch;
using Akka.Event;

namespace DistEmbed.Protocol.Node;

/// <summary>Writes what actors log to standard error, and repeats of a line once a minute.</summary>
public sealed class ErrorStreamLogger : UntypedActor, IRequiresMessageQueue<ILoggerMessageQueueSemantics>
{
    private readonly RepeatedLines _repeated = new(TimeSpan.FromMinutes(1));

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case InitializeLogger:
                Sender.Tell(new LoggerInitialized());
                break;
            case LogEvent entry when LogLine.Of(entry) is { } line && _repeated.Allows(line.Subject, entry.Timestamp):
                Console.Error.WriteLine(line.Text);
                break;
        }
    }
}
