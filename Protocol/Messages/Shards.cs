using DistEmbed.Protocol.Checkpoints;

namespace DistEmbed.Protocol.Messages;

// The shard conversation: the coordinator fills shards, tells them how far all of them are, has checkpoints written and digests computed.

/// <summary>Shard to coordinator: created, empty.</summary>
public sealed record ShardReady(int Shard);

/// <summary>Coordinator to shard: rows that start with a given value. All rows belong to the shard.</summary>
/// <param name="Table">Index of the table.</param>
/// <param name="Rows">Sorted unique row ids.</param>
/// <param name="Values">Row after row.</param>
public sealed record AssignRows(int Table, int[] Rows, float[] Values);

/// <summary>Shard to coordinator: the rows are in place.</summary>
public sealed record RowsAssigned(int Shard);

/// <summary>Coordinator to shard: drop everything and take your rows from these files; steps up to <paramref name="Step"/> count as applied.</summary>
/// <param name="Step">The step of the checkpoint.</param>
/// <param name="Files">The files of all shards of the checkpoint, which may be more or fewer than there are shards now.</param>
public sealed record RestoreShard(int Step, IReadOnlyList<string> Files)
{
    /// <summary>Generation that begins with it: the shard takes pulls and pushes of no other from now on.</summary>
    public int Generation { get; init; }
}

/// <summary>Shard to coordinator: restored.</summary>
/// <param name="Shard">The shard.</param>
/// <param name="Step">The step it stands at.</param>
/// <param name="Rows">Rows it holds.</param>
public sealed record ShardRestored(int Shard, int Step, long Rows)
{
    /// <summary>Generation of the run that it belongs to.</summary>
    public int Generation { get; init; }
}

/// <summary>Coordinator to shard: every slice up to <paramref name="Step"/> has reached every shard; what is kept to compute those again can go.</summary>
public sealed record StepsSettled(int Step);

/// <summary>Coordinator to shard: keep the state after <paramref name="Step"/>, which must be the last applied step, and write it to a file.</summary>
/// <param name="Step">The step.</param>
/// <param name="Directory">Folder of the checkpoint.</param>
/// <param name="JobFingerprint">Fingerprint to note in the file.</param>
public sealed record WriteShard(int Step, string Directory, string JobFingerprint);

/// <summary>Shard to coordinator: the state is kept aside; training may go on.</summary>
public sealed record SnapshotTaken(int Shard, int Step);

/// <summary>Shard to coordinator: the file is complete and on disk.</summary>
/// <param name="Shard">The shard.</param>
/// <param name="Step">The step.</param>
/// <param name="File">Name, length and checksum of the file in the folder.</param>
/// <param name="Digests">
/// A table each: SHA-256 of the rows of each slot that holds any. Slots belong to one shard whole, so that the digest of a table, made of its slots', does not
/// depend on how many shards there are.
/// </param>
/// <param name="Counters">What became of the pushes up to this step.</param>
public sealed record ShardWritten(
    int Shard, int Step, ShardFileInfo File, IReadOnlyList<IReadOnlyDictionary<int, byte[]>> Digests, PushCounters Counters);

/// <summary>What became of the push messages that reached a shard: received = applied or waiting + duplicates + refused.</summary>
/// <param name="Applied">Taken into the ledger.</param>
/// <param name="Duplicates">Repeats of what the ledger held: acknowledged, not applied again.</param>
/// <param name="Refused">Not taken, by reason.</param>
/// <param name="FrozenRows">Rows of taken pushes that were left alone because their table is frozen.</param>
public sealed record PushCounters(long Applied, long Duplicates, IReadOnlyDictionary<RefusalReason, long> Refused, long FrozenRows);
