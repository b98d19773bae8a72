using System.Buffers;

namespace DistEmbed.Worker.Corpus.Tokenizers;

/// <summary>
/// Splits at blanks, tabs and every character that ends lines, for text that is tokenised already. Other white space stays inside its token: treebanks write
/// "8 1/2" as one token with a no-break space.
/// </summary>
public sealed class WhitespaceTokenizer : ITokenizer
{
    /// <summary>
    /// Characters that programs which read text take for ends of lines: line feed, vertical tab, form feed, carriage return, the separators U+001C to U+001E,
    /// next line (U+0085), and the line and paragraph separators (U+2028, U+2029). A word with one of them would be two words in most files of words.
    /// </summary>
    internal const string LineEnds = "\n\v\f\r\u001C\u001D\u001E\u0085\u2028\u2029";

    private static readonly SearchValues<char> s_separators = SearchValues.Create(" \t" + LineEnds);

    /// <inheritdoc/>
    public void Tokenize(ReadOnlySpan<char> line, TokenList tokens)
    {
        while (true)
        {
            int start = line.IndexOfAnyExcept(s_separators);
            if (start < 0)
                return;
            line = line[start..];
            int end = line.IndexOfAny(s_separators);
            if (end < 0)
                end = line.Length;
            tokens.Add(line[..end]);
            line = line[end..];
        }
    }
}
