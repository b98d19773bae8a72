namespace DistEmbed.Protocol.Jobs;

/// <summary>A table with the rules of this run.</summary>
/// <param name="Spec">The table.</param>
/// <param name="Optimizer">Optimizer of its group.</param>
/// <param name="Timeline">When its group is tuned and how fast, of rows that no selector names; frozen throughout for a table that the model never changes.</param>
public sealed record TablePlan(TableSpec Spec, OptimizerSpec Optimizer, GroupTimeline Timeline)
{
    /// <summary>Largest norm of a row: what the optimizer asks, else what the model asks; null: no bound.</summary>
    public double? MaxNorm => Optimizer.MaxNorm ?? Spec.MaxNorm;

    /// <summary>What each row does, where not all follow <see cref="Timeline"/>; null: they do.</summary>
    public RowRules? Rows { get; init; }

    /// <summary>What rows do, each different timeline once.</summary>
    public IReadOnlyList<GroupTimeline> Timelines => Rows?.Timelines ?? [Timeline];

    /// <summary>Whether some rows are tuned in a phase of the job.</summary>
    public bool IsChangeable => Rows is null ? Timeline.IsChangeable : Rows.Timelines.Any(timeline => timeline.IsChangeable);

    /// <summary>Whether a step leaves all rows as they are.</summary>
    public bool IsFrozen(int step) => Rows is null ? Timeline.IsFrozen(step) : Rows.Timelines.All(timeline => timeline.IsFrozen(step));

    /// <summary>Whether a step leaves some rows as they are and tunes others.</summary>
    public bool IsMixed(int step) => Rows is { Timelines: var timelines } && timelines.Any(timeline => timeline.IsFrozen(step)) && !IsFrozen(step);

    /// <summary>What a row does.</summary>
    public GroupTimeline TimelineOf(int row) => Rows is null ? Timeline : Rows.Of(row);

    /// <summary>Whether the norm of its group's gradient may end a phase, so that workers measure it.</summary>
    public bool IsWatched { get; init; }

    /// <summary>The plans of a job's tables.</summary>
    /// <param name="job">The job.</param>
    /// <param name="tables">The model's tables.</param>
    /// <param name="freeze">Its phases.</param>
    /// <param name="classes">Which rows its selectors meet; null where it has none.</param>
    /// <exception cref="ArgumentException">The classes are not those of the tables' rows, or are missing.</exception>
    public static IReadOnlyList<TablePlan> Of(JobSpec job, IReadOnlyList<TableSpec> tables, FreezePlan freeze, RowClasses? classes) =>
        [.. Of(tables, freeze.Of, group => job.OptimizerOf(group)!, freeze.TotalSteps, table => table.AlwaysFrozen || table.Dense ? null : freeze.RowsOf(table, classes))
            .Select(plan => plan with { IsWatched = !plan.Spec.AlwaysFrozen && freeze.Phases.Any(phase => phase.Until?.GradientNormBelow is not null && freeze.HeadOf(phase.Until) == plan.Spec.Group) })];

    /// <summary>The groups whose gradient norm may end a phase, in the order of the tables.</summary>
    public static IReadOnlyList<string> Watched(IReadOnlyList<TablePlan> plans) => [.. plans.Where(plan => plan.IsWatched).Select(plan => plan.Spec.Group).Distinct()];

    /// <summary>Makes a change of the tables' groups; one that is made already changes nothing.</summary>
    public static void Make(IReadOnlyList<TablePlan> plans, PlanChange change)
    {
        foreach (TablePlan plan in plans)
        {
            foreach (GroupTimeline timeline in plan.Timelines)
                timeline.Make(change);
            plan.Timeline.Make(change);
        }
    }

    /// <summary>The plans of a model's tables.</summary>
    /// <param name="tables">The model's tables.</param>
    /// <param name="timelines">Timeline of each group.</param>
    /// <param name="optimizers">Optimizer of each group.</param>
    /// <param name="totalSteps">Steps of the run.</param>
    /// <param name="rows">What the rows of a table do, where not all do the same.</param>
    public static IReadOnlyList<TablePlan> Of(
        IReadOnlyList<TableSpec> tables, Func<string, GroupTimeline> timelines, Func<string, OptimizerSpec> optimizers, int totalSteps, Func<TableSpec, RowRules?>? rows = null)
    {
        // A table that never changes needs no optimizer state: plain SGD has none.
        return [.. tables.Select(table =>
        {
            if (table.AlwaysFrozen)
            {
                var none = new SgdSpec();
                return new TablePlan(table, none, new GroupTimeline(table.Group, none, totalSteps, GroupTimeline.Never));
            }

            GroupTimeline timeline = timelines(table.Group);
            var plan = new TablePlan(table, new SgdSpec(), timeline) { Rows = rows?.Invoke(table) };
            return plan.IsChangeable ? plan with { Optimizer = optimizers(table.Group) } : plan;
        })];
    }
}
