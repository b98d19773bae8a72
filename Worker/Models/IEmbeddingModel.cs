using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Measures;
using DistEmbed.Protocol.Randomness;
using DistEmbed.Worker.Corpus;
using DistEmbed.Worker.Corpus.Cooccurrence;
using DistEmbed.Worker.Evaluation;

namespace DistEmbed.Worker.Models;

/// <summary>
/// A model: which tables it has, which rows a slice touches, and the loss and gradients of a slice given those rows. It holds no parameters; it is pure in
/// (slice, rows, step), so any worker computes the same bits. One instance serves one worker and is called from one thread at a time, except
/// <see cref="Prepare"/>, which may run ahead on another thread.
/// </summary>
public interface IEmbeddingModel : IDisposable
{
    /// <summary>
    /// The tables, in the order of every list below. The one named <c>embedding</c> is what exports and neighbours read; it comes first, but for a table that
    /// it starts as a copy of.
    /// </summary>
    IReadOnlyList<TableSpec> Tables { get; }

    /// <summary>What its predictions are judged by; <see cref="MeasureSet.None"/> for a model that predicts nothing.</summary>
    MeasureSet Measures => MeasureSet.Accuracy;

    /// <summary>Whether every example has one label and <see cref="Predict"/> gives the probability of each: what accuracy, confusions and F1 by label are made of.</summary>
    bool IsClassifier => true;

    /// <summary>
    /// Decides what a slice touches: the sorted unique rows of every table (all rows of a dense one) and whatever indices the computation needs. Negative
    /// samples and subsampling are drawn here. No tensors.
    /// </summary>
    PreparedSlice Prepare(Slice slice);

    /// <summary>
    /// Computes a training slice. Gradients are of the mean loss over the whole step's batch: a slice divides by <see cref="Slice.BatchSize"/>, so that the
    /// gradients of a step's slices add up. Word2vec models give the gradient of the summed loss instead, as word2vec does.
    /// </summary>
    /// <param name="prepared">What <see cref="Prepare"/> returned.</param>
    /// <param name="values">A table each: the rows of <see cref="PreparedSlice.Rows"/>, one after the other; may be longer than needed.</param>
    /// <param name="gradients">
    /// A table each: where the gradient goes, in the order of the rows; null for a frozen table, whose gradient is then not computed. May be longer than needed.
    /// For a user's model (kind custom) the used elements are zero on entry. For models of this program they hold garbage: every used element is written.
    /// </param>
    SliceLoss Train(PreparedSlice prepared, IReadOnlyList<float[]> values, IReadOnlyList<float[]?> gradients);

    /// <summary>
    /// Predicts a slice, in evaluation mode. A classifier gives the class probabilities of each example, [examples x labels]; other models have a layout of their
    /// own. Models that predict nothing throw <see cref="NotSupportedException"/>.
    /// </summary>
    float[] Predict(PreparedSlice prepared, IReadOnlyList<float[]> values);

    /// <summary>Judges what <see cref="Predict"/> gave by what the slice's examples carry.</summary>
    SliceScore Score(PreparedSlice prepared, ReadOnlySpan<float> predictions) => ClassifierScore.Of(prepared.Slice, predictions);
}

/// <summary>A part of a step's batch: the unit of work.</summary>
/// <param name="Step">The step, from 1; 0 for evaluation.</param>
/// <param name="Index">Number of the slice in its step.</param>
/// <param name="Data">The examples.</param>
/// <param name="Examples">Which of them, in order.</param>
/// <param name="BatchSize">Examples of the whole step.</param>
/// <param name="Seed">The job's seed.</param>
public sealed record Slice(int Step, int Index, ExampleSet Data, ReadOnlyMemory<int> Examples, int BatchSize, ulong Seed)
{
    /// <summary>The cells of the matrix that the step's slices are made of; null: the slice is its examples alone.</summary>
    public CellBlocks? Cells { get; init; }

    /// <summary>The slice's own stream of random numbers for a purpose.</summary>
    public CounterRandom Random(RandomPurpose purpose) => new(Seed, purpose, Step, Index);
}

/// <summary>What a slice touches. Models derive from it to carry their indices.</summary>
public abstract class PreparedSlice
{
    /// <summary>Creates the preparation of <paramref name="slice"/>.</summary>
    protected PreparedSlice(Slice slice, IReadOnlyList<int[]> rows) => (Slice, Rows) = (slice, rows);

    /// <summary>The slice.</summary>
    public Slice Slice { get; }

    /// <summary>Sorted unique rows of each table. Dense tables share one array: 0 .. rows - 1.</summary>
    public IReadOnlyList<int[]> Rows { get; }
}

/// <summary>What a training slice measured.</summary>
/// <param name="Sum">Sum of the examples' (or word2vec positions') losses, natural logarithm.</param>
/// <param name="Count">Number of losses in the sum.</param>
/// <param name="Correct">Examples, or whatever the model judges, that are predicted right; 0 for models without labels.</param>
/// <param name="Words">Tokens of the slice, before subsampling; for GloVe its cells.</param>
/// <param name="Judged">What <paramref name="Correct"/> is out of; 0: nothing was judged.</param>
public readonly record struct SliceLoss(double Sum, int Count, int Correct, long Words, int Judged);

/// <summary>What predictions of a slice are worth.</summary>
/// <param name="LossSum">Sum of the examples' losses, natural logarithm.</param>
/// <param name="Examples">Number of examples.</param>
/// <param name="Sums">What <see cref="IEmbeddingModel.Measures"/> are made of.</param>
public sealed record SliceScore(double LossSum, int Examples, IReadOnlyList<double> Sums);
