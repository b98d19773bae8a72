using System.Net;

namespace DistEmbed.Coordinator.Grpc;

/// <summary>How much of what is refused goes to the log: a peer and kind once a minute, and no more than a few lines a minute of all. Safe for any thread.</summary>
/// <param name="time">The clock.</param>
public sealed class RefusalQuota(TimeProvider time)
{
    /// <summary>Lines a minute.</summary>
    public const int Most = 60;

    private static readonly TimeSpan s_window = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly HashSet<(IPAddress?, string)> _told = [];
    private long _since = time.GetTimestamp();
    private long _untold;

    /// <summary>Asks for a line.</summary>
    /// <param name="peer">Who is refused; its port does not count, since every connection has another.</param>
    /// <param name="kind">What is refused.</param>
    /// <returns>How many got no line since the last one that did; null: this one gets none either.</returns>
    public long? Take(IPAddress? peer, string kind)
    {
        lock (_gate)
        {
            if (time.GetElapsedTime(_since) >= s_window)
            {
                _told.Clear();
                _since = time.GetTimestamp();
            }

            if (_told.Count >= Most || !_told.Add((peer, kind)))
            {
                _untold++;
                return null;
            }

            long untold = _untold;
            _untold = 0;
            return untold;
        }
    }
}
