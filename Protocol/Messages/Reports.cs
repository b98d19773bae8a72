namespace DistEmbed.Protocol.Messages;

// The report conversation: twice a second workers and shards say how they stand. A report that is lost is replaced by the next.

/// <summary>Worker to coordinator: how it stands.</summary>
/// <param name="Worker">Name of the worker's incarnation.</param>
/// <param name="Doing">What it does.</param>
/// <param name="Step">The step of the slice that it works on next; 0: none.</param>
/// <param name="Slice">That slice or chunk.</param>
/// <param name="Shards">Shards that it waits for: pulls not answered or pushes not acknowledged.</param>
/// <param name="RowsPulled">Rows read since it started.</param>
/// <param name="RowsPushed">Rows whose gradient was sent since it started.</param>
/// <param name="BytesPulled">Bytes of values read.</param>
/// <param name="BytesPushed">Bytes of gradients sent.</param>
public sealed record WorkerReport(
    string Worker, WorkerActivity Doing, int Step, int Slice, IReadOnlyList<int> Shards, long RowsPulled, long RowsPushed, long BytesPulled, long BytesPushed);

/// <summary>What a worker does.</summary>
public enum WorkerActivity
{
    /// <summary>It has nothing to do.</summary>
    Idle,

    /// <summary>It decides which rows a slice touches.</summary>
    Preparing,

    /// <summary>It waits for rows.</summary>
    Pulling,

    /// <summary>It computes.</summary>
    Computing,

    /// <summary>It waits for acknowledgements of gradients.</summary>
    Pushing,
}

/// <summary>Shard to coordinator: how it stands.</summary>
/// <param name="Shard">The shard.</param>
/// <param name="AppliedStep">Every step up to this one is applied.</param>
/// <param name="MissingSlices">Slices of the next step that are not complete.</param>
/// <param name="WaitingPulls">Pulls that wait for a step.</param>
/// <param name="StoredRows">Rows that take memory.</param>
/// <param name="RowsRead">Rows given to workers since it started.</param>
/// <param name="RowsWritten">Gradients of rows taken since it started.</param>
/// <param name="BytesRead">Bytes of values given.</param>
/// <param name="BytesWritten">Bytes of gradients taken.</param>
public sealed record ShardReport(
    int Shard, int AppliedStep, IReadOnlyList<int> MissingSlices, int WaitingPulls, long StoredRows, long RowsRead, long RowsWritten, long BytesRead, long BytesWritten);
