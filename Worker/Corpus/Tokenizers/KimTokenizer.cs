namespace DistEmbed.Worker.Corpus.Tokenizers;

/// <summary>
/// <c>clean_str</c> of the code of Kim, "Convolutional Neural Networks for Sentence Classification", EMNLP 2014: as <see cref="SstTokenizer"/>, and then a
/// token begins at each <c>'s 've n't 're 'd 'll</c>, and <c>, ! ( ) ?</c> stand alone. Kim lower-cases afterwards (not for TREC), which here is the job's
/// setting; so, as there, clitics are looked for in lower case only.
/// One thing differs on purpose: the replacement strings of that code leave a backslash, <c>\( \) \?</c>, and such tokens match no pretrained vector. Here they
/// are <c>( ) ?</c>. The number of types is the same.
/// </summary>
public sealed class KimTokenizer : ITokenizer
{
    private static readonly string[] Clitics = ["'s", "'ve", "n't", "'re", "'d", "'ll"];

    /// <inheritdoc/>
    public void Tokenize(ReadOnlySpan<char> line, TokenList tokens)
    {
        // The original is a chain of replacements. Each only puts blanks in, and none puts one inside what a later one looks for, so one pass does the same.
        int start = 0;
        for (int i = 0; i < line.Length; i++)
        {
            char c = line[i];
            if (c is ',' or '!' or '(' or ')' or '?')
            {
                Flush(line[start..i], tokens);
                tokens.Add(line.Slice(i, 1));
                start = i + 1;
            }
            else if (!SstTokenizer.Kept.Contains(c))
            {
                Flush(line[start..i], tokens);
                start = i + 1;
            }
            else if (c is '\'' or 'n' && StartsWithClitic(line[i..]))
            {
                Flush(line[start..i], tokens);
                start = i;
            }
        }
        Flush(line[start..], tokens);
    }

    private static void Flush(ReadOnlySpan<char> token, TokenList tokens)
    {
        if (!token.IsEmpty)
            tokens.Add(token);
    }

    private static bool StartsWithClitic(ReadOnlySpan<char> text)
    {
        foreach (string clitic in Clitics)
        {
            if (text.StartsWith(clitic))
                return true;
        }
        return false;
    }
}
