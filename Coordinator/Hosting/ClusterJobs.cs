using System.Text.Json;
using DistEmbed.Coordinator.Cli;
using DistEmbed.Coordinator.Control;
using DistEmbed.Coordinator.Local;
using DistEmbed.Coordinator.Reports;
using DistEmbed.Coordinator.Run;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Files;
using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Coordinator.Hosting;

/// <summary>
/// The job of a coordinator, one at a time. Which one is under way is noted in the folder of runs, so that a coordinator that takes over, or starts again, goes on
/// with it. Safe for any thread.
/// </summary>
/// <param name="runs">Folder of the run directories.</param>
/// <param name="runner">Where stages run.</param>
/// <param name="meter">Counts what happens.</param>
/// <param name="log">A line for whoever reads the process's output.</param>
/// <param name="models">Folder with the assemblies that it may load as models of a job; null: it loads none.</param>
public sealed class ClusterJobs(string runs, IStageRunner runner, RunMeter meter, Action<string> log, string? models = null)
{
    private const string MarkerName = ".active.json";

    private readonly Lock _gate = new();
    private Active? _active;
    private bool _closed;
    private EndedJob? _lastEnded;

    private string MarkerPath => Path.Combine(runs, MarkerName);

    /// <summary>The job under way and what it does; null: none.</summary>
    public (string RunDirectory, string Job, string? Stage, string State)? Current
    {
        get
        {
            lock (_gate)
                return _active is { } job ? (job.Name, job.Job.Name, job.Report.Stage, job.Stop.IsCancellationRequested ? "stopping" : job.Report.Stage is null ? "preparing" : "running") : null;
        }
    }

    /// <summary>How far the vectors of the stage under way have drifted, as of its last checkpoint that was measured; empty: nothing is known.</summary>
    public IReadOnlyList<DriftStatus> Drift
    {
        get
        {
            lock (_gate)
                return _active?.Report.Drift ?? [];
        }
    }

    /// <summary>Completed when the job under way has ended; at once if there is none.</summary>
    public Task Ended
    {
        get
        {
            lock (_gate)
                return _active?.Ended ?? Task.CompletedTask;
        }
    }

    /// <summary>The last job that ended here.</summary>
    public EndedJob? LastEnded
    {
        get
        {
            lock (_gate)
                return _lastEnded;
        }
    }

    /// <summary>Who asked for the end of the job that is under way; null: nobody, or a signal to the process.</summary>
    public string? StoppedBy
    {
        get
        {
            lock (_gate)
                return _active?.StoppedBy;
        }
    }

    /// <summary>Whether the job under way was so when the last coordinator ended.</summary>
    public bool TakenUp
    {
        get
        {
            lock (_gate)
                return _active?.TakenUp == true;
        }
    }

    /// <summary>Starts a job and waits until its data are found to be usable.</summary>
    /// <param name="jobJson">The job file's text.</param>
    /// <param name="settings">Settings on top of it, <c>path=value</c>.</param>
    /// <param name="runDirectory">Name of its run directory; null: the next free one.</param>
    /// <param name="origin">What names the job and where its paths start; null: this process's current folder.</param>
    /// <param name="cancel">Gives up waiting.</param>
    /// <returns>Name of its run directory.</returns>
    /// <exception cref="InvalidInputException">The job, its data or the run directory cannot be used.</exception>
    /// <exception cref="CommandRefusedException">Another job is under way.</exception>
    public async Task<string> SubmitAsync(string jobJson, IReadOnlyList<string> settings, string? runDirectory, JobOrigin? origin, CancellationToken cancel)
    {
        JobFile Submitted() => JobFile.Parse(jobJson, "the job", settings, origin: origin ?? JobOrigin.OfFile(JobOrigin.StandardInput));

        Active job;
        if (runDirectory is { } name && Directory.Exists(Path.Combine(runs, RequireName(name))))
        {
            RunDirectory directory = RunDirectory.Open(Path.Combine(runs, name));
            if (Submitted().Fingerprint != JobFile.LoadStored(directory.JobPath).Fingerprint)
                throw new InvalidInputException(name, "is the run of another job.", "Submit the job.json of that run, or leave --run-dir out.");
            job = Begin(ResumedJob.Load(directory, settings), () => directory, name, resume: true);
        }
        else
        {
            JobFile file = Submitted();
            ModelFolder.Require(file, models);
            RunDirectory.CheckRoot(runs);
            // A name of its own at once: whoever asks how the job stands can say which.
            RunDirectory directory = runDirectory is { } chosen ? RunDirectory.CreateAt(Path.Combine(runs, chosen)) : RunDirectory.CreateNext(runs, file.Name);
            try
            {
                job = Begin(file, () => directory, Path.GetFileName(directory.Path), resume: false);
            }
            catch
            {
                RemoveUnused(directory.Path);
                throw;
            }
        }

        Task first = await Task.WhenAny(job.Report.Prepared, job.Ended).WaitAsync(cancel).ConfigureAwait(false);
        if (first == job.Ended && await job.Ended.ConfigureAwait(false) is InvalidInputException failed)
            throw new InvalidInputException(failed.Errors);
        return job.Name;
    }

    /// <summary>Goes on with the job that was under way when the last coordinator ended, if there is one.</summary>
    public void TakeUp()
    {
        if (!File.Exists(MarkerPath))
            return;
        try
        {
            string name = RequireName(JsonSerializer.Deserialize<Marker>(File.ReadAllBytes(MarkerPath), JobJson.Options)!.Run);
            RunDirectory directory = RunDirectory.Open(Path.Combine(runs, name));
            log($"going on with {name}");
            Begin(ResumedJob.Load(directory, []), () => directory, name, resume: true, takenUp: true);
        }
        catch (Exception unusable) when (unusable is InvalidInputException or JsonException or IOException or CommandRefusedException)
        {
            log($"error: the job that was under way cannot go on: {unusable.Message}");
        }
    }

    /// <summary>Ends the job with a checkpoint; no coordinator that starts later goes on with it.</summary>
    /// <param name="who">Who asks; null: not known.</param>
    /// <returns>Completed when it has ended; null: there is none.</returns>
    public Task? Stop(string? who)
    {
        lock (_gate)
        {
            if (_active is not { } job)
                return null;
            File.Delete(MarkerPath);
            job.StoppedBy ??= who;
            job.Stop.Cancel();
            return job.Ended;
        }
    }

    /// <summary>Takes no other job, and ends the one under way with a checkpoint, from which the next coordinator goes on.</summary>
    /// <param name="handOver">Whether one stands by that does so at once.</param>
    /// <returns>Completed when it has ended; null: there is none.</returns>
    public Task? Close(bool handOver)
    {
        lock (_gate)
        {
            _closed = true;
            if (_active is not { } job)
                return null;
            job.HandOver = handOver;
            job.Stop.Cancel();
            return job.Ended;
        }
    }

    /// <summary>The directory of a run.</summary>
    /// <exception cref="InvalidInputException">There is no such run.</exception>
    public string PathOf(string run)
    {
        string path = Path.Combine(runs, RequireName(run));
        return Directory.Exists(path) ? path : throw new InvalidInputException("run", $"there is no run '{run}'.", "Ask for the status: it names the run.");
    }

    private static string RequireName(string name) =>
        name.Length > 0 && name[0] != '.' && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_')
            ? name
            : throw new InvalidInputException("run directory", $"'{name}' is not a name.", "Use letters, digits, dot, dash and underscore, a dot not first: it lies in the coordinator's folder of runs.");

    /// <summary>A job that is refused, or whose data cannot be used, leaves no directory.</summary>
    private static void RemoveUnused(string directory)
    {
        if (Directory.Exists(directory) && !Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories).Any())
            Directory.Delete(directory, recursive: true);
    }

    private Active Begin(JobFile file, Func<RunDirectory> place, string name, bool resume, bool takenUp = false)
    {
        ModelFolder.Require(file, models);
        lock (_gate)
        {
            if (_closed)
                throw new CommandRefusedException("this coordinator ends: submit to the one that is active next.");
            if (_active is { } other)
                throw new CommandRefusedException($"the job {other.Name} is under way: wait for its end, or stop it (distembed stop).");
            var job = new Active(name, file, new StageReport(file.Name, new ConsoleReport(file), meter)) { TakenUp = takenUp };
            if (!resume || !File.Exists(MarkerPath))
                AtomicFile.WriteAllBytes(MarkerPath, JsonSerializer.SerializeToUtf8Bytes(new Marker(name), JobJson.Options));
            job.Ended = Task.Run(() => RunAsync(job, place, resume));
            // Last: a job that could not begin would be under way for ever. Its end waits for the gate.
            _active = job;
            return job;
        }
    }

    /// <summary>Runs the job to its end, however it ends.</summary>
    /// <returns>What it failed with; null: it did not.</returns>
    private async Task<Exception?> RunAsync(Active job, Func<RunDirectory> place, bool resume)
    {
        Exception? failed = null;
        EndedJob ended;
        bool again = false;
        try
        {
            RunResult result = await new TrainingJob(job.Job, place, job.Report, runner).RunAsync(resume, null, job.Stop.Token).ConfigureAwait(false);
            ended = new EndedJob(job.Name, result.Status == RunStatus.Done ? "done" : "interrupted", null, result.TableHash);
            again = result.Status == RunStatus.Interrupted;
        }
        catch (NoLongerCoordinatesException)
        {
            // The note of the job stays: it is for whoever coordinates next. Who asks this process in its last seconds must not hear of an end.
            ended = new EndedJob(job.Name, "handed-over", null, null);
            again = true;
        }
        catch (OperationCanceledException) when (job.Stop.IsCancellationRequested)
        {
            ended = new EndedJob(job.Name, "interrupted", null, null);
            again = true;
        }
#pragma warning disable CA1031 // whatever ends a job is its result, told to everybody who asks; the coordinator lives on for the next
        catch (Exception exception)
#pragma warning restore CA1031
        {
            failed = exception;
            ended = new EndedJob(job.Name, "failed", exception.Message, null);
            log($"error: {job.Name}: {exception.Message}");
        }

        meter.OnEnded();
        if (failed is InvalidInputException && !resume)
            RemoveUnused(place().Path);
        lock (_gate)
        {
            if (again && job.HandOver && File.Exists(MarkerPath))
                ended = ended with { Status = "handed-over" };
            _lastEnded = ended;
            _active = null;
            if (!again)
                File.Delete(MarkerPath);
        }

        log($"{ended.RunDirectory}: {ended.Status}{(ended.TableHash is { } hash ? $", tableHash {hash}" : "")}");
        job.Stop.Dispose();
        return failed;
    }

    private sealed record Marker(string Run);

    private sealed class Active(string name, JobFile job, StageReport report)
    {
        public string Name { get; } = name;

        public JobFile Job { get; } = job;

        public StageReport Report { get; } = report;

        public CancellationTokenSource Stop { get; } = new();

        public string? StoppedBy { get; set; }

        public bool TakenUp { get; init; }

        public bool HandOver { get; set; }

        public Task<Exception?> Ended { get; set; } = Task.FromResult<Exception?>(null);
    }

    /// <summary>Notes how far a job is, and passes everything on.</summary>
    private sealed class StageReport(string job, IJobReport next, RunMeter meter) : IJobReport
    {
        private readonly TaskCompletionSource _prepared = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public string? Stage { get; private set; }

        public IReadOnlyList<DriftStatus> Drift { get; private set; } = [];

        public Task Prepared => _prepared.Task;

        public void OnPrepared(JobStage stage, PreparedStage prepared, int? resumedStep)
        {
            Stage = stage.Name;
            Drift = [];
            meter.OnStage(job, stage.Name);
            next.OnPrepared(stage, prepared, resumedStep);
            _prepared.TrySetResult();
        }

        public void OnEvent(RunEvent happened)
        {
            meter.OnEvent(happened);
            next.OnEvent(happened);
        }

        public void OnDrift(DriftRecord drift)
        {
            Drift = drift.Statuses();
            meter.OnDrift(Drift);
            next.OnDrift(drift);
        }

        public void OnProbed(ProbeRecord probed) => next.OnProbed(probed);

        public void OnStageEnded(JobStage stage, RunResult result) => next.OnStageEnded(stage, result);

        public void OnWarning(string what) => next.OnWarning(what);
    }
}
