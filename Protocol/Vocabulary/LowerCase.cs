using System.Globalization;
using System.Text;

namespace DistEmbed.Protocol.Vocabulary;

/// <summary>
/// Lower-cases words by Unicode's rules for no language in particular, as Python and most makers of vectors do: one character for one, but for I with a dot (U+0130), which
/// becomes an i and a combining dot, and for the sigma at the end of a word.
/// </summary>
public static class LowerCase
{
    private const char DottedI = '\u0130', Sigma = '\u03A3';

    /// <summary>Whether text has a character that is not lower-cased by itself alone.</summary>
    public static bool NeedsContext(ReadOnlySpan<char> text) => text.ContainsAny(DottedI, Sigma);

    /// <summary>A word in lower case.</summary>
    public static string Of(string word)
    {
        string simple = word.ToLowerInvariant();
        if (!NeedsContext(word))
            return simple;
        var lower = new StringBuilder(word.Length + 1);
        for (int i = 0; i < word.Length; i++)
        {
            _ = word[i] switch
            {
                DottedI => lower.Append("i\u0307"),
                Sigma => lower.Append(IsCased(word, i, -1) && !IsCased(word, i, +1) ? '\u03C2' : '\u03C3'),
                _ => lower.Append(simple[i]),
            };
        }

        return lower.ToString();
    }

    /// <summary>Whether the next character on one side, but for those that case passes over, has a case.</summary>
    private static bool IsCased(string word, int at, int step)
    {
        for (int i = at + step; i >= 0 && i < word.Length; i += step)
        {
            switch (CharUnicodeInfo.GetUnicodeCategory(word[i]))
            {
                case UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter:
                    return true;
                case UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format or UnicodeCategory.ModifierLetter or UnicodeCategory.ModifierSymbol:
                    continue;
                default:
                    if (word[i] is '\'' or '.' or ':' or '\u00B7' or '\u2019')
                        continue;
                    return false;
            }
        }

        return false;
    }
}
