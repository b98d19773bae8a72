using System.Globalization;
using System.Text;
using DistEmbed.Coordinator.Reports;
using DistEmbed.Coordinator.Run;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Checkpoints;
using DistEmbed.Protocol.Files;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Vectors;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Worker.Corpus;
using DistEmbed.Worker.Models;
using DistEmbed.Worker.Training;

namespace DistEmbed.Coordinator.Local;

/// <summary>Runs a job's stages one after the other and leaves everything in its run directory.</summary>
/// <param name="job">The job.</param>
/// <param name="place">Makes its run directory, or opens it; called once, when data and vectors of the first stage are found to be usable.</param>
/// <param name="report">Who tells the user.</param>
/// <param name="runner">Where stages run; null: in this process.</param>
/// <param name="inputs">Data and vectors that are shared with other jobs; null: with none.</param>
public sealed class TrainingJob(JobFile job, Func<RunDirectory> place, IJobReport report, IStageRunner? runner = null, StageInputs? inputs = null)
{
    /// <summary>Attempts at a stage that may end without a new checkpoint, one after the other.</summary>
    private const int FruitlessAttempts = 5;

    private readonly IStageRunner _runner = runner ?? new LocalRunner();
    private readonly StageInputs _inputs = inputs ?? new StageInputs();
    private readonly Lazy<RunDirectory> _directory = new(place);
    private FileStream? _hold;
    private string? _shorter; // fingerprint of the last stage as it was before it became longer; null: it did not

    /// <summary>Runs a job in a directory that is there.</summary>
    public TrainingJob(JobFile job, RunDirectory directory, IJobReport report)
        : this(job, () => directory, report)
    {
    }

    /// <summary>The run directory.</summary>
    public RunDirectory Directory => _directory.Value;

    /// <summary>Name of the vectors file that a stage leaves for later stages and for the user.</summary>
    public const string VectorsFileName = "vectors.bin";

    /// <summary>Name of the file of output vectors that cbow and skip-gram with negative sampling, and GloVe, leave beside it.</summary>
    public const string ContextFileName = "context.bin";

    /// <summary>Runs all stages.</summary>
    /// <param name="resume">Whether stages that have ended are skipped, and the one that has begun goes on from its last checkpoint.</param>
    /// <param name="fromStep">A checkpoint to resume from instead of the last; null: the last good one.</param>
    /// <param name="stop">Asks for an early end with a checkpoint.</param>
    /// <returns>The result, which is also in <c>result.json</c>.</returns>
    /// <exception cref="InvalidInputException">Data, vectors or checkpoints cannot be used.</exception>
    /// <exception cref="RunFailedException">Training failed.</exception>
    /// <exception cref="IOException">The disk refused a report.</exception>
    public async Task<RunResult> RunAsync(bool resume, int? fromStep, CancellationToken stop)
    {
        try
        {
            return await RunStagesAsync(resume, fromStep, stop).ConfigureAwait(false);
        }
        finally
        {
            _hold?.Dispose();
        }
    }

    private async Task<RunResult> RunStagesAsync(bool resume, int? fromStep, CancellationToken stop)
    {
        Dictionary<JobStage, PreparedData> data = PrepareAll(job, _inputs, _runner.ComputesHere);
        if (resume)
        {
            _hold = DirectoryHold.Take(Directory.Path);
            if (JobFile.LoadStored(Directory.JobPath) is var stored && LongerTraining.IsOf(stored, job))
                _shorter = JobFingerprint.Of(stored.Stages[^1].Spec);
        }

        JobStage? goesBack = fromStep is null ? null : job.Stages.FirstOrDefault(s => DoneBefore(s) is null) ?? job.Stages[^1];
        var results = new Dictionary<string, RunResult>();
        RunResult? last = null;
        foreach (JobStage stage in job.Stages)
        {
            bool isLonger = _shorter is not null && stage == job.Stages[^1];
            if (resume && !job.IsOneStage && stage != goesBack && !isLonger && DoneBefore(stage) is { } done)
            {
                results[stage.Name] = last = done;
                report.OnStageEnded(stage, done);
                continue;
            }

            last = await RunStageAsync(stage, data[stage], resume, stage == goesBack ? fromStep : null, stop).ConfigureAwait(false);
            results[stage.Name] = last;
            report.OnStageEnded(stage, last);
            if (last.Status != RunStatus.Done)
                break;
        }

        RunResult whole = last!;
        if (!job.IsOneStage)
        {
            whole = whole with { Stages = results, Seconds = results.Values.Sum(r => r.Seconds) };
            whole.Write(Directory.ResultPath);
        }

        if (job.Stages.Any(s => s.Spec.Report.Html))
            Report("report.html", () => RunReport.Write(Directory, Directory.ReportPath, look: false));
        return whole;
    }

    /// <summary>Writes a part of the report. A run that is done has its result whatever becomes of that.</summary>
    private void Report(string name, Action write)
    {
        try
        {
            write();
        }
#pragma warning disable CA1031 // hours of training do not fail for a picture; what happened is told, and `distembed report` can write it again
        catch (Exception failed)
#pragma warning restore CA1031
        {
            report.OnWarning($"{name} could not be written: {string.Join(' ', failed.Message.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))} The result is whole; try again with: distembed report {Directory.Path}");
        }
    }

    /// <summary>
    /// Reads everything that a job names and makes of it what can be made before anything is trained: whatever would be refused later is refused here.
    /// </summary>
    /// <param name="job">The job.</param>
    /// <param name="inputs">Takes what was read.</param>
    /// <param name="computesHere">Whether this process is to train it.</param>
    /// <returns>The data of each stage.</returns>
    /// <exception cref="InvalidInputException">Data, vectors or an optimizer cannot be used.</exception>
    public static IReadOnlyDictionary<JobStage, PreparedData> CheckInputs(JobFile job, StageInputs inputs, bool computesHere)
    {
        Dictionary<JobStage, PreparedData> prepared = PrepareAll(job, inputs, computesHere);
        foreach (JobStage stage in job.Stages.Where(s => s.Spec.Vectors.StageName is null))
            PreparedStage.Of(stage.Spec, prepared[stage], inputs.VectorsOf(job, stage, name => throw new InvalidOperationException($"stage {name} has not been trained")));
        return prepared;
    }

    /// <summary>
    /// Prepares the data of every stage, equal ones once, and looks for every vector file, probe and arithmetic: what is wrong with the last stage is said before the
    /// first has trained for hours.
    /// </summary>
    private static Dictionary<JobStage, PreparedData> PrepareAll(JobFile job, StageInputs inputs, bool computesHere)
    {
        var prepared = new Dictionary<JobStage, PreparedData>();
        foreach (JobStage stage in job.Stages)
        {
            JobSpec spec = stage.Spec;
            if (spec.Model.UsesTorch && computesHere)
                TorchRuntime.Configure(spec.Training.InstructionSet, spec.Training.TorchThreads);
            PreparedStage.CheckVectorFiles(spec);
            ModelCatalog.Check(spec);
            RowSelectors.CheckFiles(spec);
            inputs.ProbesOf(spec);
            prepared[stage] = inputs.DataOf(job, stage);
        }

        return prepared;
    }

    private RunDirectory PlaceOf(JobStage stage) => job.IsOneStage ? Directory : Directory.Stage(stage.Name);

    private RunResult? DoneBefore(JobStage stage)
    {
        string path = PlaceOf(stage).ResultPath;
        return File.Exists(path) && RunResult.Read(path) is { Status: RunStatus.Done } done ? done : null;
    }

    private async Task<RunResult> RunStageAsync(JobStage stage, PreparedData data, bool resume, int? fromStep, CancellationToken stop)
    {
        PreparedStage prepared = PreparedStage.Of(stage.Spec, data, VectorsOf(stage, data));
        using var batches = prepared.Batches as IDisposable;
        _hold ??= DirectoryHold.Take(Directory.Path); // a new run's directory is made here, when its first stage is found to be usable
        RunDirectory place = PlaceOf(stage);
        if (!resume && stage == job.Stages[0])
            AtomicFile.WriteAllBytes(Directory.JobPath, Encoding.UTF8.GetBytes(job.ToJson()));
        string fingerprint = JobFingerprint.Of(stage.Spec);
        CheckpointManifest? from = resume ? ResumeFrom(stage, fromStep, fingerprint, prepared) : null;
        if (from is null)
        {
            if (!job.IsOneStage)
                AtomicFile.WriteAllBytes(place.JobPath, Encoding.UTF8.GetBytes(JobFile.Of(stage).ToJson()));
            VocabularyFile.Write(place.VocabularyPath, prepared.Data.Vocabulary);
            (prepared.Facts with { Files = InputFile.AllOf(stage.Spec) }).Write(place, prepared.Classes);
        }
        else
        {
            GoBack(place, from);
        }

        if (_shorter is not null && stage == job.Stages[^1])
            Lengthen(stage, prepared, place, begun: from is not null);
        RunPlan plan;
        RunOutcome? outcome = null;
        int fruitless = 0;
        for (int attempt = 1; ; attempt++)
        {
            plan = new RunPlan
            {
                Job = stage.Spec,
                Fingerprint = fingerprint,
                StepsPerEpoch = prepared.Facts.StepsPerEpoch,
                TotalSteps = prepared.Facts.TotalSteps,
                DevExamples = prepared.Measures.Names.Count > 0 ? prepared.Data.Dev?.Count ?? 0 : 0,
                TestExamples = stage.Spec.Model.NeedsLabels && prepared.Measures.Names.Count > 0 ? prepared.Data.Test?.Count ?? 0 : 0,
                Measures = prepared.Measures,
                Tables = TablePlan.Of(stage.Spec, prepared.Tables, prepared.Freeze, prepared.Classes),
                ResumeFrom = from,
                Changes = resume || attempt > 1 ? ChangesOf(place, attempt == 1 ? fromStep : null) : [],
            };
            report.OnPrepared(stage, prepared, from?.Step);
            if (attempt == 1)
                VectorFindings.Tell(prepared, report);
            string lost;
            using (var metrics = new MetricsReport(place, plan, from?.Step))
            using (CheckpointWatch<DriftRecord>? drift = DriftWatch.Start(place, StageRows.Of(prepared), from?.Step, report.OnDrift))
            using (CheckpointWatch<ProbeRecord>? probes = ProbeWatch.Start(place, StageRows.Of(prepared), _inputs.ProbesOf(stage.Spec), from?.Step, report.OnProbed))
            {
                void Watch(RunEvent happened)
                {
                    metrics.OnEvent(happened);
                    drift?.OnEvent(happened);
                    probes?.OnEvent(happened);
                    report.OnEvent(happened);
                }

                try
                {
                    outcome = await _runner.RunAsync(new StageRun(stage.Name, attempt, plan, prepared, place.Checkpoints, Watch), stop).ConfigureAwait(false);
                    break;
                }
                catch (AttemptLostException attemptLost)
                {
                    lost = attemptLost.Message;
                }
            }

            CheckpointManifest? next = ResumeFrom(stage, null, fingerprint, prepared);
            using (var log = new ChangesLog(place.ChangesPath))
                log.Append(new ChangeRecord(ChangeKind.AttemptLost, next?.Step ?? 0, DateTimeOffset.UtcNow) { Reason = lost });
            fruitless = next?.Step == from?.Step ? fruitless + 1 : 0;
            if (fruitless == FruitlessAttempts)
                throw new RunFailedException(stage.Name, $"{FruitlessAttempts} attempts one after the other ended without a new checkpoint, the last one because {lost}");
            from = next;
            if (from is not null)
                GoBack(place, from);
        }

        if (!outcome.Interrupted && (!stage.Spec.Model.NeedsLabels || job.Stages.Any(s => s.Spec.Vectors.StageName == stage.Name)))
            ExportVectors(place);
        if (!outcome.Interrupted)
            CompareNeighbors(stage.Name, place, StageRows.Of(prepared), outcome.WeightsStep);
        RunResult result = StageResult.Of(plan, prepared, outcome);
        result.Write(place.ResultPath);
        if (!outcome.Interrupted && stage.Spec.Report.Html)
            Report("analysis.json", () => RunReport.Analyze(Directory, stage.Name, prepared, result));
        return result;
    }

    private LoadedVectors? VectorsOf(JobStage stage, PreparedData data)
    {
        string OfStage(string name) => Path.Combine(Directory.Stage(name).Path, VectorsFileName);
        // Kept only for other jobs: this one has what it needs once its stage is prepared.
        return inputs is null ? PreparedStage.LoadVectors(stage.Spec, data.Vocabulary, OfStage) : inputs.VectorsOf(job, stage, OfStage);
    }

    /// <summary>Notes that the run is longer from here on: first that the checkpoints so far are good for it, last in its job.</summary>
    private void Lengthen(JobStage stage, PreparedStage prepared, RunDirectory place, bool begun)
    {
        if (begun)
        {
            IReadOnlyList<string> before = StageFacts.Read(place.Path).Shorter;
            (prepared.Facts with { Shorter = [.. before, _shorter!] }).Write(place, prepared.Classes);
        }

        if (!job.IsOneStage)
            AtomicFile.WriteAllBytes(place.JobPath, Encoding.UTF8.GetBytes(JobFile.Of(stage).ToJson()));
        AtomicFile.WriteAllBytes(Directory.JobPath, Encoding.UTF8.GetBytes(job.ToJson()));
        _shorter = null;
    }

    private static void GoBack(RunDirectory place, CheckpointManifest from)
    {
        // A result of steps that are taken again would tell a later resume that the stage is done.
        File.Delete(place.ResultPath);
        File.Delete(place.NeighborsPath);
        place.Checkpoints.RemoveAfter(from.Step);
    }

    /// <summary>Changes that were made while the run trained; whoever goes back to a step on purpose does not want those of later steps again.</summary>
    private static IReadOnlyList<PlanChange> ChangesOf(RunDirectory place, int? fromStep)
    {
        if (fromStep is { } step && ChangesLog.Read(place.ChangesPath).Any(c => c.Step > step))
        {
            using var log = new ChangesLog(place.ChangesPath);
            log.Append(new ChangeRecord(ChangeKind.WentBack, step, DateTimeOffset.UtcNow));
        }

        return ChangesLog.Read(place.ChangesPath);
    }

    private CheckpointManifest? ResumeFrom(JobStage stage, int? fromStep, string fingerprint, PreparedStage prepared)
    {
        RunDirectory place = PlaceOf(stage);
        if (fromStep is null && !File.Exists(Path.Combine(place.Path, StageFacts.FileName)))
            return null; // it had not begun
        StageFacts before = StageFacts.Read(place.Path), now = prepared.Facts;
        const string Fix = "Put the file back as it was, or start a new run.";
        string[] good = [fingerprint, .. before.Shorter, .. _shorter is not null && stage == job.Stages[^1] ? [_shorter] : (string[])[]];
        before = before with { Shorter = now.Shorter, TotalSteps = good.Length > 1 + before.Shorter.Count ? now.TotalSteps : before.TotalSteps };
        if (before.DataFingerprint != now.DataFingerprint)
        {
            InputFile.Require(before.Files, prepared.Job, InputFile.Data, Fix);
            InputFile.Require(before.Files, prepared.Job, InputFile.Vectors, Fix); // they decide which words are known
            throw new InvalidInputException(place.Path, "was trained on other data than the job names now: words, labels or examples differ.",
                "Put the data back as they were, or start a new run.");
        }

        InputFile.Require(before.Files, prepared.Job, InputFile.Vectors, Fix);
        if (before with { Labels = now.Labels, Symbols = now.Symbols, Examples = now.Examples, RowClasses = now.RowClasses, Files = now.Files } != now)
            throw new InvalidInputException(place.Path, $"was trained with {Numbers(before)}; now it would be {Numbers(now)}.", Fix);
        if (before.RowClasses != now.RowClasses)
        {
            InputFile.Require(before.Files, prepared.Job, InputFile.Words, Fix);
            throw new InvalidInputException(place.Path, "was trained with row selectors that met other rows: a file of words has changed, or words have a vector that had none.",
                "Put the files back as they were, or start a new run.");
        }

        CheckpointManifest manifest;
        if (fromStep is { } step)
        {
            CheckpointEntry entry = place.Checkpoints.Get(step);
            IReadOnlyList<InputError> problems = entry.Verify();
            if (problems.Count > 0)
                throw new InvalidInputException(problems);
            manifest = entry.ReadManifest();
        }
        else
        {
            CheckpointChoice choice = place.Checkpoints.LatestGood();
            if (choice.Problems.Count > 0)
                throw new InvalidInputException(choice.Problems);
            if (!choice.Found)
                return null; // it was stopped before its first checkpoint: nothing is lost by starting it again
            manifest = choice.Manifest;
        }

        if (!good.Contains(manifest.JobFingerprint))
        {
            throw new InvalidInputException(place.Checkpoints.Path, $"holds checkpoints of another job (fingerprint {manifest.JobFingerprint[..12]}, this job's is {fingerprint[..12]}).",
                "Resume with the job.json of the run directory, or start a new run.");
        }

        if (prepared.Job.Evaluation.KeepBest && manifest.Resume.Best is { } best && best.Step != manifest.Step)
            RequireWhole(place.Checkpoints, best.Step);
        return manifest;
    }

    private static string Numbers(StageFacts facts) => string.Create(CultureInfo.InvariantCulture,
        $"dimension {facts.Dimension}, range {facts.EmbeddingRange?.ToString() ?? "of the model"}, {facts.TotalSteps} steps");

    /// <summary>The best weights are read at the end only; that they cannot be read is to be known before the steps until then are trained.</summary>
    private static void RequireWhole(CheckpointDirectory checkpoints, int step)
    {
        IReadOnlyList<CheckpointEntry> all = checkpoints.List();
        IReadOnlyList<InputError> problems = all.FirstOrDefault(e => e.Step == step)?.Verify() ?? [];
        if (problems.Count == 0)
            return;
        string fix = all.FirstOrDefault(e => e.Step < step && e.Verify().Count == 0) is { } before
            ? $"It has the best weights so far. The good one before it is step {before.Step}: resume with --from-step {before.Step}."
            : "It has the best weights so far, and no older checkpoint is whole: start a new run.";
        throw new InvalidInputException([.. problems.Select(p => p with { Fix = fix })]);
    }

    private void ExportVectors(RunDirectory place)
    {
        using TrainedRun run = TrainedRun.Open(place.Path);
        IReadOnlyList<string> escaped = VectorExport.WriteForStages(run.ReadVectors(), Path.Combine(place.Path, VectorsFileName));
        if (run.Job.Model.HasContextVectors)
            VectorExport.WriteForStages(run.ReadVectors("context"), Path.Combine(place.Path, ContextFileName));
        if (escaped.Count > 0)
        {
            string words = PrintableText.List(escaped.Select(word => $"'{word}'"));
            report.OnWarning(string.Create(CultureInfo.InvariantCulture, $"{VectorsFileName} has {escaped.Count:N0} words ")
                + $"with escapes, since word2vec's binary layout cannot hold them: {words}. Later stages have them as they are.");
        }
    }

    private static void CompareNeighbors(string stage, RunDirectory place, StageRows rows, int step)
    {
        using CheckpointRows weights = CheckpointRows.Open(place.Checkpoints.Get(step));
        NeighborRecord.Of(stage, rows, weights)?.Write(place.NeighborsPath);
    }
}
