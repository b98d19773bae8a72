using DistEmbed.Coordinator.Run;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Messages;

namespace DistEmbed.Coordinator.Control;

/// <summary>
/// What the door (gRPC) can ask of a coordinator. Every call may be made from any thread and returns within seconds. One that stands by answers with
/// <see cref="StandsByException"/>, but for files of runs.
/// </summary>
public interface ITrainingControl
{
    /// <summary>Starts a job.</summary>
    /// <param name="jobJson">Text of the job file.</param>
    /// <param name="settings">Changes of settings, <c>path=value</c>.</param>
    /// <param name="runDirectory">Name of a run directory to go on with; null: a new run.</param>
    /// <param name="origin">What names the job and where its paths start.</param>
    /// <param name="who">Who asks.</param>
    /// <param name="cancel">Gives up waiting.</param>
    /// <returns>Name of the run directory.</returns>
    /// <exception cref="InvalidInputException">The job is not valid, or its data cannot be used: every error.</exception>
    /// <exception cref="CommandRefusedException">A job is running already.</exception>
    Task<string> SubmitAsync(string jobJson, IReadOnlyList<string> settings, string? runDirectory, JobOrigin origin, string who, CancellationToken cancel);

    /// <summary>How everything stands.</summary>
    Task<ClusterStatus> GetStatusAsync(CancellationToken cancel);

    /// <summary>Sends a command of the control conversation to the run.</summary>
    /// <returns>The step from which it takes effect.</returns>
    /// <exception cref="CommandRefusedException">No job is running, or the run refuses.</exception>
    Task<int> CommandAsync(object command, CancellationToken cancel);

    /// <summary>Takes a node out: a worker when its slices are done, a server after a checkpoint when others host its shards.</summary>
    /// <exception cref="CommandRefusedException">There is no such node, or it is the last of its role.</exception>
    Task DrainAsync(string node, string who, CancellationToken cancel);

    /// <summary>Names of the files of a run that can be downloaded, relative paths with slashes, with their lengths.</summary>
    /// <exception cref="InvalidInputException">There is no such run.</exception>
    IReadOnlyList<(string Name, long Length)> ListArtifacts(string run);

    /// <summary>Opens a file of a run.</summary>
    /// <exception cref="InvalidInputException">There is no such run or file.</exception>
    Stream OpenArtifact(string run, string name);
}

/// <summary>The coordinator does not do it; the message says why and what to do.</summary>
public sealed class CommandRefusedException(string reason) : Exception(reason);

/// <summary>How the cluster stands.</summary>
public sealed record ClusterStatus
{
    /// <summary>Name of the cluster.</summary>
    public required string Cluster { get; init; }

    /// <summary>Version of the program.</summary>
    public required string Version { get; init; }

    /// <summary>What the coordinator does: <c>idle</c>, <c>preparing</c>, <c>waiting</c> (for nodes), <c>running</c>, <c>recovering</c> (after a server was lost), <c>finishing</c> (a stage), <c>stopping</c>.</summary>
    public required string State { get; init; }

    /// <summary>The nodes.</summary>
    public required IReadOnlyList<ClusterNode> Nodes { get; init; }

    /// <summary>Name of the run directory; null: no job is running.</summary>
    public string? RunDirectory { get; init; }

    /// <summary>Name of the job.</summary>
    public string? Job { get; init; }

    /// <summary>Name of the stage.</summary>
    public string? Stage { get; init; }

    /// <summary>Attempt at the stage, from 1: another begins when a shard is lost.</summary>
    public int Attempt { get; init; }

    /// <summary>How the run stands; null while nothing trains.</summary>
    public RunProgress? Run { get; init; }

    /// <summary>Who is being waited for before training can start, and why.</summary>
    public IReadOnlyList<Awaited> Awaited { get; init; } = [];

    /// <summary>The last job that ended; null: none since the coordinator started.</summary>
    public EndedJob? LastEnded { get; init; }

    /// <summary>How far tuned vectors are from the pretrained ones, a line a table, as of the last checkpoint that was measured; empty before the first.</summary>
    public IReadOnlyList<DriftStatus> Drift { get; init; } = [];
}

/// <summary>How far the words' rows of a table are from their pretrained or first values. Means are over all words.</summary>
/// <param name="Table">The table.</param>
/// <param name="Step">The checkpoint's step.</param>
/// <param name="Rows">Words.</param>
/// <param name="Moved">Words with a row in which any bit differs.</param>
/// <param name="MeanCosine">Mean cosine to the start; null: not defined for any row.</param>
/// <param name="MeanDistance">Mean L2 distance to the start; null: not defined for any row.</param>
/// <param name="MeanNormGrowth">Mean of the norm now over the norm at the start; null: not defined for any row.</param>
/// <param name="MostMoved">The words farthest from their start by L2 distance, farthest first.</param>
public sealed record DriftStatus(
    string Table, int Step, long Rows, long Moved, double? MeanCosine, double? MeanDistance, double? MeanNormGrowth, IReadOnlyList<string> MostMoved)
{
    /// <summary><see cref="Moved"/> as a fraction of <see cref="Rows"/>.</summary>
    public double MovedShare => Rows == 0 ? 0 : (double)Moved / Rows;
}

/// <summary>A node.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Role">What it offers.</param>
/// <param name="Address">Where its control connections end: <c>HOST:PORT</c>.</param>
/// <param name="State"><c>up</c>, <c>unreachable</c> or <c>draining</c>; of a coordinator <c>active</c> or <c>stands by</c>.</param>
/// <param name="Version">Version of its program.</param>
/// <param name="Hosts">What it hosts: names of shards and workers.</param>
public sealed record ClusterNode(string Name, NodeRole Role, string Address, string State, string Version, IReadOnlyList<string> Hosts);

/// <summary>A job that ended.</summary>
/// <param name="RunDirectory">Name of its run directory.</param>
/// <param name="Status"><c>done</c>, <c>interrupted</c>, <c>failed</c>, or <c>handed-over</c>: this coordinator leaves or was cut off, and another goes on with the job.</param>
/// <param name="Error">Why it failed; null: it did not.</param>
/// <param name="TableHash">Its table hash; null: it failed.</param>
public sealed record EndedJob(string RunDirectory, string Status, string? Error, string? TableHash);
