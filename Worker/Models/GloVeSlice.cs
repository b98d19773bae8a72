using DistEmbed.Worker.Corpus.Cooccurrence;

namespace DistEmbed.Worker.Models;

/// <summary>A prepared slice of cells: <see cref="PreparedSlice.Rows"/> are those of the words and their biases, then those of the contexts and theirs.</summary>
internal sealed class GloVeSlice(Slice slice, CellBlock block) : PreparedSlice(slice, [block.Words, block.Words, block.ContextRows, block.ContextRows])
{
    /// <summary>The cells.</summary>
    public CellBlock Block => block;
}
