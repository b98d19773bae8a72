using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Worker.Corpus.Tokenizers;

/// <summary>Which tokenizer a job's setting names.</summary>
public static class TokenizerCatalog
{
    /// <summary>The tokenizer of a kind.</summary>
    public static ITokenizer Get(TokenizerKind kind) => kind switch
    {
        TokenizerKind.Simple => new SimpleTokenizer(),
        TokenizerKind.Whitespace => new WhitespaceTokenizer(),
        TokenizerKind.Kim => new KimTokenizer(),
        TokenizerKind.Sst => new SstTokenizer(),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "no such tokenizer"),
    };
}
