using DistEmbed.Protocol.Checkpoints;
using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Node.Artifacts;

namespace DistEmbed.ParameterServer.Transfer;

/// <summary>How a shard's files get into a checkpoint and out of it, and first rows to the shard. Thread-safe; several shards of a process share one.</summary>
public interface IShardTransfer
{
    /// <summary>Writes a shard's file and brings it into the checkpoint's folder.</summary>
    /// <param name="write">What is asked for.</param>
    /// <param name="file">Writes the file into the folder that the given command names; blocks.</param>
    /// <param name="stop">The shard ends.</param>
    /// <returns>What <paramref name="file"/> returned; the file is complete in the checkpoint's folder and on its disk.</returns>
    /// <exception cref="CheckpointWriteException">A disk is full or refuses.</exception>
    Task<ShardWritten> WriteAsync(WriteShard write, Func<WriteShard, ShardWritten> file, CancellationToken stop);

    /// <summary>Makes a file readable on this machine.</summary>
    /// <param name="name">What <see cref="RestoreShard.Files"/> or <see cref="LoadRows"/> call it.</param>
    /// <param name="stop">The shard ends.</param>
    Task<ArtifactLease> ReadAsync(string name, CancellationToken stop);
}
