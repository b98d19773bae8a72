namespace DistEmbed.Coordinator.Run;

/// <summary>
/// After how long a piece of work is late: a multiple of the median of the last ones, and never less than the floor, so that a pause for memory or disk is not taken for it.
/// Granting a piece a second time is harmless, only wasted. Knows no clock.
/// </summary>
public sealed class StragglerBound
{
    /// <summary>How many times the median.</summary>
    public const int Multiple = 4;

    private const int Kept = 64, Enough = 8;

    private static readonly TimeSpan s_floor = TimeSpan.FromSeconds(2);

    // The first pieces compile code and fill caches, and nothing is known of how long they take.
    private static readonly TimeSpan s_unknown = TimeSpan.FromSeconds(30);

    private readonly Queue<TimeSpan> _times = new();

    /// <summary>Notes how long a piece took.</summary>
    public void Note(TimeSpan time)
    {
        _times.Enqueue(time);
        if (_times.Count > Kept)
            _times.Dequeue();
    }

    /// <summary>A piece that takes longer is late.</summary>
    public TimeSpan Value
    {
        get
        {
            if (_times.Count < Enough)
                return s_unknown;
            TimeSpan bound = _times.Order().ElementAt(_times.Count / 2) * Multiple;
            return bound > s_floor ? bound : s_floor;
        }
    }
}
