using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Vocabulary;

namespace DistEmbed.Worker.Corpus.Cooccurrence;

/// <summary>
/// Batches of cells of GloVe's matrix. A step is a block: the cells of a group of words with a group of contexts (<see cref="CellGrid"/>); each epoch takes all blocks in a new
/// random order. So a step touches few rows for its cells: with n x n blocks each row travels n times an epoch, however many cells it has.
/// <para>
/// How many blocks there are follows from the lengths of the sentences alone, without a cell being counted: a batch is given in pairs of words of the text that are within the window
/// of each other. Equal pairs make one cell, so a step has fewer cells than that. The examples of a slice are the rows of its words.
/// </para>
/// </summary>
public sealed class CellBatchPlan : IBatchPlan, IDisposable
{
    // Their square is the length of an order of blocks.
    private const int MostGroups = 4096;

    private readonly CellGrid _grid;

    /// <summary>Plans steps of about <paramref name="batchPairs"/> pairs.</summary>
    /// <param name="spec">Window and weights.</param>
    /// <param name="data">The sentences.</param>
    /// <param name="rows">Rows of the vocabulary.</param>
    /// <param name="batchPairs">Pairs a step.</param>
    /// <param name="slices">Slices a step.</param>
    /// <param name="seed">Seed of the job.</param>
    /// <param name="memoryBytes">Bytes of cells that may be kept in memory.</param>
    public CellBatchPlan(GloVeSpec spec, ExampleSet data, int rows, int batchPairs, int slices, ulong seed, long memoryBytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batchPairs, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(slices, 1);
        double blocks = (double)CooccurrenceCounter.Pairs(data, spec.Window, spec.Symmetric) / batchPairs;
        int words = Math.Max(1, rows - WordVocabulary.FirstWordRow);
        // As many groups as words would leave slices without any.
        int side = (int)Math.Clamp(Math.Round(Math.Sqrt(blocks)), 1, Math.Max(1, words / slices));
        side = Math.Min(side, MostGroups);
        _grid = new CellGrid(rows, side, slices, seed);
        Cells = new CellBlocks(spec, data, rows, _grid, memoryBytes);
    }

    /// <inheritdoc/>
    public int StepsPerEpoch => _grid.Side * _grid.Side;

    /// <inheritdoc/>
    public int Slices => _grid.Slices;

    /// <summary>The cells.</summary>
    public CellBlocks Cells { get; }

    /// <inheritdoc/>
    public int BatchSize(int step)
    {
        int group = _grid.BlockOf(step).Words;
        return Enumerable.Range(0, Slices).Sum(slice => _grid.Words(group, slice).Length);
    }

    /// <inheritdoc/>
    public ReadOnlyMemory<int> Examples(int step, int slice)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(slice);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(slice, Slices);
        return _grid.Words(_grid.BlockOf(step).Words, slice);
    }

    /// <summary>Gives the temporary file of cells back, where there is one.</summary>
    public void Dispose() => Cells.Dispose();
}
