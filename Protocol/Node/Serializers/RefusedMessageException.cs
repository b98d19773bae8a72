using System.Runtime.Serialization;

namespace DistEmbed.Protocol.Node.Serializers;

/// <summary>A message that came in and is none that nodes send. It is dropped; nothing of it was taken. This is of the type by which Akka knows that the message is bad and the connection is not.</summary>
public sealed class RefusedMessageException : SerializationException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="serializer">The serializer that refuses: the log repeats its refusals once a minute, whatever else differs.</param>
    /// <param name="reason">What is refused and why.</param>
    /// <param name="cause">The exception from below, if any.</param>
    public RefusedMessageException(string serializer, string reason, Exception? cause = null)
        : base(reason, cause) => Serializer = serializer;

    /// <summary>The serializer that refuses.</summary>
    public string Serializer { get; }

    /// <summary>The refusal that an exception is about, if it is about one: serializers of messages within messages wrap it.</summary>
    public static RefusedMessageException? In(Exception? exception)
    {
        for (Exception? inner = exception; inner is not null; inner = inner.InnerException)
        {
            if (inner is RefusedMessageException refused)
                return refused;
        }

        return null;
    }

    /// <summary>What came from outside, as it may stand in a log: short, and without signs that start a line.</summary>
    internal static string Printable(string? text) => new([.. (text ?? "").Take(60).Select(c => c is >= ' ' and <= '~' ? c : '?')]);
}
