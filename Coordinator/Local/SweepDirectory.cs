using System.Text.Json;
using DistEmbed.Coordinator.Reports;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Files;
using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Coordinator.Local;

/// <summary>The directory of a sweep: <c>sweep.json</c>, and the directory of each run.</summary>
public sealed class SweepDirectory
{
    /// <summary>Name of the file that a run which failed has in place of a result.</summary>
    public const string FailureName = "failed.json";

    private SweepDirectory(string path, SweepManifest manifest) => (Path, Manifest) = (path, manifest);

    /// <summary>The directory.</summary>
    public string Path { get; }

    /// <summary>What the sweep is made of.</summary>
    public SweepManifest Manifest { get; }

    /// <summary>How far a run has come.</summary>
    /// <param name="Result">Its result; null: it has none yet. It may be that of an interrupted run.</param>
    /// <param name="Failure">Why it failed; null: it did not.</param>
    /// <param name="Begun">Whether it has a directory to go on in.</param>
    public sealed record RunState(RunResult? Result, string? Failure, bool Begun)
    {
        /// <summary>Whether nothing is left to do.</summary>
        public bool Ended => Result?.Status == RunStatus.Done || Failure is not null;
    }

    /// <summary>Whether a directory is that of a sweep.</summary>
    public static bool Is(string path) => File.Exists(System.IO.Path.Combine(path, SweepManifest.FileName));

    /// <summary>Makes the directory of a new sweep, <c>ROOT/NAME-k</c>.</summary>
    /// <exception cref="InvalidInputException">It cannot be made.</exception>
    public static SweepDirectory CreateNext(string root, string name, SweepManifest manifest) =>
        new(NewDirectory.OfSweep.CreateNext(root, name, manifest.Write), manifest);

    /// <summary>Makes the directory of a new sweep at a place that the user names: it must not exist, or hold no file.</summary>
    /// <exception cref="InvalidInputException">It holds something, or cannot be made.</exception>
    public static SweepDirectory CreateAt(string path, SweepManifest manifest)
    {
        string made = NewDirectory.OfSweep.CreateAt(path);
        manifest.Write(made);
        return new SweepDirectory(made, manifest);
    }

    /// <summary>Opens the directory of a sweep that has begun.</summary>
    /// <exception cref="InvalidInputException">There is no sweep.</exception>
    public static SweepDirectory Open(string path)
    {
        string full = System.IO.Path.GetFullPath(path);
        return new SweepDirectory(full, SweepManifest.Read(full));
    }

    /// <summary>Writes another manifest: the same sweep with more seeds.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    public SweepDirectory With(SweepManifest manifest)
    {
        manifest.Write(Path);
        return new SweepDirectory(Path, manifest);
    }

    /// <summary>The directory of a run.</summary>
    public string PathOf(SweepRun run) => System.IO.Path.Combine(Path, run.Directory);

    /// <summary>How far a run has come.</summary>
    /// <exception cref="InvalidInputException">Its directory holds the run of another job, or a file that cannot be read.</exception>
    public RunState StateOf(SweepRun run)
    {
        string path = PathOf(run), jobPath = System.IO.Path.Combine(path, "job.json");
        if (!File.Exists(jobPath))
            return new RunState(null, null, Begun: false);
        RunDirectory directory = RunDirectory.Open(path);
        if (JobFile.LoadStored(directory.JobPath).Fingerprint != run.Job.Fingerprint)
            throw new InvalidInputException(path, "holds the run of another job than the sweep has there.", "Remove the directory, or put its job.json back as it was.");
        RunResult? result = File.Exists(directory.ResultPath) ? RunResult.Read(directory.ResultPath) : null;
        return new RunState(result, result?.Status == RunStatus.Done ? null : FailureOf(path), Begun: true);
    }

    /// <summary>Notes that a run failed.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    public void Fail(SweepRun run, string reason) => AtomicFile.WriteAllBytes(
        System.IO.Path.Combine(PathOf(run), FailureName), [.. JsonSerializer.SerializeToUtf8Bytes(new Failure(reason), JobJson.Options), (byte)'\n']);

    /// <summary>Why the run of a directory failed; null: nothing is noted.</summary>
    /// <exception cref="InvalidInputException">The note cannot be read.</exception>
    public static string? FailureOf(string run)
    {
        string path = System.IO.Path.Combine(run, FailureName);
        if (!File.Exists(path))
            return null;
        try
        {
            return (JsonSerializer.Deserialize<Failure>(File.ReadAllBytes(path), JobJson.Options) ?? throw new JsonException("It is null.")).Reason;
        }
        catch (JsonException garbled)
        {
            throw new InvalidInputException(new InputError(path, $"cannot be read: {garbled.Message}", "Remove it: a resumed sweep tries the run again."), garbled);
        }
    }

    private sealed record Failure(string Reason);
}
