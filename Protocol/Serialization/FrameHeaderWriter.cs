using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace DistEmbed.Protocol.Serialization;

/// <summary>Writes the fields of a frame's header, little-endian, one behind the other.</summary>
internal readonly ref struct FrameHeaderWriter(ArrayBufferWriter<byte> output)
{
    public void Byte(int value)
    {
        output.GetSpan(1)[0] = (byte)value;
        output.Advance(1);
    }

    public void Int(int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(output.GetSpan(sizeof(int)), value);
        output.Advance(sizeof(int));
    }

    public void Long(long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(output.GetSpan(sizeof(long)), value);
        output.Advance(sizeof(long));
    }

    public void Text(string value)
    {
        int length = Encoding.UTF8.GetByteCount(value);
        if (length > ushort.MaxValue)
            throw new RowFrameException($"a name of {length} bytes; at most {ushort.MaxValue} are allowed");
        Span<byte> destination = output.GetSpan(sizeof(ushort) + length);
        BinaryPrimitives.WriteUInt16LittleEndian(destination, (ushort)length);
        Encoding.UTF8.GetBytes(value, destination[sizeof(ushort)..]);
        output.Advance(sizeof(ushort) + length);
    }

    public void Numbers(ReadOnlySpan<int> values)
    {
        Span<byte> destination = output.GetSpan(values.Length * sizeof(int));
        if (BitConverter.IsLittleEndian)
            MemoryMarshal.AsBytes(values).CopyTo(destination);
        else
            BinaryPrimitives.ReverseEndianness(values, MemoryMarshal.Cast<byte, int>(destination)[..values.Length]);
        output.Advance(values.Length * sizeof(int));
    }

    public void Bytes(ReadOnlySpan<byte> values) => output.Write(values);
}
