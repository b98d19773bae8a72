using System.Buffers.Binary;
using System.Runtime.InteropServices;
using DistEmbed.Protocol.Messages;

namespace DistEmbed.Protocol.Serialization;

/// <summary>The bytes of row values: little-endian floats, or the upper half of each.</summary>
public static class RowPayload
{
    /// <summary>Bytes a number.</summary>
    public static int BytesOf(RowFormat format) => format == RowFormat.Half ? sizeof(ushort) : sizeof(float);

    /// <summary>Whether an array's memory is what is on the wire.</summary>
    public static bool IsMemory(RowFormat format) => format == RowFormat.Full && BitConverter.IsLittleEndian;

    /// <summary>Writes numbers.</summary>
    public static void Write(RowFormat format, ReadOnlySpan<float> values, Span<byte> destination)
    {
        if (IsMemory(format))
        {
            MemoryMarshal.AsBytes(values).CopyTo(destination);
            return;
        }

        ReadOnlySpan<uint> bits = MemoryMarshal.Cast<float, uint>(values);
        int size = BytesOf(format);
        for (int i = 0; i < bits.Length; i++)
        {
            if (format == RowFormat.Half)
                BinaryPrimitives.WriteUInt16LittleEndian(destination[(i * size)..], (ushort)(bits[i] >> 16));
            else
                BinaryPrimitives.WriteUInt32LittleEndian(destination[(i * size)..], bits[i]);
        }
    }

    /// <summary>Reads as many numbers as <paramref name="values"/> holds.</summary>
    public static void Read(RowFormat format, ReadOnlySpan<byte> source, Span<float> values)
    {
        if (IsMemory(format))
        {
            source[..(values.Length * sizeof(float))].CopyTo(MemoryMarshal.AsBytes(values));
            return;
        }

        Span<uint> bits = MemoryMarshal.Cast<float, uint>(values);
        int size = BytesOf(format);
        for (int i = 0; i < bits.Length; i++)
        {
            bits[i] = format == RowFormat.Half
                ? (uint)BinaryPrimitives.ReadUInt16LittleEndian(source[(i * size)..]) << 16
                : BinaryPrimitives.ReadUInt32LittleEndian(source[(i * size)..]);
        }
    }
}
