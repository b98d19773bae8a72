namespace DistEmbed.Protocol.Checkpoints;

/// <summary>What a shard file is about.</summary>
/// <param name="JobFingerprint">Fingerprint of the job that the rows belong to.</param>
/// <param name="Step">The step whose end the rows show; 0: before training.</param>
/// <param name="Shard">Number of the shard, from 0.</param>
/// <param name="Shards">Number of shards of the run that wrote it; a reader may have another number.</param>
/// <param name="Tables">The tables, in the order in which their rows follow. A table without rows here is listed too.</param>
public sealed record ShardFileHeader(string JobFingerprint, int Step, int Shard, int Shards, IReadOnlyList<ShardFileTable> Tables);

/// <summary>The part of a table that a shard file holds.</summary>
/// <param name="Name">Name of the table.</param>
/// <param name="Dimension">Floats of values a row, at least 1.</param>
/// <param name="StateSize">Floats of optimizer state a row, behind the values; may be 0.</param>
/// <param name="Rows">Number of rows in this file.</param>
public sealed record ShardFileTable(string Name, int Dimension, int StateSize, int Rows);

/// <summary>A finished shard file, as the manifest names it.</summary>
/// <param name="FileName">Name without directory.</param>
/// <param name="Bytes">Size.</param>
/// <param name="Sha256">SHA-256 of the whole file, lower-case hexadecimal.</param>
public sealed record ShardFileInfo(string FileName, long Bytes, string Sha256);
