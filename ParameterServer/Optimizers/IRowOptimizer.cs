namespace DistEmbed.ParameterServer.Optimizers;

/// <summary>
/// The update rule of a table's rows. A row's state lies right behind its values and belongs to the optimizer alone. Implementations have no mutable
/// fields that decide a result: what a row becomes depends on its values, its state, the gradient and the step, so rows may live on any shard.
/// Arithmetic is single precision and elementwise the same whatever the vector width of the processor, so that every machine produces the same bits.
/// </summary>
public interface IRowOptimizer
{
    /// <summary>Whether untouched steps can leave a row owing something: if not, <see cref="CatchUp"/> never changes it.</summary>
    bool CatchesUp { get; }

    /// <summary>Whether what a row owes can change its values, and not its state alone: if not, a reader may take them as they lie.</summary>
    bool MovesUntouched { get; }

    /// <summary>Floats of state beside each row of <paramref name="dimension"/> values.</summary>
    int StateSize(int dimension);

    /// <summary>Writes the state of a row that no step has touched; where it started may be part of it.</summary>
    void InitializeState(ReadOnlySpan<float> row, Span<float> state);

    /// <summary>Writes fresh state where a group that thaws with <paramref name="step"/> begins anew: once for a row, before that step is applied to it.</summary>
    void Thaw(ReadOnlySpan<float> row, Span<float> state, int step);

    /// <summary>
    /// Applies <paramref name="step"/> with <paramref name="gradient"/> to a row that is current as of the step before (see <see cref="CatchUp"/>).
    /// In a step in which the group is frozen neither value nor state changes.
    /// </summary>
    void Apply(Span<float> row, Span<float> state, ReadOnlySpan<float> gradient, int step);

    /// <summary>
    /// Brings a row that is current as of step <paramref name="from"/> to step <paramref name="to"/>, as if the steps between had come with zero gradients:
    /// a no-op where untouched rows are skipped. Steps in which the group is frozen change nothing, but state begins anew with a thaw that asks for it. Calling it once for from..to and calling it for
    /// from..k and k..to need not give the same bits; callers that must agree use the same cuts.
    /// </summary>
    void CatchUp(Span<float> row, Span<float> state, int from, int to);
}
