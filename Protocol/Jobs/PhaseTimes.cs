namespace DistEmbed.Protocol.Jobs;

/// <summary>
/// When each phase of a run begins: a function of their ends, as far as steps decide them, and of the changes that say of others that they are over. Steps count from 1.
/// </summary>
public sealed class PhaseTimes
{
    private readonly IReadOnlyList<PhaseEnd> _ends;

    /// <summary>Takes the ends of the phases in order; the last one's counts for nothing, since it holds until the run ends.</summary>
    public PhaseTimes(IReadOnlyList<PhaseEnd> ends) => _ends = ends;

    /// <summary>Number of phases.</summary>
    public int Count => _ends.Count;

    /// <summary>
    /// The first step of each phase; one that begins with the step of the next is passed over. <see cref="GroupTimeline.Never"/>: not known yet, or not reached.
    /// </summary>
    /// <param name="changes">Changes of the plan, of which those count that begin a phase.</param>
    public int[] Starts(IEnumerable<PlanChange> changes)
    {
        int[] begun = new int[Count];
        Array.Fill(begun, GroupTimeline.Never);
        foreach (PlanChange change in changes)
        {
            if (change.BeginsPhase is { } phase && phase > 0 && phase < Count)
                begun[phase] = Math.Min(begun[phase], change.Step);
        }

        // Whoever begins a phase ends all before it.
        for (int phase = Count - 2; phase > 0; phase--)
            begun[phase] = Math.Min(begun[phase], begun[phase + 1]);
        int[] starts = new int[Count];
        starts[0] = 1;
        for (int phase = 1; phase < Count; phase++)
            starts[phase] = Math.Max(starts[phase - 1], Math.Min(_ends[phase - 1].FirstAfter(starts[phase - 1]), begun[phase]));
        return starts;
    }

    /// <summary>The phase of a step, given the starts.</summary>
    public static int IndexOf(int[] starts, int step)
    {
        int phase = starts.Length - 1;
        while (phase > 0 && starts[phase] > step)
            phase--;
        return phase;
    }
}

/// <summary>How steps alone end a phase.</summary>
/// <param name="LastStep">Its last step, counted from the start of the run; null: none is named.</param>
/// <param name="Length">How many steps it has; null: none is named.</param>
public readonly record struct PhaseEnd(long? LastStep, long? Length)
{
    /// <summary>The first step after a phase that begins with <paramref name="start"/>; <see cref="GroupTimeline.Never"/>: steps do not end it.</summary>
    public int FirstAfter(int start)
    {
        if (start == GroupTimeline.Never)
            return GroupTimeline.Never;
        long first = Math.Min(LastStep is { } last ? Math.Max(start, last + 1) : long.MaxValue, Length is { } length ? start + length : long.MaxValue);
        return (int)Math.Min(first, GroupTimeline.Never);
    }
}
