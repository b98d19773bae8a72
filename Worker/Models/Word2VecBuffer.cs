namespace DistEmbed.Worker.Models;

/// <summary>Floats for the kernels: on a 64-byte boundary, so that no block of eight straddles two cache lines, and never moved. Grows, is reused, holds garbage.</summary>
internal sealed unsafe class Word2VecBuffer
{
    private const int Alignment = 64;

    private float[] _memory = [];
    private float* _start;
    private int _length;

    /// <summary>The buffer, at least <paramref name="length"/> floats long; the content is not kept.</summary>
    public float* Reserve(int length)
    {
        if (_start == null || length > _length)
        {
            _length = length + length / 4;
            _memory = GC.AllocateUninitializedArray<float>(_length + Alignment / sizeof(float), pinned: true);
            fixed (float* memory = _memory)
                _start = (float*)(((nint)memory + Alignment - 1) & -Alignment);
        }
        return _start;
    }

    /// <summary>The buffer filled with rows, each padded with zeros from <paramref name="dimension"/> to <paramref name="stride"/> floats.</summary>
    public float* Load(ReadOnlySpan<float> values, int rows, int dimension, int stride)
    {
        float* start = Reserve(checked(rows * stride));
        for (int row = 0; row < rows; row++)
        {
            var target = new Span<float>(start + (nint)row * stride, stride);
            values.Slice(row * dimension, dimension).CopyTo(target);
            target[dimension..].Clear();
        }
        return start;
    }

    /// <summary>The buffer with the given number of floats set to zero.</summary>
    public float* Zero(int length)
    {
        float* start = Reserve(length);
        new Span<float>(start, length).Clear();
        return start;
    }

    /// <summary>Writes the rows that the buffer holds, without their padding.</summary>
    public void Store(Span<float> values, int rows, int dimension, int stride)
    {
        for (int row = 0; row < rows; row++)
            new ReadOnlySpan<float>(_start + (nint)row * stride, dimension).CopyTo(values.Slice(row * dimension, dimension));
    }
}
