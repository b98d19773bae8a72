using System.Security.Authentication;
using System.Text.RegularExpressions;
using Akka.Event;
using DistEmbed.Protocol.Node.Serializers;
using DotNetty.Handlers.Tls;

namespace DistEmbed.Protocol.Node;

/// <summary>What a node writes of something that its actors log: what happened, and where an error of ours comes from.</summary>
/// <param name="Text">The text: one line, but for the trace of an error of ours.</param>
/// <param name="Subject">What it is about: of lines with the same subject one is written in a while.</param>
public sealed partial record LogLine(string Text, string Subject)
{
    // SeedJoiner says the same for the user, with what to do.
    private const string SeedsMissing = "Couldn't join seed nodes";

    /// <summary>Akka says so of an actor that a message names and that cannot be, and a stranger may name any number of them.</summary>
    private const string NoAddress = "Error while resolving address";

    // Akka says of each refused handshake three times, at length, what is said in one line: who was rejected, and what the certificate lacks.
    private const string HandshakeFailed = "TLS handshake failed on channel";
    private const string ChannelFailed = "Error caught channel";

    private const int Longest = 8000;
    private static readonly string s_refusals = typeof(RefusedMessageException).Namespace!;

    /// <summary>The line of an event; null: it says nothing that is not said elsewhere.</summary>
    public static LogLine? Of(LogEvent entry)
    {
        // Akka's text has in it what the other side sent: its own manifest, any length of it.
        if (RefusedMessageException.In(entry.Cause) is { } refused)
            return new LogLine($"warning: {refused.Message}", $"refused by {refused.Serializer}");
        string text = $"{entry.Message}";
        // The second: a refused system message ends its connection, and Akka tells that twice more, with the refusal's trace in the text.
        if (text.StartsWith(SeedsMissing, StringComparison.Ordinal) || text.Contains(s_refusals, StringComparison.Ordinal) || text.StartsWith(HandshakeFailed, StringComparison.Ordinal)
            || (text.StartsWith(ChannelFailed, StringComparison.Ordinal) && entry.Cause is NotSslRecordException or AuthenticationException))
            return null;
        string line = Whole(entry, text);
        return new LogLine(line, text.StartsWith(NoAddress, StringComparison.Ordinal) ? NoAddress : StrangersPort().Replace(line, "]"));
    }

    private static string Whole(LogEvent entry, string text)
    {
        // A connection that ends is a node that left or died, however Akka came to see it: a warning, and its stack is Akka's.
        bool isConnection = entry.LogClass?.Namespace?.StartsWith("Akka.Remote", StringComparison.Ordinal) == true || entry.Cause?.GetType().Namespace?.StartsWith("Akka.Remote", StringComparison.Ordinal) == true;
        string level = entry.LogLevel() switch { LogLevel.ErrorLevel when !isConnection => "error", LogLevel.ErrorLevel or LogLevel.WarningLevel => "warning", _ => "info" };
        if (isConnection)
            return OneLine($"{level}: {FirstLine(text)}{(entry.Cause is { } lost && !text.Contains(lost.Message, StringComparison.Ordinal) ? $" {FirstLine(lost.Message)}" : "")}");
        // Where an error comes from is needed to mend it; a warning is about the outside, and must not look like more than one line.
        return entry switch
        {
            { Cause: null } => OneLine($"{level}: {text}"),
            Error { Cause: { } error } => Short($"{level}: {text} {error}"),
            { Cause: { } other } => OneLine($"{level}: {text} {other.Message}"),
        };
    }

    private static string FirstLine(string text)
    {
        int end = text.AsSpan().IndexOfAny('\r', '\n');
        return end < 0 ? text : text[..end];
    }

    private static string OneLine(string line) => string.Concat(Short(line).Select(c => char.IsControl(c) ? ' ' : c));

    private static string Short(string line) => line.Length <= Longest ? line : string.Concat(line.AsSpan(0, Longest), " ...");

    /// <summary>A port behind an address in brackets that is no node's: the port that a stranger's connection comes from is another each time.</summary>
    [GeneratedRegex(@"(?<!@\[[^\]]*)\]:\d+")]
    private static partial Regex StrangersPort();
}
