using System.Text;
using DistEmbed.Coordinator.Reports;
using DistEmbed.Coordinator.Reports.Html;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Checkpoints;
using DistEmbed.Protocol.Files;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Node;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Worker.Corpus;
using DistEmbed.Worker.Evaluation;

namespace DistEmbed.Coordinator.Local;

/// <summary>Gathers what a run directory holds, finished or not, and writes its report.</summary>
public static class RunReport
{
    private const string NotLookedAt = "Not looked at when the run ended or stopped. `distembed report` does so, as long as data and first vectors are where the job says.";

    /// <summary>Writes the report of a run.</summary>
    /// <param name="directory">Directory of the run, not of a stage of it.</param>
    /// <param name="path">Where the report goes; it appears whole or not at all.</param>
    /// <param name="look">Whether weights that no analysis.json tells about are looked at now, which reads checkpoints, data and vectors.</param>
    /// <exception cref="InvalidInputException">A file of the run cannot be read.</exception>
    /// <exception cref="IOException">The disk refuses.</exception>
    public static void Write(RunDirectory directory, string path, bool look) =>
        AtomicFile.WriteAllBytes(path, Encoding.UTF8.GetBytes(ReportPage.Render(Read(directory, look))));

    /// <summary>Looks at the weights of a stage that is done and keeps what they show in its directory.</summary>
    /// <param name="run">Directory of the run.</param>
    /// <param name="stage">Name of the stage.</param>
    /// <param name="prepared">Its data and first vectors.</param>
    /// <param name="result">Its result.</param>
    /// <exception cref="InvalidInputException">Its checkpoint cannot be read.</exception>
    /// <exception cref="IOException">The disk refuses.</exception>
    public static void Analyze(RunDirectory run, string stage, PreparedStage prepared, RunResult result)
    {
        using TrainedRun after = TrainedRun.Open(run.Path, stage);
        AnalyzedStage.Of(StageRows.Of(prepared), after, prepared.Data, result.TableHash).Write(after.Directory.AnalysisPath);
    }

    /// <summary>Gathers what a run directory holds.</summary>
    /// <param name="directory">Directory of the run, not of a stage of it.</param>
    /// <param name="look">As for <see cref="Write"/>.</param>
    /// <exception cref="InvalidInputException">A file of the run cannot be read.</exception>
    public static ReportedRun Read(RunDirectory directory, bool look)
    {
        if (Path.GetFileName(Path.GetDirectoryName(directory.Path)) == "stages" && File.Exists(Path.Combine(directory.Path, "..", "..", "job.json")))
            throw new InvalidInputException(directory.Path, "is the directory of a stage.", $"Name the run's: {Path.GetFullPath(Path.Combine(directory.Path, "..", ".."))}.");
        JobFile job = JobFile.LoadStored(directory.JobPath);
        var begun = new List<ReportedStage>();
        var notBegun = new List<string>();
        foreach (JobStage stage in job.Stages)
        {
            string place = job.IsOneStage ? directory.Path : Path.Combine(directory.Path, "stages", stage.Name);
            if (File.Exists(Path.Combine(place, StageFacts.FileName)))
                begun.Add(ReadStage(directory, job.IsOneStage ? directory : directory.Stage(stage.Name), stage, look));
            else
                notBegun.Add(stage.Name);
        }

        return new ReportedRun
        {
            Name = job.Name,
            JobJson = File.ReadAllText(directory.JobPath),
            Fingerprint = job.Fingerprint,
            Version = ProductVersion.Text,
            Result = ResultOf(directory),
            Stages = begun,
            NotBegun = notBegun,
        };
    }

    private static RunResult? ResultOf(RunDirectory place) => File.Exists(place.ResultPath) ? RunResult.Read(place.ResultPath) : null;

    private static ReportedStage ReadStage(RunDirectory run, RunDirectory place, JobStage stage, bool look)
    {
        StageFacts facts = StageFacts.Read(place.Path);
        FreezePlan freeze = FreezePlan.Resolve(stage.Spec, facts.StepsPerEpoch, facts.TotalSteps);
        IReadOnlyList<PlanChange> made = ChangesLog.Read(place.ChangesPath);
        foreach (GroupTimeline timeline in freeze.Groups.Select(freeze.Of))
        {
            foreach (PlanChange change in made)
                timeline.Make(change);
        }

        RunResult? result = ResultOf(place);
        CheckpointManifest[] checkpoints = [.. place.Checkpoints.List().Reverse().Select(entry => entry.ReadManifest())];
        (StageAnalysis? analysis, string? why) = AnalysisOf(run, place, stage, result, look && checkpoints.Length > 0);
        NeighborRecord? neighbors = NeighborRecord.Read(place.NeighborsPath);
        return new ReportedStage
        {
            Name = stage.Name,
            Job = stage.Spec,
            Fingerprint = JobFingerprint.Of(stage.Spec),
            DataFingerprint = facts.DataFingerprint,
            Freeze = freeze,
            Classes = facts.ReadClasses(place),
            StepsPerEpoch = facts.StepsPerEpoch,
            Words = VocabularyFile.Read(place.VocabularyPath).Rows - WordVocabulary.FirstWordRow,
            Dimension = facts.Dimension,
            Labels = facts.Labels.Count,
            Result = result,
            Metrics = MetricsLog.ReadFinished(place.MetricsPath),
            Changes = ChangesLog.ReadAll(place.ChangesPath),
            Made = made,
            Checkpoints = checkpoints,
            Analysis = analysis,
            Scores = ScoresOf(analysis?.Confusion),
            NoAnalysis = why,
            Drift = DriftOf(place, result),
            Probes = ProbesOf(place),
            Neighbors = [.. (neighbors?.Shifts.Words ?? []).Select(w => new ReportedNeighbors(w.Word, w.Cosine, [.. w.Before.Select(n => n.Word)], [.. w.After.Select(n => n.Word)]))],
            Pairs = neighbors is { Chosen: ProbeChoice.Named } ? [.. neighbors.Shifts.Pairs.Select(p => new ReportedPair(p.Word, p.Other, p.Before, p.After))] : [],
        };
    }

    private static ReportedScores? ScoresOf(ConfusionCounts? counted)
    {
        if (counted is null || LabelConfusion.Of(counted.Counts) is not { Examples: > 0 } confusion)
            return null;
        ClassifierMeasures measures = ClassifierMeasures.Of(confusion);
        return new ReportedScores(Score(measures.Accuracy, measures.AccuracyInterval), Score(measures.MacroF1, measures.MacroF1Interval), measures.WeightedF1);

        static ReportedScore Score(double value, ConfidenceInterval interval) => new(value, interval.Low, interval.High);
    }

    /// <summary>The line of drift.jsonl that tells of the weights that count; of a run that has none yet, the last.</summary>
    private static IReadOnlyList<ReportedDrift> DriftOf(RunDirectory place, RunResult? result)
    {
        IReadOnlyList<DriftRecord> lines = File.Exists(place.DriftPath) ? DriftLog.Read(place.DriftPath) : [];
        if ((lines.LastOrDefault(line => line.Step == result?.WeightsStep) ?? (lines.Count > 0 ? lines[^1] : null)) is not { } shown)
            return [];
        return [.. shown.Tables.Select(table => new ReportedDrift(table.Table, shown.Step, [.. table.Classes.Select(c =>
            new ReportedDriftClass(c.Name, c.Rows, c.Moved, Histogram(c.Cosine), Histogram(c.Distance), Histogram(c.NormGrowth)))]))];

        static ReportedHistogram Histogram(DriftHistogram measure) => new(measure.Edges, measure.Counts, measure.Mean);
    }

    private static IReadOnlyList<ReportedProbe> ProbesOf(RunDirectory place)
    {
        IReadOnlyList<ProbeRecord> lines = ProbeLog.Read(place.ProbesPath);
        // A resumed run may have other probes than before: by name, in the order in which they came.
        return [.. lines.SelectMany(line => line.Probes.Select(probe => (line.Step, Probe: probe))).GroupBy(p => p.Probe.Name).Select(of => new ReportedProbe(
            of.Key, of.Last().Probe.OfAnalogies, of.Last().Probe.Covered, of.Last().Probe.Size,
            [.. of.Select(p => new ReportedProbePoint(p.Step, p.Probe.OfAnalogies ? p.Probe.Accuracy : p.Probe.Spearman))]))];
    }

    private static (StageAnalysis? Analysis, string? Why) AnalysisOf(RunDirectory run, RunDirectory place, JobStage stage, RunResult? result, bool look)
    {
        // One of weights that were trained on since tells of another model.
        if (result is { Status: RunStatus.Done } && StageAnalysis.Read(place.AnalysisPath) is { } kept && kept.TableHash == result.TableHash && kept.Step == result.WeightsStep)
            return (kept, null);
        if (!look)
            return (null, NotLookedAt);
        try
        {
            using TrainedRun after = TrainedRun.Open(run.Path, stage.Name);
            // Before the test has been nobody is to see that part.
            PreparedData? data = result is { Status: RunStatus.Done } && after.Job.Model.NeedsLabels ? after.ReadData() : null;
            return (AnalyzedStage.Of(after.ReadStart(), after, data, result?.TableHash ?? ""), null);
        }
        catch (InvalidInputException gone)
        {
            // The report tells the rest all the same: vectors or data may have been moved since.
            return (null, $"Cannot be looked at: {gone.Message}");
        }
    }
}
