namespace DistEmbed.Worker.Corpus;

/// <summary>
/// Batches of labelled examples: each epoch has a new random order, of which each step takes the next <c>batch</c> examples and the last step what is left.
/// A step is cut into contiguous slices whose sizes differ by one at most. Thread-safe.
/// </summary>
public sealed class ExampleBatchPlan : IBatchPlan
{
    private readonly int _examples;
    private readonly int _batch;
    private readonly EpochOrder _order;

    /// <summary>Plans batches of <paramref name="batch"/> of the examples 0 .. <paramref name="examples"/> - 1.</summary>
    public ExampleBatchPlan(int examples, int batch, int slices, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(examples, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(slices, 1);
        (_examples, _batch, Slices) = (examples, batch, slices);
        StepsPerEpoch = (examples - 1) / batch + 1;
        _order = new EpochOrder(examples, seed);
    }

    /// <inheritdoc/>
    public int StepsPerEpoch { get; }

    /// <inheritdoc/>
    public int Slices { get; }

    /// <inheritdoc/>
    public int BatchSize(int step)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(step, 1);
        return Math.Min(_batch, _examples - (step - 1) % StepsPerEpoch * _batch);
    }

    /// <inheritdoc/>
    public ReadOnlyMemory<int> Examples(int step, int slice)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(slice);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(slice, Slices);
        long size = BatchSize(step);
        int first = (int)(size * slice / Slices), end = (int)(size * (slice + 1) / Slices);
        var order = _order.Of((step - 1) / StepsPerEpoch + 1);
        return order.AsMemory((step - 1) % StepsPerEpoch * _batch + first, end - first);
    }
}
