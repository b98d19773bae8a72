using System.Globalization;

namespace DistEmbed.Protocol.Vectors;

/// <summary>
/// Reads a decimal number to the nearest float32, correctly rounded. Nearly every number of a vector file has few digits and takes the exact path of Clinger
/// ("How to read floating point numbers accurately", PLDI 1990): both the digits and the power of ten are representable, so one division rounds once. The rest goes
/// to the runtime's parser.
/// </summary>
internal static class FloatText
{
    private static readonly float[] s_single = [1e0f, 1e1f, 1e2f, 1e3f, 1e4f, 1e5f, 1e6f, 1e7f, 1e8f, 1e9f, 1e10f];

    private static readonly double[] s_double =
    [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ];

    /// <summary>Reads all of <paramref name="field"/>; nan and infinity, as the C library prints them, are numbers here.</summary>
    public static bool TryParse(ReadOnlySpan<byte> field, out float value) => TryParse(field, 0, out value, out int end) && end == field.Length;

    /// <summary>Reads the field of <paramref name="line"/> that begins at <paramref name="start"/> and ends before the next blank, or at the end.</summary>
    public static bool TryParse(ReadOnlySpan<byte> line, int start, out float value, out int end)
    {
        int i = start;
        bool negative = false;
        if (i < line.Length && line[i] is (byte)'-' or (byte)'+')
            negative = line[i++] == (byte)'-';
        ulong digits = 0;
        int length = 0;
        int exponent = 0;
        for (; i < line.Length && (uint)(line[i] - '0') <= 9; i++, length++)
            digits = (digits * 10) + (uint)(line[i] - '0');
        if (i < line.Length && line[i] == (byte)'.')
        {
            int point = ++i;
            for (; i < line.Length && (uint)(line[i] - '0') <= 9; i++)
                digits = (digits * 10) + (uint)(line[i] - '0');
            length += i - point;
            exponent = point - i;
        }
        if (i < line.Length && line[i] is (byte)'e' or (byte)'E' && !TryReadExponent(line, ref i, ref exponent))
            return TryParseSlowly(line, start, out value, out end);
        // 19 digits cannot overflow; leading zeros only make this test too strict.
        if (length is 0 or > 19 || (i < line.Length && line[i] != (byte)' ') || !TryScale(digits, exponent, out value))
            return TryParseSlowly(line, start, out value, out end);
        if (negative)
            value = -value;
        end = i;
        return true;
    }

    private static bool TryReadExponent(ReadOnlySpan<byte> line, ref int i, ref int exponent)
    {
        int at = i + 1;
        bool negative = false;
        if (at < line.Length && line[at] is (byte)'-' or (byte)'+')
            negative = line[at++] == (byte)'-';
        int first = at;
        int value = 0;
        for (; at < line.Length && at - first < 4 && (uint)(line[at] - '0') <= 9; at++)
            value = (value * 10) + (line[at] - '0');
        if (at == first)
            return false;
        exponent += negative ? -value : value;
        i = at;
        return true;
    }

    private static bool TryScale(ulong digits, int exponent, out float value)
    {
        if (digits <= 1 << 24 && exponent is >= -10 and <= 10)
        {
            value = exponent < 0 ? digits / s_single[-exponent] : digits * s_single[exponent];
            return true;
        }
        if (digits <= 1UL << 53 && exponent is >= -22 and <= 22)
        {
            double exact = exponent < 0 ? digits / s_double[-exponent] : digits * s_double[exponent];
            value = (float)exact;
            // Rounding twice is wrong only where the first rounding lands on the middle between two floats.
            return (BitConverter.DoubleToUInt64Bits(exact) & 0x1FFF_FFFF) != 0x1000_0000;
        }
        value = 0;
        return false;
    }

    private static bool TryParseSlowly(ReadOnlySpan<byte> line, int start, out float value, out int end)
    {
        int length = line[start..].IndexOf((byte)' ');
        end = length < 0 ? line.Length : start + length;
        ReadOnlySpan<byte> field = line[start..end];
        const NumberStyles Style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        ReadOnlySpan<byte> unsigned = !field.IsEmpty && field[0] is (byte)'-' or (byte)'+' ? field[1..] : field;
        if (System.Text.Ascii.EqualsIgnoreCase(unsigned, "nan"u8))
            value = float.NaN;
        else if (System.Text.Ascii.EqualsIgnoreCase(unsigned, "inf"u8) || System.Text.Ascii.EqualsIgnoreCase(unsigned, "infinity"u8))
            value = float.PositiveInfinity;
        else
        {
            // The runtime overlooks NUL bytes behind a number.
            return float.TryParse(field, Style, CultureInfo.InvariantCulture, out value) && !field.Contains((byte)0);
        }
        return true;
    }
}
