using DistEmbed.Protocol.Checkpoints;

namespace DistEmbed.Coordinator.Grpc;

/// <summary>Which checkpoint of which run is being written, so that nodes may store its shards' files, and where. One writer at a time for each file. Thread-safe.</summary>
public sealed class CheckpointInbox
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Open> _open = new(StringComparer.Ordinal);
    private readonly HashSet<string> _writing = new(StringComparer.Ordinal);

    /// <summary>What became of the wish to write a file.</summary>
    public enum Answer
    {
        /// <summary>It may be written to the path, until <see cref="Leave"/>.</summary>
        Granted,

        /// <summary>No such checkpoint is being written, or it has no such file.</summary>
        Refused,

        /// <summary>Another is writing it.</summary>
        Busy,
    }

    /// <summary>Takes files of a run's checkpoint from now on, in place of any other of that run.</summary>
    /// <param name="run">Name of the run.</param>
    /// <param name="step">Step of the checkpoint.</param>
    /// <param name="directory">Its folder, as <see cref="CheckpointDirectory.BeginWrite"/> returned it.</param>
    /// <param name="shards">Shards that write a file each.</param>
    public void Begin(string run, int step, string directory, int shards)
    {
        var files = Enumerable.Range(0, shards).Select(shard => CheckpointDirectory.ShardFileName(shard, shards)).ToHashSet(StringComparer.Ordinal);
        lock (_gate)
            _open[run] = new Open(step, Path.GetFullPath(directory), files);
    }

    /// <summary>Takes nothing more of a run: its checkpoint is complete, or the run is over.</summary>
    public void End(string run)
    {
        lock (_gate)
            _open.Remove(run);
    }

    /// <summary>Asks to write a file of a checkpoint.</summary>
    /// <param name="run">Name of the run.</param>
    /// <param name="step">Step of the checkpoint.</param>
    /// <param name="fileName">Name of the file: one of the shards' and nothing else.</param>
    /// <param name="path">Where it belongs, if granted.</param>
    public Answer Enter(string run, int step, string fileName, out string path)
    {
        path = "";
        lock (_gate)
        {
            if (!Takes(run, step, fileName, out Open? open))
                return Answer.Refused;
            path = Path.Combine(open!.Directory, fileName);
            return _writing.Add(path) ? Answer.Granted : Answer.Busy;
        }
    }

    /// <summary>Whether the file that was granted is still wanted: a run may have ended meanwhile.</summary>
    public bool StillTakes(string run, int step, string fileName)
    {
        lock (_gate)
            return Takes(run, step, fileName, out _);
    }

    /// <summary>Gives a granted path back.</summary>
    public void Leave(string path)
    {
        lock (_gate)
            _writing.Remove(path);
    }

    private bool Takes(string run, int step, string fileName, out Open? open) =>
        _open.TryGetValue(run, out open) && open.Step == step && open.Files.Contains(fileName);

    private sealed record Open(int Step, string Directory, HashSet<string> Files);
}
