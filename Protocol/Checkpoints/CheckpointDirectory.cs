using System.Globalization;
using DistEmbed.Protocol.Files;

namespace DistEmbed.Protocol.Checkpoints;

/// <summary>
/// The checkpoints of a run:
/// <code>
/// checkpoints/
///   step-0000001234/
///     shard-0-of-2.rows
///     shard-1-of-2.rows
///     manifest.json        written last: without it the directory does not exist for a reader, and the next BeginWrite or RemoveAfter removes it
/// </code>
/// One writer at a time; one checkpoint in the making at a time.
/// </summary>
public sealed class CheckpointDirectory
{
    private const string Prefix = "step-";
    private const int Digits = 10;

    /// <summary>Names the directory; it is made by the first <see cref="BeginWrite"/>.</summary>
    public CheckpointDirectory(string path) => Path = System.IO.Path.GetFullPath(path);

    /// <summary>The directory.</summary>
    public string Path { get; }

    /// <summary>Name of a shard's file.</summary>
    public static string ShardFileName(int shard, int shards) => string.Create(CultureInfo.InvariantCulture, $"shard-{shard}-of-{shards}.rows");

    /// <summary>Committed checkpoints, newest (highest step) first. Damaged ones are among them: reading and verifying tells.</summary>
    public IReadOnlyList<CheckpointEntry> List() => [.. StepDirectories().Where(e => File.Exists(ManifestPath(e.Path)))];

    /// <summary>The checkpoint of a step that the user names.</summary>
    /// <exception cref="InvalidInputException">There is none; names those there are.</exception>
    public CheckpointEntry Get(int step)
    {
        IReadOnlyList<CheckpointEntry> all = List();
        return all.FirstOrDefault(e => e.Step == step) ?? throw new InvalidInputException(
            Path,
            $"there is no checkpoint of step {step}.",
            all.Count == 0 ? "There is none at all: start a new run." : $"There are: {string.Join(", ", all.Select(e => e.Step))}.");
    }

    /// <summary>
    /// Starts the checkpoint of a step: removes what was left half-written, and a checkpoint of the same step (a run that went back writes it again), and
    /// makes the directory.
    /// </summary>
    /// <returns>The directory that takes the shard files, named by <see cref="ShardFileName"/>.</returns>
    /// <exception cref="CheckpointWriteException">The disk refuses.</exception>
    public string BeginWrite(int step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        string directory = DirectoryOf(step);
        CheckpointWriteException.Guard(directory, () =>
        {
            Directory.CreateDirectory(Path);
            foreach (CheckpointEntry entry in StepDirectories())
            {
                if (entry.Step == step || !File.Exists(ManifestPath(entry.Path)))
                    Remove(entry);
            }

            Directory.CreateDirectory(directory);
            AtomicFile.FlushDirectory(Path);
        });
        return directory;
    }

    /// <summary>
    /// Commits the checkpoint whose files are all written. Committing the same step again, without <see cref="BeginWrite"/>, replaces its manifest (another
    /// <see cref="CheckpointManifest.Kind"/>, say).
    /// </summary>
    /// <exception cref="CheckpointDamagedException">A file that the manifest names is not there, has another size, or another job, step or shard.</exception>
    /// <exception cref="CheckpointWriteException">The disk refuses. The checkpoint then does not exist.</exception>
    public CheckpointEntry Commit(CheckpointManifest manifest)
    {
        var entry = new CheckpointEntry(manifest.Step, DirectoryOf(manifest.Step));
        if (manifest.Files.Count != manifest.Shards)
            throw new ArgumentException($"{manifest.Files.Count} files for {manifest.Shards} shards", nameof(manifest));
        for (int shard = 0; shard < manifest.Shards; shard++)
        {
            ShardFileInfo file = manifest.Files.FirstOrDefault(f => f.FileName == ShardFileName(shard, manifest.Shards))
                ?? throw new ArgumentException($"no file of shard {shard}", nameof(manifest));
            string path = entry.PathOf(file);
            using ShardFileReader reader = ShardFileReader.Open(path);
            ShardFileHeader header = reader.Header;
            if ((header.JobFingerprint, header.Step, header.Shard, header.Shards) != (manifest.JobFingerprint, manifest.Step, shard, manifest.Shards))
                throw new CheckpointDamagedException(path, $"holds shard {header.Shard} of {header.Shards} of step {header.Step} of job {header.JobFingerprint}.");
            if (CheckpointEntry.WrongSize(path, file) is { } problem)
                throw new CheckpointDamagedException(path, problem);
        }

        manifest.Write(ManifestPath(entry.Path));
        return entry;
    }

    /// <summary>
    /// The newest checkpoint that <see cref="CheckpointEntry.Verify"/> finds whole, and the problems of every newer one, each with the step to go back to as its fix.
    /// </summary>
    public CheckpointChoice LatestGood()
    {
        var problems = new List<InputError>();
        foreach (CheckpointEntry entry in List())
        {
            IReadOnlyList<InputError> found = entry.Verify();
            if (found.Count == 0)
            {
                string fix = $"The previous good one is step {entry.Step}: resume with --from-step {entry.Step}.";
                return new CheckpointChoice(entry, entry.ReadManifest(), [.. problems.Select(p => p with { Fix = fix })]);
            }

            problems.AddRange(found);
        }

        return new CheckpointChoice(null, null, [.. problems.Select(p => p with { Fix = "No older checkpoint is whole: start a new run." })]);
    }

    /// <summary>Removes all committed checkpoints but the newest <paramref name="keep"/> and those of the steps named.</summary>
    /// <returns>The steps removed, newest first.</returns>
    /// <exception cref="CheckpointWriteException">The disk refuses.</exception>
    public IReadOnlyList<int> Retain(int keep, IReadOnlyCollection<int> alwaysKeepSteps)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(keep, 1);
        return Remove(List().Skip(keep).Where(e => !alwaysKeepSteps.Contains(e.Step)));
    }

    /// <summary>
    /// Removes the checkpoints after a step, and what was left half-written: a run that goes back to it leaves them behind, and a later resume must not take one of them up.
    /// </summary>
    /// <returns>The steps removed, newest first.</returns>
    /// <exception cref="CheckpointWriteException">The disk refuses.</exception>
    public IReadOnlyList<int> RemoveAfter(int step) => Remove(StepDirectories().Where(e => e.Step > step || !File.Exists(ManifestPath(e.Path))));

    private static string ManifestPath(string directory) => System.IO.Path.Combine(directory, CheckpointManifest.FileName);

    private static List<int> Remove(IEnumerable<CheckpointEntry> entries)
    {
        var removed = new List<int>();
        foreach (CheckpointEntry entry in entries.ToList())
        {
            CheckpointWriteException.Guard(entry.Path, () => Remove(entry));
            removed.Add(entry.Step);
        }

        return removed;
    }

    private static void Remove(CheckpointEntry entry)
    {
        // The marker goes first: should the process die half way, what is left does not exist.
        File.Delete(ManifestPath(entry.Path));
        AtomicFile.FlushDirectory(entry.Path);
        Directory.Delete(entry.Path, recursive: true);
    }

    private string DirectoryOf(int step) =>
        System.IO.Path.Combine(Path, Prefix + step.ToString("D" + Digits.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture));

    /// <summary>All directories of steps, committed or not, highest step first.</summary>
    private IEnumerable<CheckpointEntry> StepDirectories()
    {
        if (!Directory.Exists(Path))
            return [];
        var entries = new List<CheckpointEntry>();
        foreach (string directory in Directory.EnumerateDirectories(Path, Prefix + "*"))
        {
            string number = System.IO.Path.GetFileName(directory)[Prefix.Length..];
            if (number.Length == Digits && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int step))
                entries.Add(new CheckpointEntry(step, directory));
        }

        return entries.OrderByDescending(e => e.Step);
    }
}
