using System.Text;
using System.Text.Unicode;

namespace DistEmbed.Protocol.Files;

/// <summary>Recognises UTF-16 and UTF-32 that has no byte order mark: half of the bytes of such text, or three quarters, are NUL in a regular pattern.</summary>
public static class UnmarkedUnicode
{
    private const int Pair = 2, Four = 4;

    /// <summary>The encoding's name as .NET and <c>data.encoding</c> have it; null: the bytes look like none of them.</summary>
    /// <param name="start">The first bytes of a file, <see cref="ContentKind.SampleBytes"/> of them or all.</param>
    public static string? Of(ReadOnlySpan<byte> start)
    {
        Span<int> nuls = stackalloc int[Four];
        for (int i = 0; i < start.Length; i++)
            nuls[i % Four] += start[i] == 0 ? 1 : 0;
        ReadOnlySpan<byte> fours = start[..(start.Length / Four * Four)], pairs = start[..(start.Length / Pair * Pair)];
        int units = fours.Length / Four;
        if (units > 0 && nuls[3] >= units && 2 * nuls[2] > units && nuls[0] < units && IsValid(fours, new UTF32Encoding(false, false, true)))
            return "utf-32";
        if (units > 0 && nuls[0] >= units && 2 * nuls[1] > units && nuls[3] < units && IsValid(fours, new UTF32Encoding(true, false, true)))
            return "utf-32BE";

        int first = nuls[0] + nuls[2], second = nuls[1] + nuls[3];
        // Text of scripts that have NULs at blanks and line ends alone is no valid UTF-8; an ASCII file with a stray NUL is. Some letters of such scripts have a NUL too, in their
        // other byte, so there blanks and line ends are counted.
        bool isUtf8 = Utf8.IsValid(WithoutCutEnd(start));
        int enough = Math.Max(1, pairs.Length / Pair / (isUtf8 ? 4 : 100)), little = isUtf8 ? 0 : Spaces(pairs, 0), big = isUtf8 ? 0 : Spaces(pairs, 1);
        if (((first == 0 && second > enough) || (little > enough && little > 4 * big)) && IsValid(pairs, new UnicodeEncoding(false, false, true)))
            return "utf-16";
        return ((second == 0 && first > enough) || (big > enough && big > 4 * little)) && IsValid(pairs, new UnicodeEncoding(true, false, true)) ? "utf-16BE" : null;
    }

    /// <summary>Blanks, tabs and line ends in UTF-16 whose first or second byte is the character, and the other a NUL.</summary>
    private static int Spaces(ReadOnlySpan<byte> pairs, int character)
    {
        int spaces = 0;
        for (int i = 0; i < pairs.Length; i += Pair)
            spaces += pairs[i + character] is (byte)' ' or (byte)'\n' or (byte)'\t' or (byte)'\r' && pairs[i + 1 - character] == 0 ? 1 : 0;
        return spaces;
    }

    /// <summary>Whether bytes that are said to be UTF-16 or UTF-32 are UTF-8: no line of such text does without a NUL.</summary>
    public static bool IsUtf8(ReadOnlySpan<byte> start) => !start.IsEmpty && !start.Contains((byte)0) && Utf8.IsValid(WithoutCutEnd(start));

    /// <summary>Bytes without a character that may be cut at their end.</summary>
    private static ReadOnlySpan<byte> WithoutCutEnd(ReadOnlySpan<byte> bytes)
    {
        for (int back = 1; back <= Math.Min(3, bytes.Length); back++)
        {
            if ((bytes[^back] & 0xC0) == 0xC0)
                return bytes[..^back];
        }

        return bytes;
    }

    private static bool IsValid(ReadOnlySpan<byte> bytes, Encoding strict)
    {
        try
        {
            strict.GetDecoder().GetCharCount(bytes, flush: false);
            return true;
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
    }
}
