namespace DistEmbed.Protocol.Jobs;

/// <summary>
/// A change of the plan while the job runs: of a group of tables, that somebody asked for, or that a phase begins, because somebody asked for it or because what ends the phase
/// before it came about. It takes effect at one step on every shard and worker, is kept in checkpoints, and is made again at that step by a resumed run.
/// </summary>
/// <param name="Step">The first step that it concerns; every earlier step was granted without it.</param>
/// <param name="Group">Name of the group; empty where a phase begins.</param>
/// <param name="Frozen">Whether the group is frozen from then on; null: as before.</param>
/// <param name="LearningRate">The base learning rate from then on, which the schedule still multiplies; null: as before.</param>
/// <param name="Who">Who asked for it, or why the phase before it ended.</param>
/// <param name="At">When it was asked for, UTC.</param>
public sealed record PlanChange(int Step, string Group, bool? Frozen, double? LearningRate, string Who, DateTimeOffset At)
{
    /// <summary>The phase that begins, from 0; null: none.</summary>
    public int? BeginsPhase { get; init; }
}
