namespace DistEmbed.Protocol.Serialization;

// How a connection of the row plane begins: the worker says who it is, the server welcomes or refuses it.

/// <summary>Worker to server: the first frame of a connection.</summary>
/// <param name="Version">Version of frames and messages.</param>
/// <param name="Cluster">Name of the cluster.</param>
/// <param name="Run">Name of the run whose rows are asked.</param>
/// <param name="Worker">Name of the worker's incarnation.</param>
/// <param name="Epoch">Version of the shard map that the worker splits rows by.</param>
public sealed record RowHello(int Version, string Cluster, string Run, string Worker, int Epoch);

/// <summary>Server to worker: rows may be asked.</summary>
public sealed record RowWelcome;

/// <summary>Server to worker: the connection is of no use, and is closed.</summary>
/// <param name="Reason">Why, with the values that differ.</param>
public sealed record RowRefused(string Reason);
