using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace DistEmbed.Worker.Evaluation.Intrinsic;

/// <summary>
/// Cosines of some words with a block of <see cref="WordDirections.BlockWords"/> others: a product of two matrices. Each cosine is summed in one order, from the first number
/// to the last, with products that are rounded before they are added: the same bits on every processor, and for any number of words beside it.
/// </summary>
internal sealed class CosineTile
{
    /// <summary>Words of the block that are computed at once: two vectors of eight.</summary>
    private const int Wide = 16;

    /// <summary>Rows that are computed at once.</summary>
    private const int High = 4;

    private readonly int _dimension;
    private readonly float[] _packed;
    private readonly float[] _rows;
    private readonly float[] _cosines;

    /// <summary>Takes the words whose cosines are asked for.</summary>
    public CosineTile(WordDirections words, IReadOnlyList<int> asked)
    {
        _dimension = words.Dimension;
        int padded = (asked.Count + High - 1) / High * High;
        _rows = new float[checked(padded * _dimension)];
        for (int i = 0; i < asked.Count; i++)
            words[asked[i]].CopyTo(_rows.AsSpan(i * _dimension));
        _packed = new float[WordDirections.BlockWords * _dimension];
        _cosines = new float[checked(padded * WordDirections.BlockWords)];
    }

    /// <summary>A second tile for the same words, for another thread.</summary>
    public CosineTile(CosineTile other)
    {
        (_dimension, _rows) = (other._dimension, other._rows);
        _packed = new float[other._packed.Length];
        _cosines = new float[other._cosines.Length];
    }

    /// <summary>The cosines of the word asked for at <paramref name="index"/> with the words of the block that was computed last.</summary>
    public ReadOnlySpan<float> this[int index] => _cosines.AsSpan(index * WordDirections.BlockWords, WordDirections.BlockWords);

    /// <summary>Computes the cosines with a block.</summary>
    public void Compute(ReadOnlySpan<float> block)
    {
        // Word by word becomes number by number, sixteen words side by side.
        for (int word = 0; word < WordDirections.BlockWords; word++)
        {
            int place = (word / Wide * Wide * _dimension) + (word % Wide);
            ReadOnlySpan<float> direction = block.Slice(word * _dimension, _dimension);
            for (int k = 0; k < direction.Length; k++, place += Wide)
                _packed[place] = direction[k];
        }

        for (int row = 0; row * _dimension < _rows.Length; row += High)
        {
            for (int word = 0; word < WordDirections.BlockWords; word += Wide)
                Corner(row, word);
        }
    }

    private void Corner(int row, int word)
    {
        ref float packed = ref _packed[word * _dimension];
        ref float rowA = ref _rows[row * _dimension];
        ref float rowB = ref Unsafe.Add(ref rowA, _dimension);
        ref float rowC = ref Unsafe.Add(ref rowB, _dimension);
        ref float rowD = ref Unsafe.Add(ref rowC, _dimension);
        Vector256<float> a0 = default, a1 = default, b0 = default, b1 = default, c0 = default, c1 = default, d0 = default, d1 = default;
        for (int k = 0; k < _dimension; k++)
        {
            Vector256<float> left = Vector256.LoadUnsafe(ref packed, (nuint)(k * Wide)), right = Vector256.LoadUnsafe(ref packed, (nuint)((k * Wide) + Vector256<float>.Count));
            Vector256<float> a = Vector256.Create(Unsafe.Add(ref rowA, k)), b = Vector256.Create(Unsafe.Add(ref rowB, k));
            Vector256<float> c = Vector256.Create(Unsafe.Add(ref rowC, k)), d = Vector256.Create(Unsafe.Add(ref rowD, k));
            a0 += a * left;
            a1 += a * right;
            b0 += b * left;
            b1 += b * right;
            c0 += c * left;
            c1 += c * right;
            d0 += d * left;
            d1 += d * right;
        }

        Store(row, a0, a1);
        Store(row + 1, b0, b1);
        Store(row + 2, c0, c1);
        Store(row + 3, d0, d1);

        void Store(int at, Vector256<float> left, Vector256<float> right)
        {
            Span<float> to = _cosines.AsSpan((at * WordDirections.BlockWords) + word, Wide);
            left.CopyTo(to);
            right.CopyTo(to[Vector256<float>.Count..]);
        }
    }
}
