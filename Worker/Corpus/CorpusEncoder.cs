using System.Runtime.InteropServices;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Worker.Corpus.Tokenizers;

namespace DistEmbed.Worker.Corpus;

/// <summary>
/// Turns text into ids in one pass: every new word gets the next number, and once all text is in and counted the numbers become rows of the vocabulary. So a
/// corpus of any number of tokens costs four bytes a token, and text is never held.
/// </summary>
internal sealed class CorpusEncoder(DataSpec spec)
{
    private readonly ITokenizer _tokenizer = TokenizerCatalog.Get(spec.Tokenizer);
    private readonly TokenList _line = new();
    private readonly List<string> _words = [];
    private readonly List<long> _counts = [];
    private readonly List<int> _starts = [0];
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _numbers =
        new Dictionary<string, int>(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();

    private int[] _tokens = new int[1 << 16];
    private int _length;
    private bool _cut;

    /// <summary>Number of finished examples.</summary>
    public int Examples => _starts.Count - 1;

    /// <summary>Number of tokens of all examples.</summary>
    public int Tokens => _length;

    /// <summary>Number of distinct words. Takes a look at each.</summary>
    public int Words => _counts.Count(count => count > 0); // phrases may have taken all there was of a word

    /// <summary>Finished examples that lost tokens to the spec's limit.</summary>
    public int CutExamples { get; private set; }

    /// <summary>Number of tokens of a finished example.</summary>
    public int TokensOf(int example) => _starts[example + 1] - _starts[example];

    /// <summary>Number of tokens of the example that is open.</summary>
    public int OpenTokens => _length - _starts[^1];

    /// <summary>Appends text to the example that is open.</summary>
    public void Append(ReadOnlySpan<char> text)
    {
        _line.Clear();
        if (spec.Normalization != Normalization.None)
            text = UnicodeNormalization.Of(text.ToString(), spec.Normalization);
        _tokenizer.Tokenize(text, _line);
        if (spec.LowerCase)
            _line.LowerCase();
        int limit = spec.MaxTokens ?? int.MaxValue;
        for (int i = 0; i < _line.Count; i++)
        {
            if (_length - _starts[^1] >= limit)
            {
                _cut = true;
                return;
            }
            Add(_line[i]);
        }
    }

    /// <summary>Appends what is a token already to the example that is open.</summary>
    /// <returns>Whether it was taken: an example that is as long as the spec allows takes no more.</returns>
    public bool AppendToken(ReadOnlySpan<char> token)
    {
        if (_length - _starts[^1] >= (spec.MaxTokens ?? int.MaxValue))
        {
            _cut = true;
            return false;
        }
        _line.Clear();
        _line.Add(spec.Normalization == Normalization.None ? token : UnicodeNormalization.Of(token.ToString(), spec.Normalization));
        if (spec.LowerCase)
            _line.LowerCase();
        Add(_line[0]);
        return true;
    }

    /// <summary>Takes back what was appended to the example that is open.</summary>
    public void DropOpen()
    {
        Span<long> counts = CollectionsMarshal.AsSpan(_counts);
        foreach (int number in _tokens.AsSpan(_starts[^1], OpenTokens))
            counts[number]--;
        (_length, _cut) = (_starts[^1], false);
    }

    /// <summary>Ends the open example and returns its number of tokens.</summary>
    public int EndExample()
    {
        int tokens = _length - _starts[^1];
        _starts.Add(_length);
        if (_cut)
            CutExamples++;
        _cut = false;
        return tokens;
    }

    /// <summary>
    /// Makes one word of each pair of neighbours that scores above a threshold. A sentence is read from the left, and what was just joined is not joined again; counts
    /// are those of the new text afterwards.
    /// </summary>
    public PhrasePass Join(PhrasesSpec phrases, double threshold)
    {
        Dictionary<ulong, double> found = new PhraseFinder(phrases).Find(
            _tokens.AsSpan(0, _length), CollectionsMarshal.AsSpan(_starts), CollectionsMarshal.AsSpan(_counts), threshold);
        string TextOf(ulong pair) => _words[PhraseFinder.First(pair)] + phrases.Separator + _words[PhraseFinder.Second(pair)];
        string[] best = [.. found.Select(p => (p.Value, Text: TextOf(p.Key)))
            .OrderByDescending(p => p.Value).ThenBy(p => p.Text, StringComparer.Ordinal).Select(p => p.Text).Distinct()];
        var numbers = new Dictionary<ulong, int>(found.Count);
        foreach (ulong pair in found.Keys)
            numbers.Add(pair, NumberOf(TextOf(pair)));
        return new PhrasePass(threshold, Join(numbers), best);
    }

    /// <summary>The words with their counts.</summary>
    public IEnumerable<KeyValuePair<string, long>> Counts() => _words.Select((word, number) => KeyValuePair.Create(word, _counts[number]));

    /// <summary>The words that are seen often enough, by their counts.</summary>
    /// <exception cref="InvalidInputException">There is none.</exception>
    public WordVocabulary Vocabulary()
    {
        WordVocabulary vocabulary = WordVocabulary.FromCounts(Counts(), spec.MinCount);
        return vocabulary.Rows > WordVocabulary.FirstWordRow ? vocabulary
            : throw NoWord("of the text");
    }

    /// <summary>
    /// The rows of the words of labelled data. By their counts in the train part those that are seen often enough there; behind them, in ordinal order and with the count 0,
    /// those of other parts that have a vector. Under <see cref="VocabularyParts.AllParts"/> as <see cref="Vocabulary()"/>.
    /// </summary>
    /// <param name="train">The examples of the train part.</param>
    /// <param name="vectors">Which words have a vector; null: none.</param>
    /// <exception cref="InvalidInputException">No word of the train part is seen often enough.</exception>
    public PartVocabulary Vocabulary(ReadOnlySpan<int> train, VectorWords? vectors)
    {
        if (spec is not LabelledData { Vocabulary: VocabularyParts.Train })
        {
            WordVocabulary all = Vocabulary();
            return new PartVocabulary(all, all);
        }

        long[] counts = CountsIn(train);
        var known = WordVocabulary.FromCounts(_words.Select((word, number) => KeyValuePair.Create(word, counts[number])), spec.MinCount);
        if (known.Rows == WordVocabulary.FirstWordRow)
            throw NoWord("of the train part");
        string[] others = [.. _words.Where((word, number) => _counts[number] > counts[number] && !known.TryRowOf(word, out _)).Order(StringComparer.Ordinal)];
        string[] found = vectors is null || others.Length == 0 ? [] : [.. vectors(others).Order(StringComparer.Ordinal)];
        return new PartVocabulary(known.With(found), known);
    }

    /// <summary>Words of some examples that are seen less often there than the spec asks for, and how often all of them are.</summary>
    public (int Words, long Tokens) RareIn(ReadOnlySpan<int> examples)
    {
        long[] rare = [.. CountsIn(examples).Where(count => count > 0 && count < spec.MinCount)];
        return (rare.Length, rare.Sum());
    }

    /// <summary>Tokens whose word <paramref name="vocabulary"/> does not have.</summary>
    public long UnknownTokens(WordVocabulary vocabulary) => _words.Select((word, number) => vocabulary.TryRowOf(word, out _) ? 0 : _counts[number]).Sum();

    /// <summary>Some examples with rows for words; unknown words become <see cref="WordVocabulary.UnknownRow"/>.</summary>
    /// <param name="examples">Which of them, in order.</param>
    /// <param name="labels">Label of each finished example.</param>
    /// <param name="vocabulary">Words and their rows.</param>
    /// <param name="annotations">Annotations of each finished example; null: there are none.</param>
    public ExampleSet Select(ReadOnlySpan<int> examples, ReadOnlySpan<int> labels, WordVocabulary vocabulary, IReadOnlyList<int[]>? annotations = null)
    {
        int[] rows = Rows(vocabulary, WordVocabulary.UnknownRow);
        int[] starts = new int[examples.Length + 1];
        for (int i = 0; i < examples.Length; i++)
            starts[i + 1] = starts[i] + TokensOf(examples[i]);
        int[] tokens = new int[starts[^1]];
        int[] chosen = new int[examples.Length];
        for (int i = 0; i < examples.Length; i++)
        {
            chosen[i] = labels[examples[i]];
            ReadOnlySpan<int> source = _tokens.AsSpan(_starts[examples[i]], TokensOf(examples[i]));
            for (int t = 0; t < source.Length; t++)
                tokens[starts[i] + t] = rows[source[t]];
        }
        if (annotations is null)
            return new ExampleSet(starts, tokens, chosen);
        int[] annotationStarts = new int[examples.Length + 1];
        var chosenAnnotations = new List<int>();
        for (int i = 0; i < examples.Length; i++)
        {
            chosenAnnotations.AddRange(annotations[examples[i]]);
            annotationStarts[i + 1] = chosenAnnotations.Count;
        }
        return new ExampleSet(starts, tokens, chosen, annotationStarts, [.. chosenAnnotations]);
    }

    /// <summary>
    /// All examples without labels, as word2vec reads text: unknown words are left out, what is left is cut into pieces of at most
    /// <paramref name="longest"/> tokens, and examples of which nothing is left are dropped. Uses the encoder's memory, which is empty afterwards.
    /// </summary>
    public ExampleSet TakeUnlabelled(WordVocabulary vocabulary, int longest)
    {
        int[] rows = Rows(vocabulary, -1);
        var starts = new List<int>(_starts.Count) { 0 };
        int kept = 0;
        for (int example = 0; example < Examples; example++)
        {
            for (int t = _starts[example]; t < _starts[example + 1]; t++)
            {
                int row = rows[_tokens[t]];
                if (row < 0)
                    continue;
                if (kept - starts[^1] == longest)
                    starts.Add(kept);
                _tokens[kept++] = row;
            }
            if (kept > starts[^1])
                starts.Add(kept);
        }
        int[] tokens = _tokens;
        Array.Resize(ref tokens, kept);
        (_tokens, _length) = ([], 0);
        _starts.RemoveRange(1, Examples);
        int[] labels = new int[starts.Count - 1];
        Array.Fill(labels, -1);
        return new ExampleSet([.. starts], tokens, labels);
    }

    private long Join(Dictionary<ulong, int> numbers)
    {
        Span<long> counts = CollectionsMarshal.AsSpan(_counts);
        int from = 0, kept = 0;
        for (int example = 0; example < Examples; example++)
        {
            int end = _starts[example + 1];
            for (; from < end; from++)
            {
                int token = _tokens[from];
                if (from + 1 < end && numbers.TryGetValue(PhraseFinder.Key(token, _tokens[from + 1]), out int phrase))
                {
                    counts[token]--;
                    counts[_tokens[++from]]--;
                    counts[token = phrase]++;
                }

                _tokens[kept++] = token;
            }

            _starts[example + 1] = kept;
        }

        long joins = _length - kept;
        _length = kept;
        return joins;
    }

    private long[] CountsIn(ReadOnlySpan<int> examples)
    {
        var counts = new long[_words.Count];
        foreach (int example in examples)
        {
            for (int t = _starts[example]; t < _starts[example + 1]; t++)
                counts[_tokens[t]]++;
        }

        return counts;
    }

    private InvalidInputException NoWord(string where) =>
        new("data.minCount", FormattableString.Invariant($"No word {where} is seen {spec.MinCount} times."), "Lower data.minCount.");

    private int NumberOf(ReadOnlySpan<char> word)
    {
        if (!_numbers.TryGetValue(word, out int number))
        {
            number = _words.Count;
            string text = word.ToString();
            _numbers.Dictionary.Add(text, number);
            _words.Add(text);
            _counts.Add(0);
        }

        return number;
    }

    private void Add(ReadOnlySpan<char> word)
    {
        int number = NumberOf(word);
        CollectionsMarshal.AsSpan(_counts)[number]++;
        if (_length == _tokens.Length)
        {
            if (_length == Array.MaxLength)
                throw new InvalidInputException("data", $"The text has more than {Array.MaxLength} tokens.", "Train on parts of it.");
            Array.Resize(ref _tokens, (int)Math.Min(Array.MaxLength, _tokens.Length * 2L));
        }
        _tokens[_length++] = number;
    }

    private int[] Rows(WordVocabulary vocabulary, int unknown)
    {
        int[] rows = new int[_words.Count];
        for (int number = 0; number < rows.Length; number++)
            rows[number] = vocabulary.TryRowOf(_words[number], out int row) ? row : unknown;
        return rows;
    }
}
