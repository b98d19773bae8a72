using System.Diagnostics;
using System.Globalization;
using DistEmbed.Coordinator.Local;
using DistEmbed.Coordinator.Reports;
using DistEmbed.Coordinator.Run;
using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Coordinator.Cli;

/// <summary>Tells the user at the console how a sweep goes: what was read, and a line for each run, on a terminal with its progress.</summary>
/// <param name="plan">The sweep.</param>
/// <param name="stages">Names of the stages whose results count; none: the last.</param>
internal sealed class SweepReport(SweepPlan plan, IReadOnlyList<string> stages) : ISweepReport, IJobReport
{
    private readonly ProgressLine _line = new();
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private SweepRun? _run;
    private PreparedStage? _stage;
    private bool _read;
    private int _ended;
    private int _endedHere;

    /// <summary>The sweep's directory; null: it was not made yet.</summary>
    public SweepDirectory? Directory { get; private set; }

    /// <summary>How far it came, for whoever is told that it stopped.</summary>
    public string Standing => Invariant($"{_ended} of {plan.Runs.Count} runs have ended");

    /// <inheritdoc/>
    public void OnBegun(SweepDirectory directory, int ended)
    {
        (Directory, _ended) = (directory, ended);
        string variants = plan.Variants.Count == 1 ? "" : Invariant($"{plan.Variants.Count} variants with ");
        Line(Invariant($"Sweep of {plan.JobName}: {variants}{(plan.Manifest.Seeds.Count == 1 ? "1 seed" : $"{plan.Manifest.Seeds.Count} seeds")}{(plan.Manifest.Folds is { } folds ? $", {folds.Count} folds" : "")}, {plan.Runs.Count} runs, in {directory.Path}"));
        if (ended > 0)
            Line(Invariant($"  {ended} have ended before"));
    }

    /// <inheritdoc/>
    public IJobReport OnRun(SweepRun run)
    {
        _run = run;
        return this;
    }

    /// <inheritdoc/>
    public void OnPrepared(JobStage stage, PreparedStage prepared, int? resumedStep)
    {
        _stage = prepared;
        if (resumedStep is { } step)
            Told(Invariant($"goes on after step {step}"));
        if (_read)
            return;
        // Of the first run only: the others read the same, or as much with another seed.
        _read = stage.Name == _run!.Job.Stages[^1].Name;
        foreach (string note in prepared.Data.Notes)
            Line($"  {note}");
        if (prepared.Vectors?.Report is { } vectors)
            Line(ConsoleReport.VectorLine(stage.Spec.Vectors.File!, vectors));
    }

    /// <inheritdoc/>
    public void OnEvent(RunEvent happened)
    {
        if (happened is RunEvent.Settled settled)
            _line.Pass(() => Invariant($"{Head} step {settled.Step.Step}/{_stage!.Facts.TotalSteps}"),
                () => _endedHere == 0 ? "" : $", some {Short(_clock.Elapsed / _endedHere * (plan.Runs.Count - _ended))} left for all");
    }

    /// <inheritdoc/>
    public void OnStageEnded(JobStage stage, RunResult result)
    {
        // The line of the run says it.
    }

    /// <inheritdoc/>
    public void OnWarning(string what) => Told($"warning: {what}");

    /// <inheritdoc/>
    public void OnRunEnded(SweepRun run, RunResult result)
    {
        if (result.Status == RunStatus.Interrupted)
        {
            Told(Invariant($"stopped after step {result.Steps}, with a checkpoint"));
            return;
        }

        IEnumerable<string> accuracies = CountedStages.Of(run.Job, stages).Select(stage =>
        {
            RunResult counted = result.Stages?[stage.Name] ?? result;
            string test = counted.Test is { } part ? Invariant($"test {part.Scores.MainText()}, ") : "", dev = counted.Dev is { } other ? Invariant($"dev {other.Scores.MainText()}, ") : "";
            return $"{(stages.Count > 1 ? stage.Name + " " : "")}{test}{dev}";
        });
        Told(Invariant($"{string.Concat(accuracies)}{result.Seconds:F1} s"));
        Ended();
    }

    /// <inheritdoc/>
    public void OnRunFailed(SweepRun run, string reason)
    {
        Told($"failed: {reason}");
        Ended();
    }

    private string Head => Invariant($"[{_ended + 1}/{plan.Runs.Count}] {_run!.Directory}:");

    internal static string Short(TimeSpan time) => time.ToString(time.TotalHours >= 1 ? "h\\:mm\\:ss" : "m\\:ss", CultureInfo.InvariantCulture);

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private void Ended() => (_ended, _endedHere) = (_ended + 1, _endedHere + 1);

    private void Told(string what) => Line($"{Head} {what}");

    private void Line(string text) => _line.Write(text);
}
