namespace DistEmbed.Protocol.Sharding;

/// <summary>Which shard owns each slot. Immutable and versioned: a change makes a new map with a higher epoch.</summary>
public sealed class ShardMap
{
    private readonly ushort[] _owner;

    private ShardMap(int epoch, int shards, ushort[] owner) => (Epoch, Shards, _owner) = (epoch, shards, owner);

    /// <summary>Version of the map.</summary>
    public int Epoch { get; }

    /// <summary>Number of shards.</summary>
    public int Shards { get; }

    /// <summary>A map that gives each of <paramref name="shards"/> shards a contiguous run of slots of equal length, one more or less.</summary>
    public static ShardMap Even(int shards, int epoch = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(shards, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(shards, Slots.Count);
        var owner = new ushort[Slots.Count];
        for (int slot = 0; slot < owner.Length; slot++)
            owner[slot] = (ushort)((long)slot * shards / Slots.Count);
        return new ShardMap(epoch, shards, owner);
    }

    /// <summary>The shard that owns a row.</summary>
    public int ShardOf(int row) => _owner[Slots.Of(row)];
}
