using DistEmbed.Protocol.Jobs;

namespace DistEmbed.ParameterServer.Optimizers;

/// <summary>
/// What the optimizers share: frozen steps, the bound on a row's norm, decoupled decay, and which steps a row has to catch up with.
/// </summary>
internal abstract class RowOptimizer : IRowOptimizer
{
    private readonly double? _maxNorm;
    private readonly StepProducts? _untouched;
    private StepRate _rate = new(0, 0, 0);

    protected RowOptimizer(OptimizerSpec spec, GroupTimeline timeline, double? maxNorm)
    {
        Timeline = timeline;
        L2 = spec.L2;
        Decay = spec.Decay;
        _maxNorm = maxNorm;
        Exact = spec.Untouched == UntouchedRows.Exact;
        if (Exact)
            _untouched = new StepProducts(step => Timeline.IsFrozen(step) ? StepMatrix.Identity : MatrixOf(Timeline.LearningRate(step)));
    }

    /// <summary>Learning rate and decay of one step, in double and as the elements use it.</summary>
    protected sealed record StepRate(int Step, double LearningRate, double Decay);

    protected GroupTimeline Timeline { get; }

    protected double L2 { get; }

    protected double Decay { get; }

    protected bool Exact { get; }

    /// <inheritdoc/>
    public bool CatchesUp => Exact && Timeline.IsChangeable && (Decay > 0 || _maxNorm is not null || StateOwes);

    /// <inheritdoc/>
    public bool MovesUntouched => CatchesUp && (Decay > 0 || _maxNorm is not null || ValuesOwe);

    /// <summary>Whether steps without a gradient change more than decoupled decay does.</summary>
    protected abstract bool StateOwes { get; }

    /// <summary>Whether what they change are values too.</summary>
    protected virtual bool ValuesOwe => StateOwes;

    /// <inheritdoc/>
    public abstract int StateSize(int dimension);

    /// <inheritdoc/>
    public virtual void InitializeState(Span<float> state) => state.Clear();

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
            _rate = rate = new StepRate(step, learningRate, learningRate * Decay);
        }
        Update(row, state, gradient, rate);
        if (_maxNorm is { } bound)
            Elementwise.Clip(row, bound);
    }

    /// <inheritdoc/>
    public void Thaw(Span<float> state, int step)
    {
        if (Timeline.FreshFrom(step) == step)
            InitializeState(state);
    }

    /// <inheritdoc/>
    public void CatchUp(Span<float> row, Span<float> state, int from, int to)
    {
        if (Timeline.FreshFrom(to) is var thaw && thaw > from)
        {
            CatchUpWithin(row, state, from, thaw - 1);
            InitializeState(state);
            from = thaw - 1;
        }

        CatchUpWithin(row, state, from, to);
    }

    /// <summary>Catches up with steps over which state goes on.</summary>
    private void CatchUpWithin(Span<float> row, Span<float> state, int from, int to)
    {
        if (!CatchesUp)
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
