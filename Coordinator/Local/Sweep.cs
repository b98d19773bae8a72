using DistEmbed.Coordinator.Reports;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Worker.Corpus;

namespace DistEmbed.Coordinator.Local;

/// <summary>Whoever tells the user how a sweep goes.</summary>
public interface ISweepReport
{
    /// <summary>Everything is checked, and the directory is there; <paramref name="ended"/> of the runs have ended before.</summary>
    void OnBegun(SweepDirectory directory, int ended);

    /// <summary>A run begins, or goes on.</summary>
    /// <returns>Who is told how it goes.</returns>
    IJobReport OnRun(SweepRun run);

    /// <summary>A run has ended, or was told to stop.</summary>
    void OnRunEnded(SweepRun run, RunResult result);

    /// <summary>A run failed, and the next follows.</summary>
    void OnRunFailed(SweepRun run, string reason);
}

/// <summary>How a sweep ended.</summary>
public enum SweepEnd
{
    /// <summary>Every run has a result.</summary>
    Done,

    /// <summary>Every run has ended, and some of them failed.</summary>
    SomeFailed,

    /// <summary>It was told to stop; the run that was under way left a checkpoint.</summary>
    Interrupted,
}

/// <summary>
/// Trains the runs of a plan one after the other in this process, each into its own directory. They share prepared data and loaded vectors where these are equal. A run
/// that fails in training is noted and not tried again: in sync mode it would fail at the same step. Whatever else goes wrong, such as a full disk, ends the sweep.
/// </summary>
/// <param name="plan">The runs.</param>
/// <param name="begun">The directory of a sweep that goes on; null: a new one.</param>
/// <param name="place">Makes the directory of a new sweep; called once, when every variant is found to be usable.</param>
/// <param name="stages">Names of the stages whose results count; none: the last.</param>
/// <param name="report">Who tells the user.</param>
/// <param name="runner">Where stages run; null: in this process.</param>
public sealed class Sweep(SweepPlan plan, SweepDirectory? begun, Func<SweepDirectory> place, IReadOnlyList<string> stages, ISweepReport report, IStageRunner? runner = null)
{
    private static readonly LocalRunner s_local = new();
    private readonly StageInputs _inputs = new();

    /// <summary>Runs everything that has not ended yet.</summary>
    /// <param name="stop">Asks for an early end with a checkpoint.</param>
    /// <exception cref="InvalidInputException">A job, data or vectors cannot be used. Carries every error of every variant; for a new sweep nothing was written.</exception>
    /// <exception cref="IOException">The disk refuses.</exception>
    public async Task<SweepEnd> RunAsync(CancellationToken stop)
    {
        FileStream? hold = begun is null ? null : DirectoryHold.Take(begun.Path);
        try
        {
            List<SweepRun> open = [.. plan.Runs];
            bool failed = false;
            if (begun is not null)
            {
                Dictionary<SweepRun, SweepDirectory.RunState> states = plan.Runs.ToDictionary(run => run, begun.StateOf);
                open.RemoveAll(run => states[run].Ended);
                failed = states.Values.Any(state => state.Failure is not null);
            }

            string? folds = CheckInputs(open);
            SweepDirectory directory = begun is null ? place() : begun.Manifest.Seeds.SequenceEqual(plan.Manifest.Seeds) ? begun : begun.With(begun.Manifest with { Seeds = plan.Manifest.Seeds });
            hold ??= DirectoryHold.Take(directory.Path);
            if (folds is not null)
                FoldFile.Keep(directory.Path, folds);
            report.OnBegun(directory, plan.Runs.Count - open.Count);
            for (int i = 0; i < open.Count; i++)
            {
                if (stop.IsCancellationRequested)
                    return SweepEnd.Interrupted;
                _inputs.KeepFor(open.Skip(i).Select(run => run.Job));
                switch (await RunAsync(open[i], directory, stop).ConfigureAwait(false))
                {
                    case RunStatus.Interrupted:
                        return SweepEnd.Interrupted;
                    case RunStatus.Failed:
                        failed = true;
                        break;
                }
            }

            return failed ? SweepEnd.SomeFailed : SweepEnd.Done;
        }
        finally
        {
            hold?.Dispose();
        }
    }

    private async Task<RunStatus> RunAsync(SweepRun run, SweepDirectory directory, CancellationToken stop)
    {
        string path = directory.PathOf(run);
        bool resume = directory.StateOf(run).Begun;
        if (!resume)
            File.Delete(Path.Combine(Directory.CreateDirectory(path).FullName, DirectoryHold.FileName)); // all that a process which was killed in this moment may have left
        var training = new TrainingJob(run.Job, () => resume ? RunDirectory.Open(path) : RunDirectory.CreateAt(path), report.OnRun(run), runner, _inputs);
        try
        {
            RunResult result = await training.RunAsync(resume, null, stop).ConfigureAwait(false);
            report.OnRunEnded(run, result);
            return result.Status;
        }
        catch (RunFailedException failure)
        {
            directory.Fail(run, failure.Reason);
            report.OnRunFailed(run, failure.Reason);
            return RunStatus.Failed;
        }
    }

    /// <summary>What is wrong with the last variant, or its last fold, is said before the first has trained for hours.</summary>
    /// <returns>The text of the file of folds; null: there are none.</returns>
    private string? CheckInputs(IReadOnlyList<SweepRun> open)
    {
        var errors = new List<(InputError Error, string Variant)>();
        var folds = new List<(string Variant, IReadOnlyList<int>? Folds)>();
        SweepRun[] first = [.. open.DistinctBy(run => (run.Variant, run.Fold))];
        foreach (SweepRun run in first)
        {
            string name = run.Fold is { } fold ? $"{run.Variant.Name}, fold {fold}" : run.Variant.Name;
            try
            {
                IReadOnlyList<JobStage> counted = CountedStages.Of(run.Job, stages);
                IReadOnlyDictionary<JobStage, PreparedData> data = TrainingJob.CheckInputs(run.Job, _inputs, (runner ?? s_local).ComputesHere);
                errors.AddRange(counted.Where(stage => data[stage] is { Test: null, Dev: null }).Select(stage => (new InputError(
                    "--stage", $"stage '{stage.Name}' has neither a test nor a dev part, so there is nothing to compare.", "Give the job a test part, or name another stage."), name)));
                if (run.Fold is not null)
                    folds.AddRange(counted.Select(stage => (run.Variant.Name, data[stage].Folds)));
            }
            catch (InvalidInputException invalid)
            {
                errors.AddRange(invalid.Errors.Select(error => (error, name)));
            }
        }

        SweepPlan.ThrowIfAny(errors, first.Length);
        return FoldFile.TextOf(folds);
    }
}
