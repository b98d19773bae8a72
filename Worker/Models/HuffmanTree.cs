using DistEmbed.Protocol;

namespace DistEmbed.Worker.Models;

/// <summary>
/// The Huffman tree of counted words, built as word2vec.c builds it, so that equal counts give equal codes: the two lightest nodes are merged, again and again; of
/// a word and an inner node of the same count the inner node goes first, and the first of the two gets the bit 0. A word's code is the way from the root down to
/// it, a bit for each inner node that it passes. Immutable.
/// </summary>
public sealed class HuffmanTree
{
    // Word w passes _nodes[_starts[w] .. _starts[w + 1]], and takes the bits at the same places.
    private readonly int[] _starts;
    private readonly int[] _nodes;
    private readonly byte[] _bits;

    /// <summary>Builds the tree.</summary>
    /// <param name="counts">Count of each word, falling; of words of the same count the later one is merged first.</param>
    /// <exception cref="InvalidInputException">There are fewer than two words.</exception>
    /// <exception cref="ArgumentException">A count is negative or larger than the one before it.</exception>
    public HuffmanTree(IReadOnlyList<long> counts)
    {
        if (counts.Count < 2)
            throw new InvalidInputException("model.output", $"hierarchical-softmax needs a vocabulary of two words at least, found {counts.Count}.", "Lower data.minCount, or use negative-sampling.");
        for (int word = 0; word < counts.Count; word++)
        {
            if (counts[word] < 0 || (word > 0 && counts[word] > counts[word - 1]))
                throw new ArgumentException($"count {counts[word]} of word {word}: counts fall and are not negative", nameof(counts));
        }

        int words = counts.Count;
        (int[] parents, bool[] isSecond) = Merge(counts);
        _starts = new int[words + 1];
        for (int word = 0; word < words; word++)
            _starts[word + 1] = checked(_starts[word] + Depth(parents, word));
        _nodes = new int[_starts[words]];
        _bits = new byte[_starts[words]];
        for (int word = 0; word < words; word++)
        {
            LongestCode = Math.Max(LongestCode, _starts[word + 1] - _starts[word]);
            int node = word;
            for (int at = _starts[word + 1] - 1; at >= _starts[word]; at--)
            {
                _bits[at] = isSecond[node] ? (byte)1 : (byte)0;
                node = parents[node];
                _nodes[at] = node - words;
            }
        }
    }

    /// <summary>Number of words.</summary>
    public int Words => _starts.Length - 1;

    /// <summary>Number of inner nodes, one less than words. They are numbered from 0 in the order in which they were made, so the last is the root.</summary>
    public int Nodes => Words - 1;

    /// <summary>Bits of the longest code.</summary>
    public int LongestCode { get; }

    /// <summary>The inner nodes from the root down to a word.</summary>
    public ReadOnlySpan<int> Path(int word) => _nodes.AsSpan(_starts[word], _starts[word + 1] - _starts[word]);

    /// <summary>The bit, 0 or 1, that is taken at each node of <see cref="Path"/>.</summary>
    public ReadOnlySpan<byte> Code(int word) => _bits.AsSpan(_starts[word], _starts[word + 1] - _starts[word]);

    // Inner nodes come into being by rising count, so the lightest node is always the last word that is left or the first inner node that is.
    private static (int[] Parents, bool[] IsSecond) Merge(IReadOnlyList<long> counts)
    {
        int words = counts.Count, word = words - 1, inner = words;
        var weights = new long[2 * words - 1];
        for (int i = 0; i < words; i++)
            weights[i] = counts[i];
        var parents = new int[weights.Length];
        var isSecond = new bool[weights.Length];
        for (int made = words; made < weights.Length; made++)
        {
            int first = Lightest(made), second = Lightest(made);
            weights[made] = checked(weights[first] + weights[second]);
            parents[first] = parents[second] = made;
            isSecond[second] = true;
        }

        return (parents, isSecond);

        int Lightest(int end) => word >= 0 && (inner == end || weights[word] < weights[inner]) ? word-- : inner++;
    }

    private static int Depth(int[] parents, int node)
    {
        int depth = 0;
        for (; node != parents.Length - 1; node = parents[node])
            depth++;
        return depth;
    }
}
