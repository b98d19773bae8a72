using DistEmbed.ParameterServer.Optimizers;
using DistEmbed.Protocol.Jobs;

namespace DistEmbed.ParameterServer.Storage;

/// <summary>How some rows of a table are changed and kept.</summary>
/// <param name="Optimizer">Their update rule.</param>
/// <param name="StateSize">Floats of state beside each; none for rows that are never tuned.</param>
public sealed record RowKind(IRowOptimizer Optimizer, int StateSize)
{
    /// <summary>Whether steps that do not touch such a row may change its values.</summary>
    public bool MovesUntouched { get; } = Optimizer.MovesUntouched;
}

/// <summary>The kind of every row of a table: one for each different timeline of its plan.</summary>
public sealed class RowKinds
{
    private readonly RowKind[] _kinds;
    private readonly RowRules? _rules;

    private RowKinds(RowKind[] kinds, RowRules? rules)
    {
        (_kinds, _rules) = (kinds, rules);
        LargestState = kinds.Max(kind => kind.StateSize);
        MovesUntouched = Array.Exists(kinds, kind => kind.MovesUntouched);
    }

    /// <summary>The kinds.</summary>
    public IReadOnlyList<RowKind> All => _kinds;

    /// <summary>Floats of state of the kind that has most.</summary>
    public int LargestState { get; }

    /// <summary>Whether some kind's rows may move without being touched.</summary>
    public bool MovesUntouched { get; }

    /// <summary>The kinds of a plan's table.</summary>
    /// <exception cref="DistEmbed.Protocol.InvalidInputException">The optimizer's settings cannot be used.</exception>
    public static RowKinds Of(TablePlan plan) => new(
        [.. plan.Timelines.Select(timeline => KindOf(plan.Spec, RowOptimizers.Create(plan.Optimizer, timeline, plan.MaxNorm), timeline.IsChangeable))], plan.Rows);

    /// <summary>The kinds of a table whose rows are all alike.</summary>
    public static RowKinds Of(TableSpec table, IRowOptimizer optimizer) => new([KindOf(table, optimizer, true)], null);

    /// <summary>Index of a row's kind.</summary>
    public int IndexOf(int row) => _rules is null ? 0 : _rules.IndexOf(row);

    /// <summary>A row's kind.</summary>
    public RowKind Of(int row) => _kinds[IndexOf(row)];

    private static RowKind KindOf(TableSpec table, IRowOptimizer optimizer, bool changes) => new(optimizer, table.AlwaysFrozen || !changes ? 0 : optimizer.StateSize(table.Dimension));
}
