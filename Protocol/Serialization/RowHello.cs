namespace DistEmbed.Protocol.Serialization;

// How a connection of the row plane begins: the worker says who it is, the server welcomes or refuses it.

/// <summary>Worker to server: the first frame of a connection.</summary>
/// <param name="Version">Version of frames and messages.</param>
/// <param name="Cluster">Name of the cluster.</param>
/// <param name="Run">Name of the run whose rows are asked.</param>
/// <param name="Worker">Name of the worker's incarnation.</param>
/// <param name="Epoch">Version of the shard map that the worker splits rows by.</param>
public sealed record RowHello(int Version, string Cluster, string Run, string Worker, int Epoch)
{
    /// <summary>The number by which the worker's process has memory open that a server of its machine may share; 0: none.</summary>
    public int Memory { get; init; }
}

/// <summary>Server to worker: rows may be asked.</summary>
/// <param name="SharesMemory">Whether the server has opened the memory that the greeting names, so that row values may lie there.</param>
public sealed record RowWelcome(bool SharesMemory);

/// <summary>Server to worker: the connection is of no use, and is closed.</summary>
/// <param name="Reason">Why, with the values that differ.</param>
public sealed record RowRefused(string Reason);
