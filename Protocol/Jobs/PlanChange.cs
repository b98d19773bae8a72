namespace DistEmbed.Protocol.Jobs;

/// <summary>
/// A change of a group of tables that somebody asked for while the job ran. It takes effect at one step on every shard and worker, is kept in checkpoints, and is
/// made again at that step by a resumed run.
/// </summary>
/// <param name="Step">The first step that it concerns; every earlier step was granted without it.</param>
/// <param name="Group">Name of the group.</param>
/// <param name="Frozen">Whether the group is frozen from then on; null: as before.</param>
/// <param name="LearningRate">The base learning rate from then on, which the schedule still multiplies; null: as before.</param>
/// <param name="Who">Who asked for it.</param>
/// <param name="At">When it was asked for, UTC.</param>
public sealed record PlanChange(int Step, string Group, bool? Frozen, double? LearningRate, string Who, DateTimeOffset At);
