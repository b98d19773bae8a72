using Akka.Event;

namespace DistEmbed.Protocol.Node;

/// <summary>A line of the log for people: what happened, and where an error of ours comes from.</summary>
public static class LogLine
{
    // SeedJoiner says the same for the user, with what to do.
    private const string SeedsMissing = "Couldn't join seed nodes";

    /// <summary>The line of an event; null: it says nothing that is not said elsewhere.</summary>
    public static string? Of(LogEvent entry)
    {
        string text = $"{entry.Message}";
        if (text.StartsWith(SeedsMissing, StringComparison.Ordinal))
            return null;
        // A connection that ends is a node that left or died, however Akka came to see it: a warning, and its stack is Akka's.
        bool isConnection = entry.LogClass?.Namespace?.StartsWith("Akka.Remote", StringComparison.Ordinal) == true || entry.Cause?.GetType().Namespace?.StartsWith("Akka.Remote", StringComparison.Ordinal) == true;
        string level = entry.LogLevel() switch { LogLevel.ErrorLevel when !isConnection => "error", LogLevel.ErrorLevel or LogLevel.WarningLevel => "warning", _ => "info" };
        if (isConnection)
            return $"{level}: {FirstLine(text)}{(entry.Cause is { } lost && !text.Contains(lost.Message, StringComparison.Ordinal) ? $" {FirstLine(lost.Message)}" : "")}";
        // Where an error comes from is needed to mend it; a warning is about the outside.
        string cause = entry switch { { Cause: null } => "", Error { Cause: { } error } => $" {error}", { Cause: { } other } => $" {other.Message}" };
        return $"{level}: {text}{cause}";
    }

    private static string FirstLine(string text)
    {
        int end = text.AsSpan().IndexOfAny('\r', '\n');
        return end < 0 ? text : text[..end];
    }
}
