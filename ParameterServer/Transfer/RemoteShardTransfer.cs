using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Node.Artifacts;

namespace DistEmbed.ParameterServer.Transfer;

/// <summary>
/// The run's folder is the coordinator's: a shard's file is written to a folder of this process and stored there; files are named by their SHA-256 and fetched.
/// </summary>
/// <param name="run">Name of the run.</param>
/// <param name="client">Stores files.</param>
/// <param name="cache">Keeps what is fetched.</param>
/// <param name="scratch">Where files are until they are stored.</param>
public sealed class RemoteShardTransfer(string run, NodeFilesClient client, ArtifactCache cache, ScratchFolder scratch) : IShardTransfer
{
    /// <inheritdoc/>
    public async Task<ShardWritten> WriteAsync(WriteShard write, Func<WriteShard, ShardWritten> file, CancellationToken stop)
    {
        string folder = scratch.Make();
        try
        {
            ShardWritten written = await LocalShardTransfer.Instance.WriteAsync(write with { Directory = folder }, file, stop).ConfigureAwait(false);
            await client.StoreAsync(run, write.Step, Path.Combine(folder, written.File.FileName), written.File, stop).ConfigureAwait(false);
            return written;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <inheritdoc/>
    public Task<ArtifactLease> ReadAsync(string name, CancellationToken stop) => cache.GetAsync(name, stop);
}
