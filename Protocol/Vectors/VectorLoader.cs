using DistEmbed.Protocol.Vocabulary;

namespace DistEmbed.Protocol.Vectors;

/// <summary>Takes from a vector file what a vocabulary needs, and holds no more than that in memory.</summary>
public static class VectorLoader
{
    /// <summary>
    /// Loads the vectors of a vocabulary's words. The first of several entries of a word counts. With <paramref name="lowerCaseFallback"/> a word without an entry of its own
    /// takes the entry of its lower-case form, wherever in the file either stands.
    /// </summary>
    /// <param name="path">A file as <see cref="VectorFile"/> reads.</param>
    /// <param name="vocabulary">The words.</param>
    /// <param name="lowerCaseFallback">Whether to look a missing word up in lower case.</param>
    /// <param name="expectedDimension">The setting <c>vectors.dimension</c>, if there is one.</param>
    /// <param name="written">The vocabulary that the file was written in the order of, as a stage does it; null: the
    /// words are those that stand in the file.</param>
    /// <exception cref="InvalidInputException">The file cannot be used, has another dimension than expected, or other
    /// words than <paramref name="written"/>.</exception>
    public static LoadedVectors Load(
        string path, WordVocabulary vocabulary, bool lowerCaseFallback, int? expectedDimension = null, WordVocabulary? written = null)
    {
        Collector? collector = null;
        VocabularyOrderSink? ordered = null;
        VectorReadCounts counts = VectorFile.Read(path, info =>
        {
            if (expectedDimension is { } expected && expected != info.Dimension)
            {
                throw new InvalidInputException(
                    path, $"The vectors have {info.Dimension} numbers each, but vectors.dimension is {expected}.",
                    $"Set vectors.dimension to {info.Dimension}, leave it out, or name another file.");
            }
            collector = new Collector(vocabulary, lowerCaseFallback, info.Dimension);
            return written is null ? collector : ordered = new VocabularyOrderSink(collector, written, path);
        });
        ordered?.Complete();
        return collector!.Assemble(counts);
    }

    /// <summary>Keeps the wanted vectors in blocks, in the order of the file, until they are put in row order.</summary>
    private sealed class Collector : IVectorSink
    {
        private const int BlockNumbers = 1 << 20;
        private const int NotSeen = -1;
        private const int WordsShown = 3;

        private readonly WordVocabulary _vocabulary;
        private readonly bool _lowerCase;
        private readonly int _dimension;
        private readonly int _blockVectors;
        private readonly Dictionary<string, int> _places;
        private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _lookup;
        private readonly List<float[]> _blocks = [];
        private readonly List<string> _firstWords = [];
        private int _kept;
        private long _duplicates;

        public Collector(WordVocabulary vocabulary, bool lowerCase, int dimension)
        {
            (_vocabulary, _lowerCase, _dimension) = (vocabulary, lowerCase, dimension);
            _places = new Dictionary<string, int>(vocabulary.Rows, StringComparer.Ordinal);
            for (int row = WordVocabulary.FirstWordRow; row < vocabulary.Rows; row++)
            {
                string word = vocabulary.Word(row);
                _places.TryAdd(word, NotSeen);
                if (lowerCase)
                    _places.TryAdd(LowerCase.Of(word), NotSeen);
            }
            _lookup = _places.GetAlternateLookup<ReadOnlySpan<char>>();
            _blockVectors = Math.Clamp(BlockNumbers / dimension, 1, Math.Max(1, _places.Count));
        }

        public bool Wants(ReadOnlySpan<char> word)
        {
            if (_firstWords.Count < WordsShown)
                _firstWords.Add(new string(word));
            if (!_lookup.TryGetValue(word, out int place))
                return false;
            if (place == NotSeen)
                return true;
            _duplicates++;
            return false;
        }

        public void Accept(ReadOnlySpan<char> word, ReadOnlySpan<float> vector)
        {
            if (_kept % _blockVectors == 0)
                _blocks.Add(new float[_blockVectors * _dimension]);
            vector.CopyTo(_blocks[^1].AsSpan(_kept % _blockVectors * _dimension));
            _lookup[word] = _kept++;
        }

        public LoadedVectors Assemble(VectorReadCounts counts)
        {
            List<(int Row, int Place)> found = [];
            int exactly = 0;
            for (int row = WordVocabulary.FirstWordRow; row < _vocabulary.Rows; row++)
            {
                string word = _vocabulary.Word(row);
                int place = _places[word];
                if (place != NotSeen)
                    exactly++;
                else if (_lowerCase)
                    place = _places[LowerCase.Of(word)];
                if (place != NotSeen)
                    found.Add((row, place));
            }
            float[] values = new float[checked(found.Count * _dimension)];
            for (int i = 0; i < found.Count; i++)
            {
                int place = found[i].Place;
                _blocks[place / _blockVectors].AsSpan(place % _blockVectors * _dimension, _dimension).CopyTo(values.AsSpan(i * _dimension));
            }
            int words = _vocabulary.Rows - WordVocabulary.FirstWordRow;
            VectorReport report = new(words, exactly, found.Count - exactly, words - found.Count, _duplicates, Variance(values), counts) { FirstWords = _firstWords };
            return new LoadedVectors(_dimension, [.. found.Select(f => f.Row)], values, report);
        }

        /// <summary>Two passes, in row order: the same bits whatever the order of the file.</summary>
        private static double Variance(float[] values)
        {
            if (values.Length == 0)
                return 0;
            double sum = 0;
            foreach (float value in values)
                sum += value;
            double mean = sum / values.Length;
            double squares = 0;
            foreach (float value in values)
                squares += (value - mean) * (value - mean);
            return squares / values.Length;
        }
    }
}
