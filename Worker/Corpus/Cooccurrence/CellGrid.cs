using DistEmbed.Protocol.Randomness;
using DistEmbed.Protocol.Vocabulary;

namespace DistEmbed.Worker.Corpus.Cooccurrence;

/// <summary>
/// The co-occurrence matrix cut into blocks, without a look at its cells: words are dealt at random into <see cref="Side"/> groups as words and into as many as contexts, and a
/// block holds the cells of a group of words and a group of contexts. Each group of words is dealt further into slices. Words of neighbouring rows, which are about equally
/// frequent, go to different groups, so that blocks are of about the same size.
/// </summary>
internal sealed class CellGrid
{
    private readonly int[][] _words;
    private readonly EpochOrder _order;

    /// <summary>Deals the words of a vocabulary.</summary>
    /// <param name="rows">Rows of the vocabulary.</param>
    /// <param name="side">Groups of words, and groups of contexts.</param>
    /// <param name="slices">Slices of a block.</param>
    /// <param name="seed">Seed of the job.</param>
    public CellGrid(int rows, int side, int slices, ulong seed)
    {
        (Side, Slices) = (side, slices);
        int[] parts = Deal(rows, checked(side * slices), seed, 1);
        var sizes = new int[side * slices];
        for (int row = WordVocabulary.FirstWordRow; row < rows; row++)
            sizes[parts[row]]++;
        _words = [.. sizes.Select(size => new int[size])];
        Array.Clear(sizes);
        for (int row = WordVocabulary.FirstWordRow; row < rows; row++)
            _words[parts[row]][sizes[parts[row]]++] = row;
        ContextGroups = Deal(rows, side, seed, 2);
        _order = new EpochOrder(checked(side * side), seed);
    }

    /// <summary>Groups of words, and groups of contexts.</summary>
    public int Side { get; }

    /// <summary>Slices of a block.</summary>
    public int Slices { get; }

    /// <summary>The group of contexts of each row.</summary>
    public int[] ContextGroups { get; }

    /// <summary>The block of a step: every epoch takes all blocks in an order of its own.</summary>
    /// <param name="step">From 1.</param>
    public (int Words, int Contexts) BlockOf(int step)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(step, 1);
        int blocks = Side * Side;
        return Math.DivRem(_order.Of((step - 1) / blocks + 1)[(step - 1) % blocks], Side);
    }

    /// <summary>The rows of a slice of a group of words, ascending.</summary>
    public int[] Words(int group, int slice) => _words[(group * Slices) + slice];

    private static int[] Deal(int rows, int parts, ulong seed, int purpose)
    {
        var random = new CounterRandom(seed, RandomPurpose.WordGroups, purpose);
        var part = new int[rows];
        var hand = new int[parts];
        for (int first = WordVocabulary.FirstWordRow; first < rows; first += parts)
        {
            for (int i = 0; i < parts; i++)
                hand[i] = i;
            random.Shuffle<int>(hand);
            hand.AsSpan(0, Math.Min(parts, rows - first)).CopyTo(part.AsSpan(first));
        }

        return part;
    }
}
