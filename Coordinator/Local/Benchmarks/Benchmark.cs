using System.Text.Json;
using DistEmbed.Coordinator.Reports;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Vectors;
using DistEmbed.Worker.Corpus;

namespace DistEmbed.Coordinator.Local.Benchmarks;

/// <summary>What a benchmark is asked for.</summary>
/// <param name="Vectors">The vectors as written, see <see cref="BenchmarkVectors.Of"/>; the others are compared with the first.</param>
/// <param name="Tasks">Names of tasks; none: all.</param>
/// <param name="Data">Folder of the data sets.</param>
/// <param name="Directory">Where runs and results are kept.</param>
/// <param name="Seeds">The seeds, no two alike, at least one.</param>
/// <param name="Tuned">Whether the vectors are tuned in further runs, beside those in which they are frozen.</param>
public sealed record BenchmarkRequest(IReadOnlyList<string> Vectors, IReadOnlyCollection<string> Tasks, string Data, string Directory, IReadOnlyList<ulong> Seeds, bool Tuned);

/// <summary>A task with some vectors, over all seeds: a sweep of its own, so that vectors, tasks and seeds can be added to a benchmark.</summary>
/// <param name="Task">The task.</param>
/// <param name="Vectors">The vectors.</param>
/// <param name="Tuned">Whether the embedding is tuned; else it is frozen.</param>
/// <param name="Directory">The sweep's directory.</param>
/// <param name="Plan">The sweep.</param>
public sealed record BenchmarkCell(BenchmarkTask Task, BenchmarkVectors Vectors, bool Tuned, string Directory, SweepPlan Plan)
{
    /// <summary>Its runs as a comparison sees them, as variants that are called as the vectors are.</summary>
    public IReadOnlyList<ComparedRun> Runs => [.. ComparedRuns.OfSweep(SweepDirectory.Open(Directory), []).Runs.Select(run => run with { Variant = Vectors.Name })];
}

/// <summary>
/// Measures word vectors by what they are worth to models of fixed jobs: each task is trained with each set of vectors and each seed. A run that has ended is never
/// made again, and one that was stopped goes on, when the benchmark is started in the same directory.
/// </summary>
public sealed class Benchmark
{
    private readonly BenchmarkManifest _manifest;
    private readonly IntrinsicSets _intrinsic;
    private readonly Dictionary<(BenchmarkTask Task, BenchmarkVectors Vectors), VectorCoverage> _coverage;

    private Benchmark(BenchmarkRequest request, IReadOnlyList<BenchmarkVectors> vectors, IReadOnlyList<BenchmarkCell> cells, BenchmarkManifest manifest, IntrinsicSets intrinsic,
        Dictionary<(BenchmarkTask Task, BenchmarkVectors Vectors), VectorCoverage> coverage) =>
        (Request, Vectors, Cells, _manifest, _intrinsic, _coverage) = (request, vectors, cells, manifest, intrinsic, coverage);

    /// <summary>What was asked for.</summary>
    public BenchmarkRequest Request { get; }

    /// <summary>The vectors; the others are compared with the first.</summary>
    public IReadOnlyList<BenchmarkVectors> Vectors { get; }

    /// <summary>What is trained, in order: a task after the other, frozen vectors first.</summary>
    public IReadOnlyList<BenchmarkCell> Cells { get; }

    /// <summary>Reads the data of every task with every set of vectors and looks at whatever was trained before. Writes nothing.</summary>
    /// <exception cref="InvalidInputException">Anything cannot be used; carries every error.</exception>
    public static Benchmark Check(BenchmarkRequest request)
    {
        var errors = new List<InputError>();
        IReadOnlyList<BenchmarkVectors> vectors = BenchmarkVectors.Of(request.Vectors, errors);
        IReadOnlyList<BenchmarkTask> tasks = BenchmarkTask.Named(request.Tasks, errors);
        string root = Path.GetFullPath(request.Data), directory = Path.GetFullPath(request.Directory);
        BenchmarkManifest manifest = Try(() => BenchmarkManifest.Read(directory), errors)?.With(vectors, errors) ?? new BenchmarkManifest();
        Try<object>(() => { NewDirectory.OfBenchmark.CheckRoot(directory); return directory; }, errors);
        var cells = new List<BenchmarkCell>();
        var coverage = new Dictionary<(BenchmarkTask, BenchmarkVectors), VectorCoverage>();
        foreach (BenchmarkTask task in tasks)
        {
            InputError[] missing = [.. task.MissingFiles(root)];
            errors.AddRange(missing);
            if (missing.Length > 0)
                continue;
            var inputs = new StageInputs(); // a task's own: its data are the same for all vectors
            foreach (bool tuned in request.Tuned ? [false, true] : (bool[])[false])
            {
                foreach (BenchmarkVectors each in vectors)
                {
                    if (Try(() => CellOf(task, each, tuned, root, directory, request.Seeds), errors) is not { } cell)
                        continue;
                    cells.Add(cell);
                    if (!tuned && Try(() => Look(cell, inputs), errors) is { } found)
                        coverage[(task, each)] = found;
                }
            }
        }

        IntrinsicSets? intrinsic = Try(() => VectorSimilarity.SetsIn(root), errors);
        return errors.Count == 0 ? new Benchmark(request, vectors, cells, manifest, intrinsic!, coverage) : throw new InvalidInputException([.. errors.Distinct()]);
    }

    /// <summary>Trains everything that has not ended yet.</summary>
    /// <param name="report">Makes whoever tells the user of a cell's sweep.</param>
    /// <param name="stop">Asks for an early end with a checkpoint.</param>
    /// <exception cref="InvalidInputException">Another process works in the directory, or a file has changed meanwhile.</exception>
    /// <exception cref="IOException">The disk refuses.</exception>
    public async Task<SweepEnd> RunAsync(Func<BenchmarkCell, ISweepReport> report, CancellationToken stop)
    {
        string directory = Path.GetFullPath(Request.Directory);
        NewDirectory.OfBenchmark.Making(directory, () => Directory.CreateDirectory(directory));
        using FileStream hold = DirectoryHold.Take(directory);
        _manifest.Write(directory);
        bool failed = false;
        foreach (BenchmarkCell cell in Cells)
        {
            SweepDirectory? begun = SweepDirectory.Is(cell.Directory) ? SweepDirectory.Open(cell.Directory) : null;
            switch (await new Sweep(cell.Plan, begun, () => SweepDirectory.CreateAt(cell.Directory, cell.Plan.Manifest), [], report(cell)).RunAsync(stop).ConfigureAwait(false))
            {
                case SweepEnd.Interrupted:
                    return SweepEnd.Interrupted;
                case SweepEnd.SomeFailed:
                    failed = true;
                    break;
            }
        }

        return failed ? SweepEnd.SomeFailed : SweepEnd.Done;
    }

    /// <summary>What came of it, read from the directory.</summary>
    /// <exception cref="InvalidInputException">A result cannot be read.</exception>
    public BenchmarkResult ReadResult() => new(Vectors, Request.Seeds, [.. Cells.GroupBy(cell => (cell.Task, cell.Tuned)).Select(task =>
    {
        ComparedRun[] runs = [.. task.SelectMany(cell => cell.Runs)];
        RunComparison? comparison = runs.Any(run => run.Missing is null) ? RunComparison.Of(runs, task.First().Vectors.Name) : null;
        return new BenchmarkResult.Score(task.Key.Task.Name, task.Key.Tuned, comparison, [.. task.Select(cell => cell.Vectors.Path is null ? null : _coverage[(cell.Task, cell.Vectors)])],
            [.. runs.Where(run => run.Missing is not null)]);
    })], VectorSimilarity.Of(Vectors, _intrinsic));

    private static BenchmarkCell CellOf(BenchmarkTask task, BenchmarkVectors vectors, bool tuned, string root, string directory, IReadOnlyList<ulong> seeds)
    {
        string path = Path.Combine(directory, task.Name, vectors.Name, tuned ? "tuned" : "frozen");
        SweepPlan plan = SweepPlan.Of(JobFile.ReadText(task.JobPath), task.JobPath, task.Settings(root, vectors, tuned), [], seeds, origin: JobOrigin.OfFile(task.JobPath));
        if (!SweepDirectory.Is(path))
            return new BenchmarkCell(task, vectors, tuned, path, plan);
        SweepManifest before = SweepDirectory.Open(path).Manifest;
        if (before.Fingerprint != plan.Manifest.Fingerprint)
            throw new InvalidInputException(path, "holds the runs of another job: its settings, or the path of its vectors, were others.", "Choose another --out, or remove that folder.");
        SweepPlan goesOn = SweepPlan.GoOn(before, Path.Combine(path, SweepManifest.FileName), [$"data.root={JsonSerializer.Serialize(root, JobJson.OneLine)}"], seeds);
        return new BenchmarkCell(task, vectors, tuned, path, goesOn);
    }

    /// <summary>Reads data and vectors, and compares the data with what was trained on before.</summary>
    private static VectorCoverage Look(BenchmarkCell cell, StageInputs inputs)
    {
        JobFile job = cell.Plan.Runs[0].Job;
        PreparedData data = TrainingJob.CheckInputs(job, inputs, computesHere: true)[job.Stages[0]];
        string run = Path.Combine(cell.Directory, cell.Plan.Runs[0].Directory);
        if (File.Exists(Path.Combine(run, StageFacts.FileName)) && StageFacts.Read(run).DataFingerprint != StageFacts.FingerprintOf(data))
            throw new InvalidInputException(run, "was trained on other data: the task's files have changed since.", "Put them back as they were, or choose another --out.");
        return inputs.VectorsOf(job, job.Stages[0], name => throw new InvalidOperationException($"stage {name}")) is { } loaded
            ? VectorCoverage.Of(data.Vocabulary, loaded) : new VectorCoverage(0, 0, 0, 0);
    }

    private static T? Try<T>(Func<T> look, List<InputError> errors)
        where T : class
    {
        try
        {
            return look();
        }
        catch (InvalidInputException invalid)
        {
            errors.AddRange(invalid.Errors);
            return null;
        }
    }
}
