using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using DistEmbed.Protocol.Messages;

namespace DistEmbed.Protocol.Serialization;

/// <summary>Reads the fields of a frame's header; every length is checked against the bytes that are there before anything is made of it.</summary>
internal ref struct FrameHeaderReader(ReadOnlySpan<byte> header)
{
    private ReadOnlySpan<byte> _rest = header;

    public byte Byte() => Take(1)[0];

    public int Int() => BinaryPrimitives.ReadInt32LittleEndian(Take(sizeof(int)));

    public long Long() => BinaryPrimitives.ReadInt64LittleEndian(Take(sizeof(long)));

    /// <summary>A number from 0 to <paramref name="below"/> - 1.</summary>
    public int Number(string what, int below = int.MaxValue)
    {
        int value = Int();
        if ((uint)value >= (uint)below)
            throw new RowFrameException($"{what} {value} is not from 0 to {below - 1}");
        return value;
    }

    public bool Flag()
    {
        byte value = Byte();
        return value <= 1 ? value == 1 : throw new RowFrameException($"a yes or no is {value}");
    }

    public RefusalReason Reason()
    {
        var reason = (RefusalReason)Byte();
        return reason <= RefusalReason.OtherGeneration ? reason : throw new RowFrameException($"reason {(int)reason} is unknown");
    }

    public string Text()
    {
        ReadOnlySpan<byte> bytes = Take(BinaryPrimitives.ReadUInt16LittleEndian(Take(sizeof(ushort))));
        try
        {
            return s_strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw new RowFrameException("a name is not UTF-8");
        }
    }

    /// <summary>Numbers that are not negative.</summary>
    public int[] Numbers(int count)
    {
        ReadOnlySpan<byte> bytes = Take((long)count * sizeof(int));
        var numbers = new int[count];
        if (BitConverter.IsLittleEndian)
            bytes.CopyTo(MemoryMarshal.AsBytes(numbers.AsSpan()));
        else
            BinaryPrimitives.ReverseEndianness(MemoryMarshal.Cast<byte, int>(bytes), numbers);
        int all = 0;
        foreach (int number in numbers)
            all |= number;
        return all >= 0 ? numbers : throw new RowFrameException("a row or step is negative");
    }

    public byte[] Bytes(int count) => Take(count).ToArray();

    public void Skip() => _rest = default;

    public readonly void End()
    {
        if (_rest.Length > 0)
            throw new RowFrameException($"{_rest.Length} bytes too many at the end of a header");
    }

    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private ReadOnlySpan<byte> Take(long count)
    {
        if (count > _rest.Length)
            throw new RowFrameException($"a header ends {count - _rest.Length} bytes too early");
        ReadOnlySpan<byte> taken = _rest[..(int)count];
        _rest = _rest[(int)count..];
        return taken;
    }
}
