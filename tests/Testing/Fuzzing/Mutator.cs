using System.Buffers.Binary;

namespace DistEmbed.Testing.Fuzzing;

/// <summary>Makes bad inputs out of good ones: bits flipped, bytes changed, ends cut off, parts taken out, put in twice or put in from another, and lengths made absurd.</summary>
/// <param name="seed">Decides all inputs.</param>
public sealed class Mutator(int seed)
{
    private static readonly ulong[] s_absurd = [0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFF_FFF0, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, long.MaxValue, 1UL << 63, ulong.MaxValue];
    private readonly Random _random = new(seed);

    /// <summary>An input with one to four changes.</summary>
    public byte[] Next(IReadOnlyList<byte[]> good)
    {
        byte[] bytes = [.. good[_random.Next(good.Count)]];
        for (int changes = _random.Next(1, 5); changes > 0; changes--)
            bytes = Change(bytes, good);
        return bytes;
    }

    private byte[] Change(byte[] bytes, IReadOnlyList<byte[]> good)
    {
        int at = _random.Next(bytes.Length + 1), some = _random.Next(1, 17);
        if (bytes.Length == 0)
            return [(byte)_random.Next(256)];
        switch (_random.Next(9))
        {
            case 0:
                bytes[at % bytes.Length] ^= (byte)(1 << _random.Next(8));
                return bytes;
            case 1:
                bytes[at % bytes.Length] = (byte)_random.Next(256);
                return bytes;
            case 2:
                return bytes[..at];
            case 3:
                return [.. bytes[..at], .. bytes.Skip(at + some)];
            case 4: // a field a second time
                return [.. bytes[..at], .. bytes.Skip(at).Take(some), .. bytes[at..]];
            case 5:
                Number(bytes.AsSpan(at % bytes.Length));
                return bytes;
            case 6: // where lengths are written in as few bytes as they need
                var number = new byte[10];
                return [.. bytes[..at], .. number.AsSpan(0, Math.Min(Number(number), number.Length)), .. bytes[at..]];
            case 7:
                return [.. bytes[..at], .. Enumerable.Repeat((byte)_random.Next(0x80, 0x100), some), .. bytes[at..]];
            default: // the beginning of one and the end of another
                byte[] other = good[_random.Next(good.Count)];
                return [.. bytes[..at], .. other.AsSpan(_random.Next(other.Length + 1))];
        }
    }

    /// <summary>Writes a number that no honest length has, in one of the ways that lengths are written, as far as there is room.</summary>
    private int Number(Span<byte> place)
    {
        ulong value = s_absurd[_random.Next(s_absurd.Length)];
        Span<byte> bytes = stackalloc byte[10];
        int length;
        switch (_random.Next(5))
        {
            case 0:
                BinaryPrimitives.WriteUInt32LittleEndian(bytes, (uint)value);
                length = 4;
                break;
            case 1:
                BinaryPrimitives.WriteUInt32BigEndian(bytes, (uint)value);
                length = 4;
                break;
            case 2:
                BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
                length = 8;
                break;
            case 3:
                BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
                length = 8;
                break;
            default:
                for (length = 0; value >= 0x80; value >>= 7)
                    bytes[length++] = (byte)(value | 0x80);
                bytes[length++] = (byte)value;
                break;
        }

        bytes[..Math.Min(length, place.Length)].CopyTo(place);
        return length;
    }
}
