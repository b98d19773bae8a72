using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using DistEmbed.Coordinator.Control;
using DistEmbed.Coordinator.Local;
using DistEmbed.Coordinator.Reports;
using DistEmbed.Coordinator.Run;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Vectors;
using Spectre.Console;

namespace DistEmbed.Coordinator.Cli;

/// <summary>Tells the user at the console how a job goes: what was read, the plan, progress with rate and remaining time, results.</summary>
internal sealed class ConsoleReport(JobFile job) : IJobReport
{
    private static readonly TimeSpan s_everyTerminal = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan s_everyLine = TimeSpan.FromSeconds(5);

    // Columns of the progress line: speed goes first, of which there are two, then the epoch, which the step says too.
    private static readonly int[] s_leastNeeded = [3, 4, 1, 2];

    private readonly List<(JobStage Stage, PreparedStage? Prepared, RunResult Result)> _ended = [];
    private readonly bool _terminal = !Console.IsOutputRedirected;
    private JobStage? _stage;
    private readonly List<PlanChange> _changes = [];
    private PreparedStage? _prepared;
    private long _shownAt;
    private double _rate;
    private (double Seconds, int Step, long Units) _mark;
    private (double Sum, long Count) _loss;
    private (double Sum, long Count) _lossSinceEvaluation;
    private long _units;
    private bool _open;
    private DriftRecord? _drift;
    private readonly ConcurrentQueue<ProbeRecord> _probed = new();

    /// <inheritdoc/>
    public void OnPrepared(JobStage stage, PreparedStage prepared, int? resumedStep)
    {
        (_stage, _prepared, _drift) = (stage, prepared, null);
        _changes.Clear();
        (_rate, _mark, _units, _loss, _lossSinceEvaluation) = (0, (0, resumedStep ?? 0, 0), 0, default, default);
        _shownAt = Stopwatch.GetTimestamp();
        AnsiConsole.Write(new Rule(Markup.Escape(job.IsOneStage ? stage.Name : $"{job.Name}: {stage.Name}")) { Justification = Justify.Left });
        if (_ended.FirstOrDefault(e => e.Prepared?.Facts.DataFingerprint == prepared.Facts.DataFingerprint).Stage is { } same)
        {
            Line($"  data: the same as in stage {same.Name}");
        }
        else
        {
            foreach (string note in prepared.Data.Notes)
                Line($"  {PrintableText.Escape(note)}");
        }

        Line(prepared.Vectors?.Report is { } vectors
            ? VectorLine(stage.Spec.Vectors.File!, vectors)
            : string.Create(CultureInfo.InvariantCulture, $"  vectors: every word starts at random, {prepared.Shape.Dimension} numbers a word"));
        if (prepared.Vectors?.Context?.Report is { } context)
            Line(VectorLine(stage.Spec.Vectors.ContextFile!, context, "output vectors"));
        Line("");
        foreach (string line in PhaseTable.Of(prepared.Freeze, prepared.Tables, prepared.Classes))
            Line($"  {line}");
        if (PlannedStage.UnknownWordsNote(prepared.UnknownWords) is { } missing)
            Line($"  {missing}");
        Line("");
        if (resumedStep is { } step)
            Line($"Going on after step {step} of {prepared.Facts.TotalSteps}.");
    }

    /// <inheritdoc/>
    public void OnEvent(RunEvent happened)
    {
        ShowProbed();
        switch (happened)
        {
            case RunEvent.Started started:
                _mark = (started.Seconds, started.Step, 0);
                break;
            case RunEvent.Settled settled:
                Thaws(settled.Step.Step);
                Progress(settled);
                break;
            case RunEvent.Changed { Change: { BeginsPhase: { } phase } change }:
                CloseLine();
                _changes.Add(change);
                Line(string.Create(CultureInfo.InvariantCulture, $"  step {change.Step}: phase {_prepared!.Freeze.NameOf(phase)} begins ({change.Who})"));
                break;
            case RunEvent.Changed { Change: var change }:
                CloseLine();
                string frozen = change.Frozen switch { true => " frozen", false => " thawed", null => "" };
                string rate = change.LearningRate is { } learningRate ? string.Create(CultureInfo.InvariantCulture, $" learning rate {learningRate}") : "";
                Line(string.Create(CultureInfo.InvariantCulture, $"  step {change.Step}: changed by {change.Who}: {change.Group}{frozen}{rate}"));
                break;
            case RunEvent.Evaluated evaluated:
                CloseLine();
                string train = _lossSinceEvaluation.Count > 0 ? string.Create(CultureInfo.InvariantCulture, $"  train loss {Mean(_lossSinceEvaluation):F4}") : "";
                Line(string.Create(CultureInfo.InvariantCulture,
                    $"  epoch {evaluated.Record.Epoch + 1,3}  step {evaluated.Record.Step,6}{train}  dev loss {evaluated.Record.Loss:F4}  dev {evaluated.Record.Scores.AllText(1)}{(evaluated.IsBest ? "  best" : "")}"));
                _lossSinceEvaluation = default;
                break;
        }
    }

    /// <inheritdoc/>
    public void OnDrift(DriftRecord drift) => Volatile.Write(ref _drift, drift);

    /// <inheritdoc/>
    /// <remarks>Shown with the next event: two threads would write into each other's lines.</remarks>
    public void OnProbed(ProbeRecord probed) => _probed.Enqueue(probed);

    /// <inheritdoc/>
    public void OnStageEnded(JobStage stage, RunResult result)
    {
        CloseLine();
        ShowProbed();
        _ended.Add((stage, _stage == stage ? _prepared : null, result));
        Line(ResultLines.Of(stage, result));
        if (result.RowsKept > 0)
        {
            Line(string.Create(CultureInfo.InvariantCulture,
                $"  rows read: {result.RowsPulled:N0} ({result.BytesPulled / 1e6:N0} MB); not read again, since workers had them: {result.RowsKept:N0} ({result.BytesKept / 1e6:N0} MB)"));
        }

        foreach (DriftStatus drift in _stage == stage ? Volatile.Read(ref _drift)?.Statuses() ?? [] : [])
            Line($"  {ClusterView.Drift(drift)}");
        Line("");
    }

    /// <inheritdoc/>
    public void OnWarning(string what)
    {
        CloseLine();
        Console.Error.WriteLine($"warning: {PrintableText.Escape(what)}");
    }

    /// <summary>Shows the results side by side, and the neighbours that the job asks for, before and after.</summary>
    public void OnJobEnded(RunResult result, RunDirectory directory)
    {
        if (result.Status == RunStatus.Interrupted)
        {
            Line($"A checkpoint is committed. Go on with: distembed train --run-dir {directory.Path} --resume");
            return;
        }

        AccuracyTable.Tested[] tested =
            [.. _ended.SelectMany(e => e.Result.Test is { } test ? (AccuracyTable.Tested[])[new(e.Stage.Name, e.Result, test, e.Prepared)] : [])];
        foreach (string line in AccuracyTable.Lines(tested, directory.Path))
            Line(line);
        if (tested.Length > 1)
            Line("");
        string[] unseen = [.. UnseenTable.TestLines(_ended.Select(e => (e.Stage.Name, StageAnalysis.Read((job.IsOneStage ? directory : directory.Stage(e.Stage.Name)).AnalysisPath), e.Result)))];
        if (unseen.Length > 0)
        {
            foreach (string line in unseen)
                Line(line);
            Line("");
        }

        if (NeighborRecord.Read((job.IsOneStage ? directory : directory.Stage(job.Stages[^1].Name)).NeighborsPath) is { } neighbors)
        {
            NeighborTable.Show(neighbors);
            Line("");
        }

        Line($"Everything is in {directory.Path}: {(job.Stages.Any(s => s.Spec.Report.Html) ? "report.html, " : "")}result.json, metrics.jsonl, checkpoints. Next: distembed export, neighbors, drift, unseen, predict (--help shows how).");
    }

    /// <summary>What the vectors have of the words.</summary>
    public static string VectorLine(string file, VectorReport vectors, string what = "vectors")
    {
        int found = vectors.FoundExactly + vectors.FoundByLowerCase;
        string lower = vectors.FoundByLowerCase > 0 ? string.Create(CultureInfo.InvariantCulture, $", {vectors.FoundByLowerCase:N0} of them by lower case") : "";
        string missing = vectors.NotFound > 0 ? string.Create(CultureInfo.InvariantCulture, $"; {vectors.NotFound:N0} have none") : "";
        string duplicates = vectors.Duplicates > 0 ? string.Create(CultureInfo.InvariantCulture, $"; {vectors.Duplicates:N0} duplicates, the first counts") : "";
        string rejected = vectors.File.Rejected > 0
            ? string.Create(CultureInfo.InvariantCulture, $"; {vectors.File.Rejected} entries rejected, first: {vectors.File.FirstRejected[0].Place}: {vectors.File.FirstRejected[0].Reason}")
            : "";
        return string.Create(CultureInfo.InvariantCulture,
            $"  {what}: {file} has {found:N0} of the {vectors.Words:N0} words ({(vectors.Words == 0 ? 0 : 100.0 * found / vectors.Words):F1} %){lower}{missing}{duplicates}{rejected}");
    }

    private static void Line(string text) => Console.Out.WriteLine(text);

    private static double Mean((double Sum, long Count) loss) => loss.Sum / Math.Max(1, loss.Count);

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static string Short(TimeSpan time) => time.ToString(time.TotalHours >= 1 ? "h\\:mm\\:ss" : "m\\:ss", CultureInfo.InvariantCulture);

    private void Thaws(int step)
    {
        FreezePlan plan = _prepared!.Freeze;
        if (plan.IsNamed && Array.LastIndexOf(plan.Times.Starts(_changes), step) is var phase && phase > 0 && !_changes.Exists(c => c.BeginsPhase == phase && c.Step == step))
        {
            CloseLine();
            Line(string.Create(CultureInfo.InvariantCulture, $"  step {step}: phase {plan.NameOf(phase)} begins"));
        }

        string[] groups = [.. _prepared!.Freeze.Groups.Where(group => step > 1 && _prepared.Freeze.Of(group) is var timeline && timeline.IsFrozen(step - 1) && !timeline.IsFrozen(step))];
        if (groups.Length == 0)
            return;
        CloseLine();
        Line(string.Create(CultureInfo.InvariantCulture, $"  step {step}: tuned from here on: {string.Join(", ", groups)}"));
    }

    private void Progress(RunEvent.Settled settled)
    {
        bool labelled = _stage!.Spec.Model.NeedsLabels;
        _loss = (_loss.Sum + settled.Step.LossSum, _loss.Count + settled.Step.LossCount);
        _lossSinceEvaluation = (_lossSinceEvaluation.Sum + settled.Step.LossSum, _lossSinceEvaluation.Count + settled.Step.LossCount);
        _units += labelled ? settled.Step.Examples : settled.Step.Words;
        if (Stopwatch.GetElapsedTime(_shownAt) < (_terminal ? s_everyTerminal : s_everyLine))
            return;
        _shownAt = Stopwatch.GetTimestamp();
        int total = _prepared!.Facts.TotalSteps;
        double seconds = settled.Seconds - _mark.Seconds;
        if (seconds > 0)
        {
            // Smoothed over what was shown before, so that the remaining time does not jump.
            double rate = (settled.Step.Step - _mark.Step) / seconds;
            _rate = _rate == 0 ? rate : 0.7 * _rate + 0.3 * rate;
        }

        double units = seconds > 0 ? (_units - _mark.Units) / seconds : 0;
        _mark = (settled.Seconds, settled.Step.Step, _units);
        int perEpoch = _prepared.Facts.StepsPerEpoch;
        string[] columns =
        [
            Invariant($"step {settled.Step.Step}/{total}"),
            Invariant($"epoch {(settled.Step.Step - 1) / perEpoch + 1}/{(total + perEpoch - 1) / perEpoch}"),
            Invariant($"loss {Mean(_loss):F4}"),
            Invariant($"{_rate:F1} steps/s"),
            Invariant($"{units:N0} {_stage.Spec.Model.Unit}/s"),
            $"{Short(TimeSpan.FromSeconds(_rate > 0 ? (total - settled.Step.Step) / _rate : 0))} left",
        ];
        _loss = default;
        if (!_terminal)
        {
            Line(NarrowLine.Of(columns, [], int.MaxValue));
            return;
        }

        // One column stays free: a terminal that is written full goes to the next line, where the carriage return would not find the text again.
        int width = Math.Max(20, AnsiConsole.Profile.Width - 1);
        Console.Out.Write($"\r{NarrowLine.Of(columns, s_leastNeeded, width).PadRight(width)}");
        _open = true;
    }

    private void ShowProbed()
    {
        while (_probed.TryDequeue(out ProbeRecord? probed))
        {
            CloseLine();
            Line($"  probes of {probed.Text()}");
        }
    }

    private void CloseLine()
    {
        if (_open)
            Console.Out.Write($"\r{new string(' ', Math.Max(20, AnsiConsole.Profile.Width - 1))}\r");
        _open = false;
    }
}
