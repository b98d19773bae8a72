using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Protocol.Messages;

// The node conversation: processes that offer themselves to the coordinator, and what it has them host. A node is a process; a run is one attempt at a stage of a job:
// after a shard is lost the next attempt is another run with another name, so that nothing of the old one can be taken for the new one's.

/// <summary>What a node offers.</summary>
public enum NodeRole
{
    /// <summary>Runs jobs.</summary>
    Coordinator,

    /// <summary>Hosts shards.</summary>
    Server,

    /// <summary>Computes slices.</summary>
    Worker,
}

/// <summary>Versions that nodes compare when they join.</summary>
public static class NodeProtocol
{
    /// <summary>Version of messages, frames and artifacts. Nodes of different versions do not work together.</summary>
    public const int Version = 4;
}

/// <summary>Node to coordinator: here I am. Repeated until it is answered.</summary>
/// <param name="Node">Name of the process, unique for ever.</param>
/// <param name="Role">What it offers.</param>
/// <param name="ProtocolVersion">Its <see cref="NodeProtocol.Version"/>.</param>
/// <param name="ProductVersion">Version of the program.</param>
/// <param name="RowAddress">Where its row plane listens, <c>HOST:PORT</c>; null for workers.</param>
public sealed record NodeJoin(string Node, NodeRole Role, int ProtocolVersion, string ProductVersion, string? RowAddress);

/// <summary>Coordinator to node: welcome.</summary>
/// <param name="Coordinator">Name of the coordinator's process.</param>
/// <param name="FilesAddress">Where artifacts are fetched and stored: a gRPC address.</param>
public sealed record NodeAccepted(string Coordinator, string FilesAddress);

/// <summary>Coordinator to node: it cannot work here; the node says why and ends.</summary>
public sealed record NodeRefused(string Reason);

/// <summary>A run as its nodes have to know it.</summary>
/// <param name="Run">Name of the run, unique for ever.</param>
/// <param name="JobJson">The stage's job, resolved, as a job file of one stage.</param>
/// <param name="JobFingerprint">Fingerprint that the node must find too.</param>
/// <param name="Tables">The model's tables.</param>
/// <param name="StepsPerEpoch">Steps of an epoch.</param>
/// <param name="TotalSteps">Steps of the run.</param>
/// <param name="Dimension">Numbers a word vector.</param>
/// <param name="EmbeddingRange">See <c>StageFacts</c>.</param>
/// <param name="DataArtifact">Fingerprint of the prepared data's file.</param>
/// <param name="RowsArtifact">Fingerprint of the file of rows that start with a given vector; null: none.</param>
/// <param name="Changes">Changes of the plan so far.</param>
/// <param name="Epoch">Version of the shard map.</param>
/// <param name="Shards">Where each shard is.</param>
public sealed record RunDescription(
    string Run, string JobJson, string JobFingerprint, IReadOnlyList<TableSpec> Tables, int StepsPerEpoch, int TotalSteps, int Dimension, float? EmbeddingRange,
    string DataArtifact, string? RowsArtifact, IReadOnlyList<PlanChange> Changes, int Epoch,
    IReadOnlyList<ShardPlace> Shards)
{
    /// <summary>Fingerprint of the file that says which row selectors of the job meet which rows; null: the job has none.</summary>
    public string? ClassesArtifact { get; init; }
}

/// <summary>Where a shard is.</summary>
/// <param name="Shard">The shard.</param>
/// <param name="Node">The server that hosts it.</param>
/// <param name="RowAddress">Where that server's row plane listens, <c>HOST:PORT</c>.</param>
public sealed record ShardPlace(int Shard, string Node, string RowAddress);

/// <summary>Coordinator to server: host these shards of a run. Each reports itself with <see cref="ShardReady"/> to the sender.</summary>
public sealed record HostShards(RunDescription Run, IReadOnlyList<int> Shards);

/// <summary>Coordinator to worker: work for a run, under this name. It reports itself with <see cref="WorkerReady"/> to the sender.</summary>
public sealed record HostWorker(RunDescription Run, string Worker);

/// <summary>Node to coordinator: it cannot host what it was asked to, and another could: the wrong processor, a disk without room. The run goes on without it.</summary>
public sealed record HostRefused(string Node, string Run, string Reason);

/// <summary>Coordinator to node: the run is over; drop what you have of it.</summary>
public sealed record EndRun(string Run);

/// <summary>Coordinator to node: leave the cluster and end with exit code 0.</summary>
public sealed record LeaveCluster(string Reason);

/// <summary>Coordinator to shard: take those of your rows that the artifact gives a first value. Answered with <see cref="RowsAssigned"/>.</summary>
public sealed record LoadRows(string Artifact);
