using System.Numerics;

namespace DistEmbed.Protocol.Randomness;

/// <summary>What a stream of random numbers is for. Streams of different purposes never meet, whatever their other keys.</summary>
public enum RandomPurpose
{
    /// <summary>A row's first value; keys: table, row.</summary>
    RowInitialization = 1,

    /// <summary>The order of an epoch's examples; key: epoch.</summary>
    ExampleOrder = 2,

    /// <summary>A layer's dropout mask; keys: step, slice.</summary>
    Dropout = 3,

    /// <summary>Subsampling, window sizes and negative samples of a slice, and words that are read as unknown; keys: step, slice.</summary>
    Sampling = 4,

    /// <summary>The split of data into train, dev and test.</summary>
    DataSplit = 5,

    /// <summary>Examples drawn with replacement, for an interval; key: how often they were drawn before.</summary>
    Bootstrap = 6,

    /// <summary>The folds of a cross-validation; key: how many there are.</summary>
    Folds = 7,

    /// <summary>The groups that words are dealt into; key: what for.</summary>
    WordGroups = 8,
}

/// <summary>
/// A counter-based generator: its numbers are a function of its keys alone, never of a thread, the time or what was drawn elsewhere. Whoever asks for
/// (seed, purpose, a, b) reads the same stream, which is what makes any number of workers and shards, and a resumed run, produce the same bits.
/// SplitMix64 (Steele, Lea, Flood, OOPSLA 2014) over a mixed key; not for cryptography.
/// </summary>
public struct CounterRandom
{
    private const ulong Increment = 0x9E3779B97F4A7C15;
    private ulong _state;

    /// <summary>Opens the stream of the given keys.</summary>
    public CounterRandom(ulong seed, RandomPurpose purpose, long first = 0, long second = 0)
    {
        ulong key = Mix(seed + Increment);
        key = Mix(key ^ ((ulong)purpose * 0xD1342543DE82EF95));
        key = Mix(key + (ulong)first * 0xA24BAED4963EE407);
        _state = Mix(key + (ulong)second * 0x9FB21C651E98DF25);
    }

    /// <summary>The next 64 random bits.</summary>
    public ulong NextUInt64() => Mix(_state += Increment);

    /// <summary>Uniform in [0, 1) with 24 bits, so exact in single precision.</summary>
    public float NextSingle() => (NextUInt64() >> 40) * (1f / (1 << 24));

    /// <summary>Uniform in [0, 1) with 53 bits.</summary>
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in 0 .. <paramref name="bound"/> - 1; <paramref name="bound"/> is at least 1.</summary>
    public int NextInt(int bound)
    {
        // Lemire's multiply-shift on 64 bits: the bias is below 2^-32, far under what any sampling here could see.
        return (int)Math.BigMul(NextUInt64(), (ulong)(uint)bound, out _);
    }

    /// <summary>Puts <paramref name="items"/> in a random order (Fisher-Yates).</summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (int i = items.Length - 1; i > 0; i--)
        {
            int j = NextInt(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>A stable 64-bit hash of a name, the same in every process and version (FNV-1a).</summary>
    public static ulong HashOf(string name)
    {
        ulong hash = 14695981039346656037;
        foreach (byte b in System.Text.Encoding.UTF8.GetBytes(name))
            hash = (hash ^ b) * 1099511628211;
        return BitOperations.RotateLeft(hash, 17) ^ hash;
    }
}
