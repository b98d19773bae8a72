namespace DistEmbed.Worker.Corpus;

/// <summary>
/// Batches of unlabelled text by number of tokens. The sentences are put in a random order once and cut into steps of at least a given number of tokens (the
/// last has what is left); each epoch takes the steps in a new random order. So a step's sentences stay together through the run, and an epoch costs no
/// shuffle of the corpus. A step is cut into contiguous slices of nearly the same number of tokens. Thread-safe.
/// </summary>
public sealed class WordBatchPlan : IBatchPlan
{
    private readonly int[] _sentences;
    // Slice s of the step at place p is _sentences[_bounds[p * Slices + s] .. _bounds[p * Slices + s + 1]].
    private readonly int[] _bounds;
    private readonly EpochOrder _order;

    /// <summary>Plans steps of at least <paramref name="batchWords"/> tokens of the sentences of <paramref name="data"/>.</summary>
    public WordBatchPlan(ExampleSet data, int batchWords, int slices, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(data.Count, 1, nameof(data));
        ArgumentOutOfRangeException.ThrowIfLessThan(batchWords, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(slices, 1);
        Slices = slices;
        _sentences = EpochOrder.Draw(data.Count, seed, epoch: 0);
        var bounds = new List<int> { 0 };
        int first = 0, remaining = data.TokenCount, tokens = 0;
        for (int i = 0; i < _sentences.Length; i++)
        {
            tokens += data.Tokens(_sentences[i]).Length;
            bool last = i == _sentences.Length - 1;
            // Sentences without tokens at the very end join the step before them instead of making an empty one.
            if (last || (tokens >= batchWords && tokens < remaining))
            {
                AddSlices(bounds, data, first, i + 1, tokens);
                remaining -= tokens;
                (first, tokens) = (i + 1, 0);
            }
        }
        _bounds = [.. bounds];
        StepsPerEpoch = (_bounds.Length - 1) / slices;
        _order = new EpochOrder(StepsPerEpoch, seed);
    }

    /// <inheritdoc/>
    public int StepsPerEpoch { get; }

    /// <inheritdoc/>
    public int Slices { get; }

    /// <inheritdoc/>
    public int BatchSize(int step)
    {
        int first = FirstSlice(step);
        return _bounds[first + Slices] - _bounds[first];
    }

    /// <inheritdoc/>
    public ReadOnlyMemory<int> Examples(int step, int slice)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(slice);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(slice, Slices);
        int index = FirstSlice(step) + slice;
        return _sentences.AsMemory(_bounds[index], _bounds[index + 1] - _bounds[index]);
    }

    private int FirstSlice(int step)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(step, 1);
        return _order.Of((step - 1) / StepsPerEpoch + 1)[(step - 1) % StepsPerEpoch] * Slices;
    }

    // Each boundary goes where the tokens before it are nearest to its share, so it is off by half a sentence at most.
    private void AddSlices(List<int> bounds, ExampleSet data, int first, int end, int tokens)
    {
        int at = first;
        long before = 0;
        for (int slice = 1; slice < Slices; slice++)
        {
            long share = (long)tokens * slice / Slices;
            while (at < end)
            {
                int next = data.Tokens(_sentences[at]).Length;
                if (before + next - share > share - before)
                    break;
                before += next;
                at++;
            }
            bounds.Add(at);
        }
        bounds.Add(end);
    }
}
