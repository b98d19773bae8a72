using System.Buffers;
using System.Runtime.InteropServices;

namespace DistEmbed.Protocol.Rows;

/// <summary>Memory that the row values of messages lie in. It belongs to whoever has the message last, who returns it.</summary>
public static class RowMemory
{
    /// <summary>Rents room for some numbers.</summary>
    public static Memory<float> Rent(int count) => ArrayPool<float>.Shared.Rent(Math.Max(1, count)).AsMemory(0, count);

    /// <summary>Returns memory, which must not be used any more. Never returned it costs a rent, not correctness.</summary>
    public static void Return(Memory<float> values)
    {
        if (ArrayOf(values) is { } array)
            ArrayPool<float>.Shared.Return(array);
        else if (MemoryMarshal.TryGetMemoryManager<float, LentMemory>(values, out LentMemory? lent))
            lent.Return();
    }

    /// <summary>The array that memory is part of; null: it is part of none.</summary>
    public static float[]? ArrayOf(Memory<float> values) => MemoryMarshal.TryGetArray(values, out ArraySegment<float> segment) ? segment.Array : null;
}
