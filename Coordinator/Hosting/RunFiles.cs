using System.Runtime.CompilerServices;
using DistEmbed.Coordinator.Actors;
using DistEmbed.Coordinator.Grpc;
using DistEmbed.Coordinator.Local;
using DistEmbed.Protocol.Artifacts;
using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Sharding;

namespace DistEmbed.Coordinator.Hosting;

/// <summary>Names of the files that the nodes of a run fetch.</summary>
/// <param name="Data">The prepared data.</param>
/// <param name="Rows">Rows that start with a given vector; null: none.</param>
/// <param name="Classes">Which row selectors meet which rows; null: the job has none.</param>
public sealed record StageFiles(string Data, string? Rows, string? Classes);

/// <summary>What a run's nodes fetch from this process and store here: prepared data, first rows, checkpoints.</summary>
/// <param name="folder">Folder for files that are made for nodes.</param>
/// <param name="shelf">What they may fetch.</param>
/// <param name="inbox">What they may store.</param>
public sealed class RunFiles(string folder, ArtifactShelf shelf, CheckpointInbox inbox)
{
    private readonly ConditionalWeakTable<PreparedStage, StageFiles> _published = [];

    /// <summary>Puts a stage's data and first rows on the shelf; another attempt at the stage finds them there.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    public StageFiles Publish(StageRun stage) => _published.GetValue(stage.Prepared, Publish);

    /// <summary>What the run's actor needs, but for workers, shards and its watcher.</summary>
    /// <param name="stage">The stage.</param>
    /// <param name="files">Its files.</param>
    /// <param name="run">Name of the run.</param>
    public RunContext Context(StageRun stage, StageFiles files, string run) => new(0, ShardMap.Even(1), [], stage.Checkpoints, stage.Watch)
    {
        IsCluster = true,
        RowsArtifact = files.Rows,
        FolderName = (step, path) =>
        {
            inbox.Begin(run, step, path, stage.Plan.Job.Cluster.Shards);
            return run; // what nodes are told of a folder that is not theirs is of no use to them
        },
        FileName = (path, file) =>
        {
            shelf.Add(file.Sha256, Path.Combine(path, file.FileName), file.Bytes);
            return file.Sha256;
        },
    };

    /// <summary>Takes nothing more of a run.</summary>
    public void End(string run) => inbox.End(run);

    private StageFiles Publish(PreparedStage prepared)
    {
        Directory.CreateDirectory(folder);
        // Named by what it holds: the same data of another stage or job are there already.
        string data = Path.Combine(folder, $"data-{NodeProtocol.Version}-{prepared.Facts.DataFingerprint}");
        if (!File.Exists(data))
            Appear(data, prepared.WriteData);
        if (prepared.Seeds.Count == 0)
            return new StageFiles(shelf.Add(data), null, Classes(prepared));
        AssignRows[] seeds = [.. prepared.Seeds.Select(s => new AssignRows(s.Table, s.Rows, s.Values))];
        string made = Unshared("rows");
        SeedRowsFile.Write(made, seeds);
        string name = ArtifactName.OfFile(made);
        string rows = Path.Combine(folder, $"rows-{name}");
        File.Move(made, rows, overwrite: true);
        return new StageFiles(shelf.Add(data), shelf.Add(rows), Classes(prepared));
    }

    private string? Classes(PreparedStage prepared)
    {
        if (prepared.Classes is not { } classes)
            return null;
        string path = Path.Combine(folder, $"classes-{prepared.Facts.RowClasses}");
        if (!File.Exists(path))
            Appear(path, made => RowClassesFile.Write(made, classes));
        return shelf.Add(path);
    }

    /// <summary>Another coordinator of this user may make the same file at the same time: each makes its own, and either may have the name, since they are equal.</summary>
    private void Appear(string path, Action<string> write)
    {
        string made = Unshared("data");
        write(made);
        File.Move(made, path, overwrite: true);
    }

    private string Unshared(string kind) => Path.Combine(folder, $"{kind}-{Guid.NewGuid():N}");
}
