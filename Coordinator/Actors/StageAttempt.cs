using Akka.Actor;
using DistEmbed.Coordinator.Local;
using DistEmbed.Coordinator.Run;
using DistEmbed.Protocol.Messages;

namespace DistEmbed.Coordinator.Actors;

/// <summary>An attempt at a stage, from the wish for it to its end: what it waits for, where its shards and workers are.</summary>
internal sealed class StageAttempt(string name, StartAttempt start, double since)
{
    public string Name { get; } = name;

    public StartAttempt Start { get; } = start;

    public StageRun Stage => Start.Stage;

    public TaskCompletionSource<RunOutcome> Ended => Start.Ended;

    public double Since { get; } = since;

    public IActorRef? Run { get; set; }

    public IReadOnlyList<ShardPlace>? Shards { get; set; }

    public RunDescription? Description { get; set; }

    /// <summary>Names of the workers by their nodes.</summary>
    public Dictionary<string, string> Workers { get; } = [];

    public int Named { get; set; }

    /// <summary>The server that leaves when the attempt is over; null: none.</summary>
    public string? Leaving { get; set; }
}
