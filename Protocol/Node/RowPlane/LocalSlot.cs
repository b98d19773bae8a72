using System.Buffers;
using System.Runtime.InteropServices;
using DistEmbed.Protocol.Rows;

namespace DistEmbed.Protocol.Node.RowPlane;

/// <summary>The use of a slot of <see cref="LocalMemory"/>, for the values of one message. It ends when all its users on this side have returned it.</summary>
public sealed unsafe class LocalSlot : LentMemory
{
    private readonly LocalMemory _memory;
    private readonly float* _start;
    private int _users = 1;
    private bool _isSent;

    internal LocalSlot(LocalMemory memory, int number, bool isReceived, float* start)
    {
        _memory = memory;
        _start = start;
        Number = number;
        IsReceived = isReceived;
    }

#pragma warning disable CA2015 // a span cannot be left without its slot: whoever reads values returns them afterwards, and this is for messages that nobody reads
    /// <summary>Ends the use of a slot whose message was dropped. The memory is there still: it goes after its last slot.</summary>
    ~LocalSlot() => Dispose(false);
#pragma warning restore CA2015

    /// <summary>Its number, from 1.</summary>
    public int Number { get; }

    /// <summary>Whether the other side sent it.</summary>
    public bool IsReceived { get; }

    /// <summary>All of it.</summary>
    public Span<byte> Bytes => MemoryMarshal.AsBytes(GetSpan());

    /// <summary>The slot that values lie in; null: in none.</summary>
    public static LocalSlot? Of(Memory<float> values) => MemoryMarshal.TryGetMemoryManager<float, LocalSlot>(values, out LocalSlot? slot) ? slot : null;

    /// <summary>Whether it is one of this memory.</summary>
    public bool IsOf(LocalMemory? memory) => _memory == memory;

    /// <summary>Adds a user: an array of values that is returned by itself.</summary>
    public void Hold() => Interlocked.Increment(ref _users);

    /// <summary>Notes, before it is done, that the slot is sent: from then on it is the other side's, which frees it.</summary>
    public void MarkSent() => _isSent = true;

    /// <inheritdoc/>
    public override void Return()
    {
        if (Interlocked.Decrement(ref _users) == 0)
            ((IDisposable)this).Dispose();
    }

    /// <inheritdoc/>
    public override Span<float> GetSpan() => new(_start, LocalMemory.SlotBytes / sizeof(float));

    /// <inheritdoc/>
    public override MemoryHandle Pin(int elementIndex = 0) => new(_start + elementIndex);

    /// <inheritdoc/>
    public override void Unpin()
    {
        // It never moves.
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => _memory.Return(this, isFree: !_isSent);
}
