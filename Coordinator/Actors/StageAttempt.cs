using Akka.Actor;
using DistEmbed.Coordinator.Local;
using DistEmbed.Coordinator.Run;
using DistEmbed.Protocol.Messages;

namespace DistEmbed.Coordinator.Actors;

/// <summary>An attempt at a stage, from the wish for it to its end: what it waits for, where its shards and workers are.</summary>
internal sealed class StageAttempt(string name, StartAttempt start, double since)
{
    /// <summary>Seconds that a coordinator which took over waits for as many nodes as the job asks for: some may have gone with the one before.</summary>
    private const double TakeoverPatience = 60;

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

    /// <summary>Whether those that are there go on, whatever the job asked for at first: after a loss.</summary>
    public bool TakesAnyNumber(double now) => Stage.Attempt > 1 || (Start.TakenUp && now - Since > TakeoverPatience);

    /// <summary>The server that leaves when the attempt is over; null: none.</summary>
    public string? Leaving { get; set; }
}
