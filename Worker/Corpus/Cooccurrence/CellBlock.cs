namespace DistEmbed.Worker.Corpus.Cooccurrence;

/// <summary>
/// Cells of the co-occurrence matrix that a slice trains on, word after word, in flat arrays. Contexts are numbered within the block, so that a pull's rows need no look-up.
/// </summary>
/// <param name="Words">Rows of the words, ascending; each has a cell.</param>
/// <param name="Starts">Where the cells of each word begin, and where the last end.</param>
/// <param name="ContextRows">Rows of the contexts, ascending; each has a cell.</param>
/// <param name="Contexts">The context of each cell: an index into <paramref name="ContextRows"/>.</param>
/// <param name="Logarithms">The natural logarithm of each cell's count.</param>
/// <param name="Weights">The weight f of each cell in the loss.</param>
public sealed record CellBlock(int[] Words, int[] Starts, int[] ContextRows, int[] Contexts, float[] Logarithms, float[] Weights)
{
    /// <summary>Number of cells.</summary>
    public int Cells => Contexts.Length;

    /// <summary>Bytes of its numbers.</summary>
    public long Bytes => (4L * (Words.Length + Starts.Length + ContextRows.Length)) + (12L * Cells);
}
