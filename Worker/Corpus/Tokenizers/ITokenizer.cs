namespace DistEmbed.Worker.Corpus.Tokenizers;

/// <summary>Cuts a line of text into tokens. Tokenizers have no state, so one instance serves any number of threads.</summary>
public interface ITokenizer
{
    /// <summary>
    /// Appends the tokens of <paramref name="line"/> to <paramref name="tokens"/>, none of them empty. A blank always ends a token, so a long line may be given
    /// in pieces that were cut at blanks.
    /// </summary>
    void Tokenize(ReadOnlySpan<char> line, TokenList tokens);
}
