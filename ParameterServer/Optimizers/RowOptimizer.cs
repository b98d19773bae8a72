using DistEmbed.Protocol.Jobs;

namespace DistEmbed.ParameterServer.Optimizers;

/// <summary>
/// What the optimizers share: frozen steps, the bound on a row's norm, decoupled decay, the hold to where a row started, and which steps a row has to catch up with.
/// <para>
/// A row that some phase holds (<see cref="GroupTimeline.IsHeld"/>) has its first value w0 behind the optimizer's own state. After a step w = w + p (w0 - w), where p is
/// <see cref="GroupTimeline.Pull"/>: the penalty of L2-SP (Li et al., ICML 2018, equation 3) as a step of its own, as AdamW does with decay. Then a row further than the radius from w0 is put back on the
/// sphere around it. Steps that do not touch a row pull it where untouched rows are exact; a radius counts for every row from the step on with which it begins.
/// </para>
/// </summary>
internal abstract class RowOptimizer : IRowOptimizer
{
    private readonly double? _maxNorm;
    private readonly StepProducts? _untouched;
    private readonly StepProducts? _pulled;
    private StepRate _rate = new(0, 0, 0, 0, null);

    protected RowOptimizer(OptimizerSpec spec, GroupTimeline timeline, double? maxNorm)
    {
        Timeline = timeline;
        L2 = spec.L2;
        Decay = spec.Decay;
        _maxNorm = maxNorm;
        Exact = spec.Untouched == UntouchedRows.Exact;
        if (Exact)
            _untouched = new StepProducts(step => Timeline.IsFrozen(step) ? StepMatrix.Identity : MatrixOf(Timeline.LearningRate(step)));
        if (Exact && timeline.IsHeld)
            _pulled = new StepProducts(step => StepMatrix.Identity with { A = 1 - Timeline.Pull(step) });
    }

    /// <summary>Learning rate, decay and hold of one step, in double and as the elements use it.</summary>
    protected sealed record StepRate(int Step, double LearningRate, double Decay, double Pull, double? Radius);

    protected GroupTimeline Timeline { get; }

    protected double L2 { get; }

    protected double Decay { get; }

    protected bool Exact { get; }

    /// <inheritdoc/>
    public bool CatchesUp => OwnCatchesUp || HoldMoves;

    /// <inheritdoc/>
    public bool MovesUntouched => (OwnCatchesUp && (Decay > 0 || _maxNorm is not null || ValuesOwe)) || HoldMoves;

    private bool OwnCatchesUp => Exact && Timeline.IsChangeable && (Decay > 0 || _maxNorm is not null || StateOwes);

    private bool HoldMoves => Timeline.IsHeld && (Exact || Timeline.NarrowsLater);

    /// <summary>Whether steps without a gradient change more than decoupled decay does.</summary>
    protected abstract bool StateOwes { get; }

    /// <summary>Whether what they change are values too.</summary>
    protected virtual bool ValuesOwe => StateOwes;

    /// <inheritdoc/>
    public int StateSize(int dimension) => OwnStateSize(dimension) + (Timeline.IsHeld ? dimension : 0);

    /// <inheritdoc/>
    public void InitializeState(ReadOnlySpan<float> row, Span<float> state)
    {
        if (state.IsEmpty)
            return; // of a row that is never tuned
        InitializeOwn(Own(row.Length, state));
        if (Timeline.IsHeld)
            row.CopyTo(Start(row.Length, state));
    }

    /// <summary>Floats of state that the optimizer itself keeps of a row.</summary>
    protected abstract int OwnStateSize(int dimension);

    /// <summary>Writes the optimizer's own state of a row that no step has touched.</summary>
    protected virtual void InitializeOwn(Span<float> state) => state.Clear();

    private Span<float> Own(int dimension, Span<float> state) => Timeline.IsHeld ? state[..^dimension] : state;

    private static Span<float> Start(int dimension, Span<float> state) => state[^dimension..];

    /// <inheritdoc/>
    public void Apply(Span<float> row, Span<float> state, ReadOnlySpan<float> gradient, int step)
    {
        if (Timeline.IsFrozen(step))
            return;
        // One step is applied to many rows, and asking a schedule costs more than a short row. Replaced whole, so other threads see one step or another.
        StepRate rate = _rate;
        if (rate.Step != step)
        {
            double learningRate = Timeline.LearningRate(step);
            _rate = rate = new StepRate(step, learningRate, learningRate * Decay, Timeline.Pull(step), Timeline.Radius(step));
        }
        Update(row, Own(row.Length, state), gradient, rate);
        if (rate.Pull > 0)
            Elementwise.Approach(row, Start(row.Length, state), (float)rate.Pull);
        if (_maxNorm is { } bound)
            Elementwise.Clip(row, bound);
        if (rate.Radius is { } radius)
            Elementwise.Confine(row, Start(row.Length, state), radius);
    }

    /// <inheritdoc/>
    public void Thaw(ReadOnlySpan<float> row, Span<float> state, int step)
    {
        if (Timeline.FreshFrom(step) == step)
            InitializeOwn(Own(row.Length, state));
    }

    /// <inheritdoc/>
    public void CatchUp(Span<float> row, Span<float> state, int from, int to)
    {
        if (HoldMoves)
            CatchUpHold(row, Start(row.Length, state), from, to);
        state = Own(row.Length, state);
        if (Timeline.FreshFrom(to) is var thaw && thaw > from)
        {
            CatchUpWithin(row, state, from, thaw - 1);
            InitializeOwn(state);
            from = thaw - 1;
        }

        CatchUpWithin(row, state, from, to);
    }

    /// <summary>Catches up with steps over which state goes on.</summary>
    private void CatchUpWithin(Span<float> row, Span<float> state, int from, int to)
    {
        if (!OwnCatchesUp)
            return;
        if (!TrySkipFrozen(ref from, to))
            return;
        // Without a gradient a row only shrinks, so the bound can matter in the first of the steps alone: for a row that has been too long since before.
        if (_maxNorm is { } bound && Elementwise.SumOfSquares(row) > bound * bound)
        {
            UpdateUntouched(row, state, _untouched!.Between(from, from + 1), 1);
            Elementwise.Clip(row, bound);
            from++;
            if (!TrySkipFrozen(ref from, to))
                return;
        }
        UpdateUntouched(row, state, _untouched!.Between(from, to), Timeline.TunedSteps(to) - Timeline.TunedSteps(from));
    }

    /// <summary>
    /// Pulls a row as untouched steps do and puts it back where a radius begins to hold. Both move it on the line to where it started, and nothing else moves it
    /// (<see cref="OptimizerValidation.WhyNotHeld"/>), so that within a phase a radius that held goes on to hold.
    /// </summary>
    private void CatchUpHold(Span<float> row, Span<float> start, int from, int to)
    {
        if (row.SequenceEqual(start))
            return; // there already: a zero must keep its sign
        while (from < to)
        {
            int begins = Timeline.NextRadius(from, to), until = Math.Min(begins, to);
            if (_pulled?.Between(from, until) is { A: not 1 } product)
                Elementwise.Approach(row, start, (float)(1 - product.A));
            if (until == begins && Timeline.Radius(begins) is { } radius)
                Elementwise.Confine(row, start, radius);
            from = until;
        }
    }

    /// <summary>Passes over the frozen steps after <paramref name="from"/>; false: no tuned one is left.</summary>
    private bool TrySkipFrozen(ref int from, int to)
    {
        int tuned = Timeline.NextTunedStep(from + 1);
        if (tuned > to)
            return false;
        from = tuned - 1;
        return true;
    }

    /// <summary>Applies a step with a gradient.</summary>
    protected abstract void Update(Span<float> row, Span<float> state, ReadOnlySpan<float> gradient, StepRate rate);

    /// <summary>What a step with this learning rate and without a gradient does to an element: decoupled decay, unless an optimizer says more.</summary>
    protected virtual StepMatrix MatrixOf(double learningRate) => StepMatrix.Identity with { A = 1 - learningRate * Decay };

    /// <summary>Applies <paramref name="steps"/> steps without a gradient, whose matrices have the product <paramref name="product"/>.</summary>
    protected virtual void UpdateUntouched(Span<float> row, Span<float> state, StepMatrix product, int steps)
    {
        if (product.A != 1)
            Elementwise.Grow(row, (float)(product.A - 1));
    }

    /// <summary>
    /// <paramref name="value"/> to the power <paramref name="exponent"/> by repeated squaring: the library's function may differ in the last bit between
    /// operating systems.
    /// </summary>
    protected static double Power(double value, int exponent)
    {
        double power = 1;
        for (; exponent > 0; exponent >>= 1, value *= value)
        {
            if ((exponent & 1) != 0)
                power *= value;
        }
        return power;
    }
}
