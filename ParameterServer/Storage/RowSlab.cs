using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace DistEmbed.ParameterServer.Storage;

/// <summary>
/// Native memory of some rows: values and state of each row behind one another, then each row's last step. Shared by a table and its snapshots and counted;
/// who holds it alone may write. Freed with the last reference, by whichever thread drops it.
/// </summary>
internal sealed unsafe class RowSlab
{
    private const nuint CacheLine = 64;

    private readonly int _rows;
    private readonly int _rowFloats;
    private readonly StrongBox<long> _nativeBytes;
    private float* _memory;
    private int _references = 1;

    /// <summary>Takes memory for <paramref name="rows"/> rows of <paramref name="rowFloats"/> floats, not cleared, and adds its size to <paramref name="nativeBytes"/>.</summary>
    public RowSlab(int rows, int rowFloats, StrongBox<long> nativeBytes)
    {
        _rows = rows;
        _rowFloats = rowFloats;
        _nativeBytes = nativeBytes;
        _memory = (float*)NativeMemory.AlignedAlloc((nuint)Bytes, CacheLine);
        Interlocked.Add(ref nativeBytes.Value, Bytes);
    }

    /// <summary>Size in bytes.</summary>
    public long Bytes => (long)_rows * (_rowFloats + 1) * sizeof(float);

    /// <summary>Whether someone else holds it too, so that it must be copied before a change.</summary>
    public bool IsShared => Volatile.Read(ref _references) > 1;

    /// <summary>Values and state of the row at <paramref name="index"/>.</summary>
    public Span<float> Row(int index)
    {
        Check(index);
        return new Span<float>(_memory + (long)index * _rowFloats, _rowFloats);
    }

    /// <summary>The last step applied to the row at <paramref name="index"/>.</summary>
    public ref int LastStep(int index)
    {
        Check(index);
        return ref ((int*)(_memory + (long)_rows * _rowFloats))[index];
    }

    /// <summary>Another reference. Only a holder may ask for it.</summary>
    public RowSlab Share()
    {
        Interlocked.Increment(ref _references);
        return this;
    }

    /// <summary>A copy that the caller holds alone.</summary>
    public RowSlab Copy()
    {
        var copy = new RowSlab(_rows, _rowFloats, _nativeBytes);
        Buffer.MemoryCopy(_memory, copy._memory, copy.Bytes, Bytes);
        return copy;
    }

    /// <summary>Gives one reference back.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _references) > 0)
            return;
        NativeMemory.AlignedFree(_memory);
        _memory = null;
        Interlocked.Add(ref _nativeBytes.Value, -Bytes);
    }

    private void Check(int index)
    {
        // A wrong index would read or overwrite another row or foreign memory.
        ObjectDisposedException.ThrowIf(_memory == null, this);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)_rows);
    }
}
