using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Coordinator.Reports.Html;

/// <summary>Steps in which the same groups were frozen.</summary>
/// <param name="First">The first of them.</param>
/// <param name="Last">The last.</param>
/// <param name="Groups">The groups; those of which other rows were tuned say so.</param>
internal sealed record FrozenPhase(int First, int Last, IReadOnlyList<string> Groups)
{
    /// <summary>The phases of a stage up to a step; steps without a frozen group are in none.</summary>
    /// <param name="freeze">The stage's phases.</param>
    /// <param name="classes">Which rows the job's selectors meet; null where it has none.</param>
    /// <param name="changes">The changes.</param>
    /// <param name="lastStep">The last step that counts.</param>
    public static IReadOnlyList<FrozenPhase> Of(FreezePlan freeze, RowClasses? classes, IReadOnlyList<PlanChange> changes, int lastStep)
    {
        (string Group, IReadOnlyList<GroupTimeline> Timelines)[] groups = [.. freeze.Groups.Select(group => (group, freeze.TimelinesOf(group, classes)))];
        foreach (GroupTimeline timeline in groups.SelectMany(group => group.Timelines))
        {
            foreach (PlanChange change in changes)
                timeline.Make(change);
        }

        // Something may begin or end with a phase of the job, or with a change.
        int[] starts = [.. freeze.Times.Starts(changes).Concat(changes.Select(c => Math.Max(1, c.Step))).Where(s => s <= lastStep).Distinct().Order()];
        var phases = new List<FrozenPhase>();
        for (int i = 0; i < starts.Length; i++)
        {
            int last = i + 1 < starts.Length ? starts[i + 1] - 1 : lastStep;
            string[] frozen = [.. groups.Where(g => g.Timelines.Any(t => t.IsFrozen(starts[i]))).Select(g => g.Timelines.All(t => t.IsFrozen(starts[i])) ? g.Group : $"{g.Group} (some rows)")];
            if (frozen.Length == 0)
                continue;
            if (phases is [.., { } before] && before.Last == starts[i] - 1 && before.Groups.SequenceEqual(frozen))
                phases[^1] = before with { Last = last };
            else
                phases.Add(new FrozenPhase(starts[i], last, frozen));
        }

        return phases;
    }
}
