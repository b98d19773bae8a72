using System.Globalization;
using System.Text;

namespace DistEmbed.Worker.Corpus.Tokenizers;

/// <summary>
/// Runs of letters, digits and the marks that combine with them are tokens, with apostrophes inside (<c>don't</c>, typographic ones too); every other visible
/// character is a token of its own. White space, control and format characters part tokens and are dropped. Works on any script that parts its words.
/// </summary>
public sealed class SimpleTokenizer : ITokenizer
{
    private enum Kind
    {
        Gap,
        Letter,
        Mark,
        Apostrophe,
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
                end += WordLength(line[end..]);
            if (kind != Kind.Gap)
                tokens.Add(line[i..end]);
            i = end;
        }
    }

    private static int WordLength(ReadOnlySpan<char> rest)
    {
        int i = 0;
        while (i < rest.Length)
        {
            Kind kind = KindAt(rest[i..], out int length);
            bool inside = kind is Kind.Letter or Kind.Mark
                || (kind == Kind.Apostrophe && i + length < rest.Length && KindAt(rest[(i + length)..], out _) == Kind.Letter);
            if (!inside)
                break;
            i += length;
        }
        return i;
    }

    private static Kind KindAt(ReadOnlySpan<char> text, out int length)
    {
        char c = text[0];
        length = 1;
        if (char.IsAsciiLetterOrDigit(c))
            return Kind.Letter;
        if (c is '\'' or '\u2019')
            return Kind.Apostrophe;
        if (c < 128)
            return c is > ' ' and < '\u007f' ? Kind.Symbol : Kind.Gap;
        if (Rune.DecodeFromUtf16(text, out Rune rune, out length) != System.Buffers.OperationStatus.Done)
            return Kind.Gap;
        return Rune.GetUnicodeCategory(rune) switch
        {
            UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter or UnicodeCategory.ModifierLetter
                or UnicodeCategory.OtherLetter or UnicodeCategory.DecimalDigitNumber => Kind.Letter,
            UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark => Kind.Mark,
            UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Control
                or UnicodeCategory.Format or UnicodeCategory.Surrogate => Kind.Gap,
            _ => Kind.Symbol,
        };
    }
}
