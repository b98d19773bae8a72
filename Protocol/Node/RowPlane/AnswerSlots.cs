using DistEmbed.Protocol.Rows;

namespace DistEmbed.Protocol.Node.RowPlane;

/// <summary>Has the shard lay the parts of its answer to a pull where the worker reads them: each in a slot, in the order in which they are asked, run behind run.</summary>
/// <param name="memory">The connection's memory.</param>
/// <param name="dimensions">Numbers a row of each table.</param>
internal sealed class AnswerSlots(LocalMemory memory, IReadOnlyList<int> dimensions) : IRowDestination
{
    private int _part = -1;
    private LocalSlot? _slot;
    private int _used;

    /// <inheritdoc/>
    public Memory<float> Take(int shard, int part, int table, int start, int count)
    {
        long numbers = (long)count * dimensions[table];
        if (part != _part)
            (_part, _used, _slot) = (part, 0, null);
        if (numbers is 0 || _used + numbers > LocalMemory.SlotBytes / sizeof(float))
            return default;
        if (_used > 0)
            _slot!.Hold();
        else if ((_slot = memory.Take((int)numbers * sizeof(float))) is null)
            return default;
        Memory<float> place = _slot.Memory.Slice(_used, (int)numbers);
        _used += place.Length;
        return place;
    }
}
