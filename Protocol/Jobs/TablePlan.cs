namespace DistEmbed.Protocol.Jobs;

/// <summary>A table with the rules of this run.</summary>
/// <param name="Spec">The table.</param>
/// <param name="Optimizer">Optimizer of its group.</param>
/// <param name="Timeline">When its group is tuned and how fast; frozen throughout for a table that the model never changes.</param>
public sealed record TablePlan(TableSpec Spec, OptimizerSpec Optimizer, GroupTimeline Timeline)
{
    /// <summary>Largest norm of a row: what the optimizer asks, else what the model asks; null: no bound.</summary>
    public double? MaxNorm => Optimizer.MaxNorm ?? Spec.MaxNorm;

    /// <summary>Whether the norm of its group's gradient may end a phase, so that workers measure it.</summary>
    public bool IsWatched { get; init; }

    /// <summary>The plans of a job's tables.</summary>
    public static IReadOnlyList<TablePlan> Of(JobSpec job, IReadOnlyList<TableSpec> tables, FreezePlan freeze) =>
        [.. Of(tables, freeze.Of, group => job.OptimizerOf(group)!, freeze.TotalSteps)
            .Select(plan => plan with { IsWatched = !plan.Spec.AlwaysFrozen && freeze.Phases.Any(phase => phase.Until?.GradientNormBelow is not null && freeze.HeadOf(phase.Until) == plan.Spec.Group) })];

    /// <summary>The groups whose gradient norm may end a phase, in the order of the tables.</summary>
    public static IReadOnlyList<string> Watched(IReadOnlyList<TablePlan> plans) => [.. plans.Where(plan => plan.IsWatched).Select(plan => plan.Spec.Group).Distinct()];

    /// <summary>Makes a change of the tables' groups; one that is made already changes nothing.</summary>
    public static void Make(IReadOnlyList<TablePlan> plans, PlanChange change)
    {
        foreach (TablePlan plan in plans)
            plan.Timeline.Make(change);
    }

    /// <summary>The plans of a model's tables.</summary>
    /// <param name="tables">The model's tables.</param>
    /// <param name="timelines">Timeline of each group.</param>
    /// <param name="optimizers">Optimizer of each group.</param>
    /// <param name="totalSteps">Steps of the run.</param>
    public static IReadOnlyList<TablePlan> Of(
        IReadOnlyList<TableSpec> tables, Func<string, GroupTimeline> timelines, Func<string, OptimizerSpec> optimizers, int totalSteps)
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
            return new TablePlan(table, timeline.IsChangeable ? optimizers(table.Group) : new SgdSpec(), timeline);
        })];
    }
}
