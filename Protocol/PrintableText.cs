using System.Buffers;
using System.Globalization;
using System.Text;

namespace DistEmbed.Protocol;

/// <summary>
/// Text of files and users as messages and tables show it: on one line, and without characters that a terminal obeys.
/// Line ends and other control characters,
/// characters that change the direction of writing, byte order marks and halves of surrogate pairs are escaped as
/// <c>\n</c>, <c>\t</c>, <c>\u001b</c>.
/// </summary>
public static class PrintableText
{
    /// <summary>Characters of a value that a message quotes; what is longer is cut.</summary>
    public const int LongestValue = 60;

    private const string Cut = "...";
    private const int MostListed = 10;
    private const int LongestList = 300;

    /// <summary>
    /// The text with the characters escaped that do not belong on a line of a terminal; as long as it is.
    /// </summary>
    public static string Escape(string text) => IsPlain(text) ? text : Shown(text, int.MaxValue);

    /// <summary>The beginning of a value, escaped, with "..." where it was cut.</summary>
    public static string Excerpt(ReadOnlySpan<char> text, int longest = LongestValue) => Shown(text, longest);

    /// <summary>Names with commas between: about ten, and how many more there are.</summary>
    /// <param name="names">The names, or the first of them.</param>
    /// <param name="count">How many there are; null: these.</param>
    public static string List(IEnumerable<string> names, long? count = null)
    {
        var list = new StringBuilder();
        long all = 0, listed = 0;
        foreach (string name in names)
        {
            // Once one is not shown, none is that follows it.
            if (listed == all++ && listed < MostListed && list.Length <= LongestList)
                list.Append(listed++ > 0 ? ", " : "").Append(Excerpt(name));
        }

        long more = (count ?? all) - listed;
        return more == 0 ? list.ToString() : list.Append(CultureInfo.InvariantCulture, $" and {more:N0} more").ToString();
    }

    /// <summary>The text on one line; of what is longer, the beginning and the end.</summary>
    internal static string Line(string text, int longest)
    {
        string line = Escape(text);
        if (line.Length <= longest)
            return line;
        int head = longest / 2, tail = line.Length - (longest - Cut.Length - head);
        // A pair of surrogates stays whole.
        if (char.IsHighSurrogate(line[head - 1]))
            head--;
        if (char.IsLowSurrogate(line[tail]))
            tail++;
        return $"{line.AsSpan(0, head)}{Cut}{line.AsSpan(tail)}";
    }

    private static string Shown(ReadOnlySpan<char> text, int longest)
    {
        if (text.Length <= longest && IsPlain(text))
            return text.ToString();
        var shown = new StringBuilder(Math.Min(text.Length, longest));
        while (!text.IsEmpty)
        {
            if (shown.Length >= longest)
                return shown.Append(Cut).ToString();
            bool whole = Rune.DecodeFromUtf16(text, out Rune rune, out int used) == OperationStatus.Done;
            if (whole && !IsObeyed(rune))
                shown.Append(text[..used]);
            else
                AppendEscaped(shown, text[..used]);
            text = text[used..];
        }

        return shown.ToString();
    }

    private static void AppendEscaped(StringBuilder shown, ReadOnlySpan<char> characters)
    {
        foreach (char c in characters)
        {
            _ = c switch
            {
                '\n' => shown.Append("\\n"),
                '\r' => shown.Append("\\r"),
                '\t' => shown.Append("\\t"),
                _ => shown.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
            };
        }
    }

    /// <summary>
    /// Whether a look at each character is enough to see that nothing needs an escape; false says nothing.
    /// </summary>
    private static bool IsPlain(ReadOnlySpan<char> text)
    {
        foreach (char c in text)
        {
            if (c < ' ' || (c >= '\u007f' && (char.IsSurrogate(c) || IsObeyed((Rune)c))))
                return false;
        }

        return true;
    }

    private static bool IsObeyed(Rune rune) =>
        rune.Value is 0x061C or 0x200E or 0x200F or (>= 0x202A and <= 0x202E) or (>= 0x2066 and <= 0x2069) or 0xFEFF
        || Rune.GetUnicodeCategory(rune)
            is UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
