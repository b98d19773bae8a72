namespace DistEmbed.Protocol.Sharding;

/// <summary>Rows map to a fixed number of slots by a stable hash, and slots map to shards: moving a slot never rehashes a row.</summary>
public static class Slots
{
    /// <summary>Number of slots. Part of checkpoints and hashes; never change it.</summary>
    public const int Count = 1024;

    /// <summary>The slot of a row. The table does not matter, so that equal rows of sibling tables (Kim's two channels) live together.</summary>
    public static int Of(int row)
    {
        // Fibonacci hashing: consecutive rows (frequent words come first) spread over all slots.
        return (int)(((uint)row * 2654435769u) >> 22);
    }
}
