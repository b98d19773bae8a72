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

        if (_words.Count % BlockWords == 0)
            _blocks.Add(new float[BlockWords * Dimension]);
        Span<float> direction = _blocks[^1].AsSpan(_words.Count % BlockWords * Dimension, Dimension);
        double norm = Math.Sqrt(squares);
        if (norm > 0)
        {
            for (int i = 0; i < Dimension; i++)
                direction[i] = (float)(vector[i] / norm);
        }

        _words.Add(word);
    }

    /// <summary>The direction of a word, by its place in <see cref="Words"/>.</summary>
    public ReadOnlySpan<float> this[int word] => _blocks[word / BlockWords].AsSpan(word % BlockWords * Dimension, Dimension);

    /// <summary>The directions of words BlockWords * block and following, one after the other.</summary>
    internal ReadOnlySpan<float> Block(int block) => _blocks[block];

    /// <summary>Cosine of two words, in double precision from the first number to the last.</summary>
    public double Cosine(int a, int b)
    {
        ReadOnlySpan<float> first = this[a], second = this[b];
        double dot = 0;
        for (int i = 0; i < first.Length; i++)
            dot += (double)first[i] * second[i];
        return dot;
    }
}
