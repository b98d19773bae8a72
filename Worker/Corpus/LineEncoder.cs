using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Worker.Corpus.Tokenizers;

namespace DistEmbed.Worker.Corpus;

/// <summary>
/// Encodes new lines exactly as a job encoded its data: same tokenizer, case and limit. Words that the vocabulary lacks become
/// <see cref="WordVocabulary.UnknownRow"/> where the data is labelled and are left out where it is not. Serves any number of threads.
/// </summary>
public sealed class LineEncoder
{
    private readonly ITokenizer _tokenizer;
    private readonly WordVocabulary _vocabulary;
    private readonly bool _lowerCase;
    private readonly Normalization _normalization;
    private readonly bool _dropUnknown;
    private readonly int _maxTokens;

    /// <summary>Creates the encoder of a job's data.</summary>
    /// <exception cref="NotSupportedException">The job joins phrases: these hang on the whole text, not on a line.</exception>
    public LineEncoder(DataSpec spec, WordVocabulary vocabulary)
    {
        RefusePhrases(spec);
        _tokenizer = TokenizerCatalog.Get(spec.Tokenizer);
        _vocabulary = vocabulary;
        _lowerCase = spec.LowerCase;
        _normalization = spec.Normalization;
        _dropUnknown = !DataPreparation.IsLabelled(spec);
        _maxTokens = spec.MaxTokens ?? int.MaxValue;
    }

    internal static void RefusePhrases(DataSpec spec)
    {
        if (spec is PlainTextData { Phrases: not null })
            throw new NotSupportedException("phrases hang on the whole text: more of it cannot be encoded by itself");
    }

    /// <summary>The tokens of a line, before the limit and whether the vocabulary has them or not.</summary>
    public string[] Tokenize(string line)
    {
        var tokens = new TokenList();
        _tokenizer.Tokenize(UnicodeNormalization.Of(line, _normalization), tokens);
        if (_lowerCase)
            tokens.LowerCase();
        return tokens.ToArray();
    }

    /// <summary>The tokens of a line as the vocabulary would have them, up to the limit.</summary>
    public IEnumerable<string> Tokens(string line) => Tokenize(line).Take(_maxTokens);

    /// <summary>The tokens of a line as they are written, up to the limit, and the row of each.</summary>
    public IReadOnlyList<(string Word, int Row)> Words(string line)
    {
        var tokens = new TokenList();
        _tokenizer.Tokenize(UnicodeNormalization.Of(line, _normalization), tokens);
        return [.. tokens.ToArray().Take(_maxTokens).Select(word => (word, _vocabulary.RowOf(_lowerCase ? LowerCase.Of(word) : word)))];
    }

    /// <summary>Rows of the words of a line, without the label; none where nothing of the line is left.</summary>
    public int[] Encode(string line)
    {
        string[] tokens = Tokenize(line);
        var rows = new List<int>(tokens.Length);
        foreach (string token in tokens.Take(_maxTokens))
        {
            if (_vocabulary.TryRowOf(token, out int row) || !_dropUnknown)
                rows.Add(_vocabulary.RowOf(token));
        }
        return [.. rows];
    }
}
