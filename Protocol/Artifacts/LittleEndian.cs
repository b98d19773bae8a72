using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace DistEmbed.Protocol.Artifacts;

/// <summary>Numbers in bulk to and from a stream, little-endian, at the speed of the disk. No stream below gets more than 4 MiB at once.</summary>
public static class LittleEndian
{
    private const int BlockBytes = 1 << 22;

    /// <summary>Writes numbers of 2, 4 or 8 bytes.</summary>
    public static void Write<T>(Stream stream, ReadOnlySpan<T> numbers)
        where T : unmanaged
    {
        int perBlock = BlockBytes / Marshal.SizeOf<T>();
        for (; numbers.Length > 0; numbers = numbers[Math.Min(perBlock, numbers.Length)..])
        {
            ReadOnlySpan<T> block = numbers[..Math.Min(perBlock, numbers.Length)];
            if (BitConverter.IsLittleEndian)
            {
                stream.Write(MemoryMarshal.AsBytes(block));
                continue;
            }

            T[] reversed = block.ToArray();
            Reverse<T>(reversed);
            stream.Write(MemoryMarshal.AsBytes(reversed.AsSpan()));
        }
    }

    /// <summary>Reads numbers of 2, 4 or 8 bytes.</summary>
    /// <exception cref="EndOfStreamException">The stream has fewer.</exception>
    public static void Read<T>(Stream stream, Span<T> numbers)
        where T : unmanaged
    {
        int perBlock = BlockBytes / Marshal.SizeOf<T>();
        for (; numbers.Length > 0; numbers = numbers[Math.Min(perBlock, numbers.Length)..])
        {
            Span<T> block = numbers[..Math.Min(perBlock, numbers.Length)];
            stream.ReadExactly(MemoryMarshal.AsBytes(block));
            if (!BitConverter.IsLittleEndian)
                Reverse(block);
        }
    }

    private static void Reverse<T>(Span<T> numbers)
        where T : unmanaged
    {
        switch (Marshal.SizeOf<T>())
        {
            case 2:
                Span<short> halves = MemoryMarshal.Cast<T, short>(numbers);
                BinaryPrimitives.ReverseEndianness(halves, halves);
                break;
            case 4:
                Span<int> words = MemoryMarshal.Cast<T, int>(numbers);
                BinaryPrimitives.ReverseEndianness(words, words);
                break;
            case 8:
                Span<long> doubles = MemoryMarshal.Cast<T, long>(numbers);
                BinaryPrimitives.ReverseEndianness(doubles, doubles);
                break;
            default:
                throw new NotSupportedException($"numbers of {Marshal.SizeOf<T>()} bytes");
        }
    }
}
