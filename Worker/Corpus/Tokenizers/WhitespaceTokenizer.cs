namespace DistEmbed.Worker.Corpus.Tokenizers;

/// <summary>
/// Splits at blanks and tabs of ASCII and nothing else, for text that is tokenised already. Other white space stays inside its token: treebanks write
/// "8 1/2" as one token with a no-break space.
/// </summary>
public sealed class WhitespaceTokenizer : ITokenizer
{
    /// <inheritdoc/>
    public void Tokenize(ReadOnlySpan<char> line, TokenList tokens)
    {
        foreach (Range token in line.SplitAny(' ', '\t'))
        {
            if (!line[token].IsEmpty)
                tokens.Add(line[token]);
        }
    }
}
