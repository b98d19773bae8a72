namespace DistEmbed.Worker.Corpus.Tokenizers;

/// <summary>
/// The tokens of a line, in one array of characters: reading a corpus of millions of words through it makes no string for any of them. For one thread.
/// </summary>
public sealed class TokenList
{
    private char[] _text = new char[256];
    private char[] _lower = [];
    private int[] _ends = new int[64];
    private int _length;

    /// <summary>Number of tokens.</summary>
    public int Count { get; private set; }

    /// <summary>A token; valid until the list changes.</summary>
    public ReadOnlySpan<char> this[int token]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)token, (uint)Count, nameof(token));
            int start = token == 0 ? 0 : _ends[token - 1];
            return _text.AsSpan(start, _ends[token] - start);
        }
    }

    /// <summary>Removes all tokens.</summary>
    public void Clear() => (Count, _length) = (0, 0);

    /// <summary>Appends a token, which is not empty.</summary>
    public void Add(ReadOnlySpan<char> token)
    {
        if (token.IsEmpty)
            throw new ArgumentException("a token has at least one character", nameof(token));
        if (_length + token.Length > _text.Length)
            Array.Resize(ref _text, Math.Max(_text.Length * 2, _length + token.Length));
        if (Count == _ends.Length)
            Array.Resize(ref _ends, Count * 2);
        token.CopyTo(_text.AsSpan(_length));
        _length += token.Length;
        _ends[Count++] = _length;
    }

    /// <summary>Lower-cases all tokens by the rules of no language (<see cref="Protocol.Vocabulary.LowerCase"/>).</summary>
    public void LowerCase()
    {
        if (Protocol.Vocabulary.LowerCase.NeedsContext(_text.AsSpan(0, _length)))
        {
            string[] tokens = ToArray();
            Clear();
            foreach (string token in tokens)
                Add(Protocol.Vocabulary.LowerCase.Of(token));
            return;
        }

        if (_lower.Length < _text.Length)
            _lower = new char[_text.Length];
        _text.AsSpan(0, _length).ToLowerInvariant(_lower);
        (_text, _lower) = (_lower, _text);
    }

    /// <summary>The tokens as text.</summary>
    public string[] ToArray()
    {
        string[] tokens = new string[Count];
        for (int i = 0; i < tokens.Length; i++)
            tokens[i] = this[i].ToString();
        return tokens;
    }
}
