using System.Runtime.Intrinsics;
using DistEmbed.Protocol.Vocabulary;

namespace DistEmbed.Worker.Evaluation;

/// <summary>A word and its similarity to another.</summary>
/// <param name="Word">The word.</param>
/// <param name="Cosine">Cosine of the two vectors.</param>
public readonly record struct Neighbor(string Word, float Cosine);

/// <summary>Word vectors of a vocabulary in memory, for looking at them.</summary>
public sealed class WordVectors
{
    private readonly float[] _values;
    private readonly float[] _norms;

    /// <summary>Takes the vectors of all rows of <paramref name="vocabulary"/>, row after row.</summary>
    public WordVectors(WordVocabulary vocabulary, int dimension, float[] values)
    {
        Vocabulary = vocabulary;
        Dimension = dimension;
        _values = values;
        _norms = new float[vocabulary.Rows];
        for (int row = 0; row < _norms.Length; row++)
            _norms[row] = Norm(Vector(row).Span);
    }

    /// <summary>The words.</summary>
    public WordVocabulary Vocabulary { get; }

    /// <summary>Numbers a vector.</summary>
    public int Dimension { get; }

    /// <summary>The vector of a row.</summary>
    public ReadOnlyMemory<float> Vector(int row) => _values.AsMemory(row * Dimension, Dimension);

    /// <summary>Cosine of two rows' vectors; 0 where one is zero.</summary>
    public float Cosine(int a, int b)
    {
        float norms = _norms[a] * _norms[b];
        return norms == 0 ? 0 : Dot(Vector(a).Span, Vector(b).Span) / norms;
    }

    /// <summary>The <paramref name="count"/> words nearest to a row by cosine, nearest first, itself left out.</summary>
    public IReadOnlyList<Neighbor> Nearest(int row, int count)
    {
        var nearest = new PriorityQueue<int, (float Cosine, int Order)>();
        for (int other = WordVocabulary.FirstWordRow; other < Vocabulary.Rows; other++)
        {
            if (other == row)
                continue;
            nearest.Enqueue(other, (Cosine(row, other), -other));
            if (nearest.Count > count)
                nearest.Dequeue();
        }

        return NearestFirst(Vocabulary, nearest);
    }

    /// <summary>Empties a queue of the nearest, in which the farthest of them comes first.</summary>
    internal static IReadOnlyList<Neighbor> NearestFirst(WordVocabulary vocabulary, PriorityQueue<int, (float Cosine, int Order)> nearest)
    {
        var result = new List<Neighbor>();
        while (nearest.TryDequeue(out int other, out (float Cosine, int Order) priority))
            result.Add(new Neighbor(vocabulary.Word(other), priority.Cosine));
        result.Reverse();
        return result;
    }

    internal static float Norm(ReadOnlySpan<float> vector) => MathF.Sqrt(Dot(vector, vector));

    internal static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        Vector256<float> sums = Vector256<float>.Zero;
        int i = 0;
        for (; i <= a.Length - Vector256<float>.Count; i += Vector256<float>.Count)
            sums += Vector256.Create(a[i..]) * Vector256.Create(b[i..]);
        float sum = Vector256.Sum(sums);
        for (; i < a.Length; i++)
            sum += a[i] * b[i];
        return sum;
    }
}
