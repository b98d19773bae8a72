namespace DistEmbed.Protocol.Vocabulary;

/// <summary>
/// Words and their rows of the embedding. Row 0 is padding, row 1 stands for every unknown word; words follow by falling count, ties in ordinal order of the
/// word. Immutable.
/// </summary>
public sealed class WordVocabulary
{
    /// <summary>Row of the padding: zero, never changes.</summary>
    public const int PaddingRow = 0;

    /// <summary>Row of unknown words: starts at zero.</summary>
    public const int UnknownRow = 1;

    /// <summary>Rows before the first word.</summary>
    public const int FirstWordRow = 2;

    private readonly string[] _words;
    private readonly long[] _counts;
    private readonly Dictionary<string, int> _rows;

    /// <summary>Creates a vocabulary of words in row order, the first being row <see cref="FirstWordRow"/>.</summary>
    public WordVocabulary(IReadOnlyList<string> words, IReadOnlyList<long> counts)
    {
        if (words.Count != counts.Count)
            throw new ArgumentException("one count a word", nameof(counts));
        _words = ["<pad>", "<unk>", .. words];
        _counts = [0, 0, .. counts];
        _rows = new Dictionary<string, int>(words.Count, StringComparer.Ordinal);
        for (int row = FirstWordRow; row < _words.Length; row++)
        {
            if (!_rows.TryAdd(_words[row], row))
                throw new ArgumentException($"'{_words[row]}' twice", nameof(words));
        }
    }

    /// <summary>Number of rows, padding and unknown included.</summary>
    public int Rows => _words.Length;

    /// <summary>The word of a row; <c>&lt;pad&gt;</c> and <c>&lt;unk&gt;</c> for the first two.</summary>
    public string Word(int row) => _words[row];

    /// <summary>How often the word of a row was counted.</summary>
    public long Count(int row) => _counts[row];

    /// <summary>Row of a word, or <see cref="UnknownRow"/>.</summary>
    public int RowOf(string word) => _rows.GetValueOrDefault(word, UnknownRow);

    /// <summary>Row of a word, if it is known.</summary>
    public bool TryRowOf(string word, out int row) => _rows.TryGetValue(word, out row);

    /// <summary>The same words in the same rows, and more behind them that were never counted.</summary>
    /// <exception cref="ArgumentException">One of them is there already.</exception>
    public WordVocabulary With(IReadOnlyList<string> more) =>
        new([.. _words.AsSpan(FirstWordRow), .. more], [.. _counts.AsSpan(FirstWordRow), .. new long[more.Count]]);

    /// <summary>
    /// SHA-256, in lower-case hexadecimal, of the vocabulary's file (<see cref="VocabularyFile"/>): equal if and only if words, order and counts are equal. Computed anew at each call.
    /// </summary>
    public string Fingerprint() => VocabularyFile.Fingerprint(this);

    /// <summary>Orders counted words as the type's summary says, dropping those with fewer than <paramref name="minCount"/>.</summary>
    public static WordVocabulary FromCounts(IEnumerable<KeyValuePair<string, long>> counts, int minCount = 1)
    {
        var kept = counts.Where(c => c.Value >= minCount).ToList();
        kept.Sort((a, b) => a.Value != b.Value ? b.Value.CompareTo(a.Value) : string.CompareOrdinal(a.Key, b.Key));
        return new WordVocabulary([.. kept.Select(c => c.Key)], [.. kept.Select(c => c.Value)]);
    }
}
