using System.Globalization;
using System.Text;

namespace DistEmbed.Protocol.Files;

/// <summary>
/// A field of a file with tabs between fields and an end of line behind them. In a field a tab, newline, carriage
/// return and backslash stand as
/// <c>\t \n \r \\</c>, and other characters that some reader takes for the end of a line or that no line should hold
/// as <c>\u</c> with four hexadecimal digits.
/// </summary>
public static class TabField
{
    private const int HexDigits = 4;

    /// <summary>The field of a text; the text itself where nothing in it needs an escape.</summary>
    public static string Escape(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!text.Any(NeedsEscape))
            return text;
        var field = new StringBuilder(text.Length + 8);
        foreach (char c in text)
        {
            _ = c switch
            {
                '\t' => field.Append("\\t"),
                '\n' => field.Append("\\n"),
                '\r' => field.Append("\\r"),
                '\\' => field.Append("\\\\"),
                _ when NeedsEscape(c) => EscapeAsNumber(field, c),
                _ => field.Append(c),
            };
        }

        return field.ToString();
    }

    /// <summary>The text of a field; false: a backslash in it begins no escape.</summary>
    public static bool TryUnescape(string field, out string text)
    {
        ArgumentNullException.ThrowIfNull(field);
        text = field;
        if (!field.Contains('\\', StringComparison.Ordinal))
            return true;
        var plain = new StringBuilder(field.Length);
        for (int i = 0; i < field.Length; i++)
        {
            char c = field[i];
            if (c == '\\')
            {
                if (Meant(field, ref i) is not { } meant)
                    return false;
                c = meant;
            }

            plain.Append(c);
        }

        text = plain.ToString();
        return true;
    }

    private static char? Meant(string field, ref int at)
    {
        switch (++at < field.Length ? field[at] : '\0')
        {
            case 't': return '\t';
            case 'n': return '\n';
            case 'r': return '\r';
            case '\\': return '\\';
            case 'u' when at + HexDigits < field.Length:
                ReadOnlySpan<char> digits = field.AsSpan(at + 1, HexDigits);
                at += HexDigits;
                bool isNumber = ushort.TryParse(
                    digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort number);
                return isNumber ? (char)number : null;
            default: return null;
        }
    }

    private static bool NeedsEscape(char c) => c is '\\' or '\u2028' or '\u2029' or '\ufeff' || char.IsControl(c);

    private static StringBuilder EscapeAsNumber(StringBuilder field, char c) =>
        field.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
}
