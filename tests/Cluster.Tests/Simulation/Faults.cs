namespace DistEmbed.Cluster.Tests.Simulation;

/// <summary>Faults that a simulated network and its hosts commit; probabilities a message.</summary>
/// <param name="Duplicate">A row message comes twice.</param>
/// <param name="Drop">A row message is lost.</param>
/// <param name="WorkerCrash">A worker dies.</param>
/// <param name="Stop">The user asks the run to stop.</param>
/// <param name="Replay">Whether every row message sent before shards went back to a checkpoint comes once more after it.</param>
/// <param name="Replace">Whether dead workers are replaced; if not, the last one does not die.</param>
/// <param name="Sleep">A worker stands still for seconds: nothing reaches it, it says nothing, and what it sent before is under way.</param>
/// <param name="Join">Another worker joins.</param>
/// <param name="Command">Somebody pauses the run, has it go on, changes a group, asks for a checkpoint or drains a worker.</param>
internal sealed record Faults(
    double Duplicate = 0, double Drop = 0, double WorkerCrash = 0, double Stop = 0, bool Replay = false, bool Replace = true, double Sleep = 0, double Join = 0,
    double Command = 0);
