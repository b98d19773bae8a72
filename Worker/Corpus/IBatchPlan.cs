using DistEmbed.Worker.Corpus.Cooccurrence;

namespace DistEmbed.Worker.Corpus;

/// <summary>
/// Which examples a step trains on, and how they are cut into slices. A function of the data, the settings and the seed alone: any worker may ask for any
/// step, in any order and from any thread, and gets the same. Every example is seen once an epoch.
/// </summary>
public interface IBatchPlan
{
    /// <summary>Number of steps of every epoch: steps 1 to this are the first, and so on.</summary>
    int StepsPerEpoch { get; }

    /// <summary>Number of slices of every step.</summary>
    int Slices { get; }

    /// <summary>The cells of the matrix that slices are made of, for a model that trains on one; else null.</summary>
    CellBlocks? Cells => null;

    /// <summary>Number of examples of a step, over all slices.</summary>
    /// <param name="step">From 1.</param>
    int BatchSize(int step);

    /// <summary>The examples of a slice; none, where a step has fewer examples than slices.</summary>
    /// <param name="step">From 1.</param>
    /// <param name="slice">0 to <see cref="Slices"/> - 1.</param>
    ReadOnlyMemory<int> Examples(int step, int slice);
}
