using DistEmbed.Protocol.Randomness;

namespace DistEmbed.Worker.Corpus;

/// <summary>
/// A random order of 0 .. count - 1 for every epoch (from 1), made when it is asked for. The current and the next epoch's are kept, since workers prepare
/// ahead across the boundary. Thread-safe; what it returned never changes.
/// </summary>
internal sealed class EpochOrder(int count, ulong seed)
{
    private readonly Lock _gate = new();
    private readonly (int Epoch, int[] Order)[] _kept = new (int, int[])[2];

    public int[] Of(int epoch)
    {
        lock (_gate)
        {
            ref var kept = ref _kept[epoch & 1];
            if (kept.Epoch != epoch || kept.Order == null)
                kept = (epoch, Draw(count, seed, epoch));
            return kept.Order;
        }
    }

    /// <summary>The order that belongs to a number of an epoch; 0 is no epoch and free for what happens before the first.</summary>
    public static int[] Draw(int count, ulong seed, int epoch)
    {
        var order = new int[count];
        for (int i = 0; i < count; i++)
            order[i] = i;
        new CounterRandom(seed, RandomPurpose.ExampleOrder, epoch).Shuffle<int>(order);
        return order;
    }
}
