using System.Buffers;
using System.Globalization;
using System.Text;

namespace DistEmbed.Worker.Corpus.Tokenizers;

/// <summary>
/// Runs of letters, digits and the marks that combine with them are tokens; every other visible character is a token of its own, with what modifies it (an emoji of several
/// characters, a flag). White space and control characters part tokens and are dropped. Works on any script that parts its words.
/// <para>
/// Words end as Unicode has it (UAX 29, WB4 to WB7c), but that ASCII's colon and full stop always stand alone: apostrophes (<c>don't</c>, typographic ones too), middle dots
/// (Catalan <c>col·legi</c>) and Hebrew's gershayim stay between letters; format characters (soft hyphen, word joiner, marks of direction) stay between letters and are dropped
/// elsewhere; so do the joiners U+200C and U+200D, which stay behind a combining mark too, where they shape the letter. A zero width space parts words.
/// </para>
/// </summary>
public sealed class SimpleTokenizer : ITokenizer
{
    /// <summary>What stays between letters, beside ASCII's apostrophe: MidLetter and MidNumLet of UAX 29 without variants of the colon and the full stop.</summary>
    private static readonly SearchValues<char> s_middle = SearchValues.Create("\u00B7\u0387\u055F\u05F4\u2018\u2019\u2027\uFF07");

    private enum Kind
    {
        Gap,
        Letter,
        Mark,
        Middle,
        HebrewQuote,
        Format,
        Symbol,
    }

    /// <inheritdoc/>
    public void Tokenize(ReadOnlySpan<char> line, TokenList tokens)
    {
        int i = 0;
        while (i < line.Length)
        {
            Kind kind = KindAt(line[i..], out int length);
            int end = i + length;
            if (kind == Kind.Letter)
                end += WordLength(line[i..], length) - length;
            else if (kind is not (Kind.Gap or Kind.Format) && end < line.Length && line[end] >= 128)
                end = i + SymbolLength(line[i..], length);
            if (kind is not (Kind.Gap or Kind.Format))
                tokens.Add(line[i..end]);
            i = end;
        }
    }

    /// <summary>Length of the word at the start of a text whose first character, a letter, is <paramref name="first"/> long.</summary>
    private static int WordLength(ReadOnlySpan<char> text, int first)
    {
        int end = first, i = first;
        bool afterMark = false, hebrew = IsHebrew(text[0]);
        while (i < text.Length)
        {
            Kind kind = KindAt(text[i..], out int length);
            char c = text[i];
            if (kind is Kind.Letter or Kind.Mark)
            {
                if (kind == Kind.Letter)
                    hebrew = IsHebrew(c);
                afterMark = kind == Kind.Mark;
                end = i + length;
            }
            else if (kind == Kind.Format)
            {
                // Kept if the word goes on behind it: the end of the word waits.
                if (afterMark && c is '\u200C' or '\u200D' && end == i)
                    end = i + length;
            }
            else if (end != i || !StartsLetter(text[(i + length)..])
                || !(kind == Kind.Middle || (kind == Kind.HebrewQuote && hebrew && StartsHebrew(text[(i + 1)..]))))
            {
                break;
            }

            i += length;
        }

        return end;
    }

    /// <summary>Length of a symbol with all that modifies it; a joiner that joins nothing is not among that.</summary>
    private static int SymbolLength(ReadOnlySpan<char> text, int first)
    {
        int length = Math.Max(first, StringInfo.GetNextTextElementLength(text));
        while (length > first && text[length - 1] is '\u200C' or '\u200D')
            length--;
        return length;
    }

    private static bool StartsLetter(ReadOnlySpan<char> text) => !text.IsEmpty && KindAt(text, out _) == Kind.Letter;

    private static bool StartsHebrew(ReadOnlySpan<char> text) => !text.IsEmpty && IsHebrew(text[0]);

    private static bool IsHebrew(char c) => c is (>= '\u05D0' and <= '\u05F2') or (>= '\uFB1D' and <= '\uFB4F');

    private static Kind KindAt(ReadOnlySpan<char> text, out int length)
    {
        char c = text[0];
        length = 1;
        if (char.IsAsciiLetterOrDigit(c))
            return Kind.Letter;
        if (c == '\'' || s_middle.Contains(c))
            return Kind.Middle;
        if (c == '"')
            return Kind.HebrewQuote;
        if (c < 128)
            return c is > ' ' and < '\u007f' ? Kind.Symbol : Kind.Gap;
        if (c == '\u200B')
            return Kind.Gap;
        if (c == '\u05F3') // geresh: a letter with it is another letter
            return Kind.Mark;
        if (Rune.DecodeFromUtf16(text, out Rune rune, out length) != OperationStatus.Done)
            return Kind.Gap;
        return Rune.GetUnicodeCategory(rune) switch
        {
            UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter or UnicodeCategory.ModifierLetter
                or UnicodeCategory.OtherLetter or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber => Kind.Letter,
            UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark => Kind.Mark,
            UnicodeCategory.Format => Kind.Format,
            UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Control
                or UnicodeCategory.Surrogate => Kind.Gap,
            _ => Kind.Symbol,
        };
    }
}
