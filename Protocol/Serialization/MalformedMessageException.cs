namespace DistEmbed.Protocol.Serialization;

/// <summary>Bytes that are no message of this version: cut, damaged, of another program, or made to do harm. Nothing of them was taken.</summary>
public sealed class MalformedMessageException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="manifest">What the bytes were said to be.</param>
    /// <param name="reason">What is wrong with them.</param>
    /// <param name="cause">The exception from below, if any.</param>
    public MalformedMessageException(string manifest, string reason, Exception? cause = null)
        : base($"'{Printable(manifest)}': {reason}", cause)
    {
    }

    // It comes from outside and goes into a log.
    private static string Printable(string manifest) => new([.. manifest.Take(16).Select(c => c is >= ' ' and <= '~' ? c : '?')]);
}
