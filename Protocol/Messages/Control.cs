using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Protocol.Messages;

// The control conversation: somebody at the door steers the run. Each command is answered with CommandAccepted or CommandRefused.

/// <summary>To the coordinator: finish what is granted, commit a checkpoint, end.</summary>
/// <param name="Who">Who asks; null: a signal to the process.</param>
/// <param name="Server">The server that is drained, if that is why; null: somebody wants the run to end.</param>
public sealed record StopRun(string? Who = null, string? Server = null);

/// <summary>To the coordinator: grant nothing more until <see cref="ResumeRun"/>.</summary>
public sealed record PauseRun(string Who);

/// <summary>To the coordinator: go on granting.</summary>
public sealed record ResumeRun(string Who);

/// <summary>To the coordinator: commit a checkpoint at the end of the last granted step.</summary>
public sealed record TakeCheckpoint(string Who);

/// <summary>To the coordinator: change a group from the step after the last granted one.</summary>
/// <param name="Group">Name of the group.</param>
/// <param name="Frozen">Whether it is frozen; null: as before.</param>
/// <param name="LearningRate">The base learning rate; null: as before.</param>
/// <param name="Who">Who asks.</param>
/// <param name="At">When, UTC.</param>
public sealed record ChangeGroup(string Group, bool? Frozen, double? LearningRate, string Who, DateTimeOffset At);

/// <summary>To the coordinator: begin the next phase of training with the step after the last granted one.</summary>
/// <param name="Who">Who asks.</param>
/// <param name="At">When, UTC.</param>
public sealed record NextPhase(string Who, DateTimeOffset At);

/// <summary>To the coordinator: grant this worker nothing more, and tell its node when it is idle.</summary>
/// <param name="Worker">The worker.</param>
/// <param name="Who">Who asks.</param>
public sealed record DrainWorker(string Worker, string Who);

/// <summary>From the coordinator: done, or certain to be.</summary>
/// <param name="Step">The step from which it takes effect.</param>
public sealed record CommandAccepted(int Step);

/// <summary>From the coordinator: not done.</summary>
/// <param name="Reason">Why, and what to do.</param>
public sealed record CommandRefused(string Reason);

/// <summary>Coordinator to shards and workers: a change of the plan, before anything of its step is granted.</summary>
public sealed record ChangePlan(PlanChange Change);

/// <summary>Shard to coordinator: a change is in place.</summary>
/// <param name="Shard">The shard.</param>
/// <param name="Changes">How many changes are in place there: the count, since a change may be sent twice and several may be of one step.</param>
public sealed record PlanChanged(int Shard, int Changes);
