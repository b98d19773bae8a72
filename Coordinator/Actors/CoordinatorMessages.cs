using Akka.Actor;
using DistEmbed.Coordinator.Control;
using DistEmbed.Coordinator.Local;
using DistEmbed.Coordinator.Run;
using DistEmbed.Protocol.Messages;

namespace DistEmbed.Coordinator.Actors;

// What the process says to its coordinator's actor; none of it leaves the process.

/// <summary>To the coordinator: an attempt at a stage.</summary>
/// <param name="Stage">The stage.</param>
/// <param name="Description">What nodes have to know, but for name and places.</param>
/// <param name="Context">What the actor of a run of this name needs, but for workers, shards and its watcher.</param>
/// <param name="Closed">Told the name of the run when it is over.</param>
/// <param name="Ended">Completed when it is over.</param>
/// <param name="TakenUp">Whether the job was under way when the last coordinator ended.</param>
public sealed record StartAttempt(
    StageRun Stage, RunDescription Description, Func<string, RunContext> Context, Action<string> Closed, TaskCompletionSource<RunOutcome> Ended, bool TakenUp);

/// <summary>To the coordinator: end the attempt with a checkpoint.</summary>
/// <param name="Who">Who asks; null: a signal to the process.</param>
public sealed record StopAttempt(string? Who);

/// <summary>To the coordinator: take a node out. Answered with <see cref="CommandAccepted"/> or <see cref="CommandRefused"/>.</summary>
/// <param name="Node">Its name.</param>
/// <param name="Who">Who asks.</param>
public sealed record DrainNode(string Node, string Who);

/// <summary>To the coordinator: how the cluster stands. Answered with <see cref="ClusterPicture"/>.</summary>
public sealed record GetCluster;

/// <summary>How the cluster stands.</summary>
/// <param name="Nodes">The nodes.</param>
/// <param name="Stage">The stage that an attempt is under way at; null: none.</param>
/// <param name="Attempt">Its number.</param>
/// <param name="Run">The run's actor; null while it waits for nodes.</param>
/// <param name="Awaited">Who is missing.</param>
public sealed record ClusterPicture(IReadOnlyList<ClusterNode> Nodes, string? Stage, int Attempt, IActorRef? Run, IReadOnlyList<Awaited> Awaited);
