using System.Collections.Concurrent;

namespace DistEmbed.Worker.Corpus.Cooccurrence;

/// <summary>
/// Counts how often words are near each other, word by word, as GloVe does (Pennington et al. 2014, section 4.2): a pair at distance d counts 1/d, within a sentence and the window.
/// <para>
/// It keeps the text and, for each word, where in the text it is. So the whole row of a word in the matrix is counted in one go, in an array with a place for each context: no table of
/// cells is needed, nothing is sorted or merged, and rows can be counted in any order and by any number of threads. Counts are whole numbers of 2^-32, so that no order of
/// additions changes them: 1/d is rounded to 2^-33, which after the final rounding to single precision does not show.
/// </para>
/// Thread-safe.
/// </summary>
internal sealed class CooccurrenceCounter
{
    private const int SentenceEnd = -1;

    private readonly int _window;
    private readonly bool _symmetric;
    private readonly int[] _text;
    private readonly int[] _starts;
    private readonly int[] _places;
    private readonly ulong[] _shares;
    private readonly ConcurrentBag<Scratch> _scratch = [];

    /// <summary>Reads the text once.</summary>
    /// <param name="data">Sentences.</param>
    /// <param name="rows">Rows of the vocabulary.</param>
    /// <param name="window">Largest distance that counts.</param>
    /// <param name="symmetric">Whether contexts on both sides count; else those before a word.</param>
    public CooccurrenceCounter(ExampleSet data, int rows, int window, bool symmetric)
    {
        (_window, _symmetric) = (window, symmetric);
        _shares = [.. Enumerable.Range(0, window + 1).Select(distance => distance == 0 ? 0 : (One + ((ulong)distance / 2)) / (ulong)distance)];
        _text = new int[checked(data.TokenCount + data.Count + 1)];
        _starts = new int[rows + 1];
        int place = 0;
        _text[place++] = SentenceEnd;
        for (int example = 0; example < data.Count; example++)
        {
            foreach (int token in data.Tokens(example))
            {
                _starts[token + 1]++;
                _text[place++] = token;
            }

            _text[place++] = SentenceEnd;
        }

        for (int row = 0; row < rows; row++)
            _starts[row + 1] += _starts[row];
        _places = new int[data.TokenCount];
        int[] next = _starts[..rows];
        for (place = 0; place < _text.Length; place++)
        {
            if (_text[place] != SentenceEnd)
                _places[next[_text[place]]++] = place;
        }
    }

    /// <summary>The count 1.</summary>
    public const ulong One = 1UL << 32;

    /// <summary>Counts the row of a word and hands each cell that is not zero to <paramref name="take"/>, in the order in which the text first has it.</summary>
    public void Count(int word, Action<int, ulong> take)
    {
        if (!_scratch.TryTake(out Scratch? scratch))
            scratch = new Scratch(_starts.Length - 1);
        for (int i = _starts[word]; i < _starts[word + 1]; i++)
        {
            int place = _places[i];
            for (int distance = 1; distance <= _window && _text[place - distance] is var before and not SentenceEnd; distance++)
                scratch.Add(before, _shares[distance]);
            if (!_symmetric)
                continue;
            for (int distance = 1; distance <= _window && _text[place + distance] is var after and not SentenceEnd; distance++)
                scratch.Add(after, _shares[distance]);
        }

        scratch.Empty(take);
        _scratch.Add(scratch);
    }

    /// <summary>How many pairs of words of the text are within the window of each other: ordered pairs, if both sides count.</summary>
    public static long Pairs(ExampleSet data, int window, bool symmetric)
    {
        long pairs = 0;
        for (int example = 0; example < data.Count; example++)
        {
            long length = data.Tokens(example).Length, reach = Math.Min(window, Math.Max(0, length - 1));
            pairs += (reach * length) - (reach * (reach + 1) / 2);
        }

        return symmetric ? 2 * pairs : pairs;
    }

    private sealed class Scratch(int rows)
    {
        private readonly ulong[] _counts = new ulong[rows];
        private readonly int[] _touched = new int[rows];
        private int _size;

        public void Add(int context, ulong share)
        {
            ref ulong count = ref _counts[context];
            if (count == 0)
                _touched[_size++] = context;
            count += share;
        }

        public void Empty(Action<int, ulong> take)
        {
            for (int i = 0; i < _size; i++)
            {
                int context = _touched[i];
                take(context, _counts[context]);
                _counts[context] = 0;
            }

            _size = 0;
        }
    }
}
