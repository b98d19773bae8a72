using DistEmbed.Protocol.Vocabulary;

namespace DistEmbed.Worker.Evaluation.Intrinsic;

/// <summary>
/// Words, the most frequent first, with their vectors scaled to unit length, in blocks of <see cref="BlockWords"/>. A zero vector stays zero: its cosine to any other is 0.
/// </summary>
/// <param name="dimension">Numbers a vector.</param>
public sealed class WordDirections(int dimension)
{
    /// <summary>Words a block; the last block may have fewer, followed by zeros.</summary>
    public const int BlockWords = 128;

    private readonly List<string> _words = [];
    private readonly List<float[]> _blocks = [];

    /// <summary>Numbers a vector.</summary>
    public int Dimension { get; } = dimension;

    /// <summary>Words taken so far, by falling frequency.</summary>
    public IReadOnlyList<string> Words => _words;

    /// <summary>Words that were left out, since a number of their vector is not finite.</summary>
    public int NotFinite { get; private set; }

    /// <summary>Takes the most frequent words of a vocabulary from a table that need not be in memory, and whose rows may come in any order.</summary>
    /// <param name="vocabulary">The words and their rows.</param>
    /// <param name="dimension">Numbers a row.</param>
    /// <param name="most">Words to take, at most.</param>
    /// <param name="table">The rows.</param>
    public static WordDirections Of(WordVocabulary vocabulary, int dimension, int most, WordRowScan table)
    {
        int count = Math.Min(most, vocabulary.Rows - WordVocabulary.FirstWordRow);
        var words = new WordDirections(dimension);
        words.MakeRoom(count);
        table((row, values) =>
        {
            if (row >= WordVocabulary.FirstWordRow && row < WordVocabulary.FirstWordRow + count)
                values.CopyTo(words.Slot(row - WordVocabulary.FirstWordRow));
        });
        // Scaled where they lie; those that are left out make room for the words behind them.
        for (int i = 0; i < count; i++)
            words.Add(vocabulary.Word(WordVocabulary.FirstWordRow + i), words.Slot(i));
        for (int i = words._words.Count; i < count; i++)
            words.Slot(i).Clear();
        return words;
    }

    /// <summary>Takes the next word, less frequent than those before.</summary>
    /// <exception cref="ArgumentException">The vector has another dimension.</exception>
    public void Add(string word, ReadOnlySpan<float> vector)
    {
        if (vector.Length != Dimension)
            throw new ArgumentException($"{vector.Length} numbers instead of {Dimension}", nameof(vector));
        double squares = 0;
        foreach (float value in vector)
            squares += (double)value * value;
        if (!double.IsFinite(squares))
        {
            NotFinite++;
            return;
        }

        MakeRoom(_words.Count + 1);
        Span<float> direction = Slot(_words.Count);
        double norm = squares == 0 ? 1 : Math.Sqrt(squares);
        for (int i = 0; i < Dimension; i++)
            direction[i] = (float)(vector[i] / norm);
        _words.Add(word);
    }

    /// <summary>The direction of a word, by its place in <see cref="Words"/>.</summary>
    public ReadOnlySpan<float> this[int word] => Slot(word);

    /// <summary>The directions of words BlockWords * block and following, one after the other.</summary>
    internal ReadOnlySpan<float> Block(int block) => _blocks[block];

    /// <summary>
    /// Cosine of two words, in double precision from the first number to the last. Rounding of the directions takes it
    /// no further than 1.
    /// </summary>
    public double Cosine(int a, int b)
    {
        ReadOnlySpan<float> first = this[a], second = this[b];
        double dot = 0;
        for (int i = 0; i < first.Length; i++)
            dot += (double)first[i] * second[i];
        return Math.Clamp(dot, -1, 1);
    }

    private Span<float> Slot(int word) => _blocks[word / BlockWords].AsSpan(word % BlockWords * Dimension, Dimension);

    private void MakeRoom(int words)
    {
        while (_blocks.Count * BlockWords < words)
            _blocks.Add(new float[BlockWords * Dimension]);
    }
}
