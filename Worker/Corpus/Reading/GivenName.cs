using System.Buffers;
using System.Globalization;
using DistEmbed.Protocol;
using DistEmbed.Worker.Corpus.Tokenizers;

namespace DistEmbed.Worker.Corpus.Reading;

/// <summary>
/// Checks the names that data bring along ready made, words and labels, before anything is trained: they have to fit on a line of the files that are made of them.
/// </summary>
internal static class GivenName
{
    private const char ByteOrderMark = '\uFEFF';

    private static readonly SearchValues<char> s_lineEnds = SearchValues.Create("\0" + WhitespaceTokenizer.LineEnds);

    /// <summary>Refuses words with a line end or a NUL character in them; blanks are legal.</summary>
    /// <param name="words">A word, or a line of words.</param>
    /// <param name="file">Its file, for the error.</param>
    /// <param name="line">Its line there.</param>
    /// <exception cref="InvalidInputException">There is one.</exception>
    public static void CheckWords(ReadOnlySpan<char> words, string file, int line)
    {
        int at = words.IndexOfAny(s_lineEnds);
        if (at >= 0)
            throw new InvalidInputException(Place(file, line), $"A word holds the character {Code(words[at])}, which ends lines.", "Take it out: a word has to fit on a line.");
    }

    /// <summary>A label without white space and byte order marks around it: labels are compared by that.</summary>
    /// <param name="label">The label as it is written.</param>
    /// <param name="file">Its file, for the error.</param>
    /// <param name="line">Its line there; 0: the file has no lines.</param>
    /// <exception cref="InvalidInputException">Nothing is left, or it holds a line end, a tab or another control character.</exception>
    public static string Label(string label, string file, int line)
    {
        string name = Trim(label);
        if (name.Length == 0)
            throw new InvalidInputException(Place(file, line), "The label is empty.", "Give every example a label.");
        foreach (char c in name)
        {
            if (char.IsControl(c) || s_lineEnds.Contains(c))
            {
                throw new InvalidInputException(Place(file, line), $"The label '{name}' holds the character {Code(c)}.",
                    "A label is on one line, without tabs and other control characters: correct it, or check which column or field is the label.");
            }
        }

        return name;
    }

    /// <summary>A name without what cannot be seen around it.</summary>
    public static string Trim(string name)
    {
        string trimmed = name.Trim();
        return trimmed.Length > 0 && (trimmed[0] == ByteOrderMark || trimmed[^1] == ByteOrderMark) ? Trim(trimmed.Trim(ByteOrderMark)) : trimmed;
    }

    private static string Place(string file, int line) => line > 0 ? string.Create(CultureInfo.InvariantCulture, $"{file}:{line}") : file;

    private static string Code(char c) => $"U+{(int)c:X4}";
}
