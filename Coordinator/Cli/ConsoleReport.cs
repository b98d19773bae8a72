using System.Diagnostics;
using System.Globalization;
using DistEmbed.Coordinator.Local;
using DistEmbed.Coordinator.Reports;
using DistEmbed.Coordinator.Run;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Vectors;
using Spectre.Console;

namespace DistEmbed.Coordinator.Cli;

/// <summary>Tells the user at the console how a job goes: what was read, the plan, progress with rate and remaining time, results.</summary>
internal sealed class ConsoleReport(JobFile job) : IJobReport
{
    private static readonly TimeSpan s_everyTerminal = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan s_everyLine = TimeSpan.FromSeconds(5);
    private readonly List<(JobStage Stage, RunResult Result)> _results = [];
    private readonly bool _terminal = !Console.IsOutputRedirected;
    private JobStage? _stage;
    private PreparedStage? _prepared;
    private long _shownAt;
    private double _rate;
    private (double Seconds, int Step, long Words) _mark;
    private double _loss;
    private int _losses;
    private long _words;
    private bool _open;

    /// <inheritdoc/>
    public void OnPrepared(JobStage stage, PreparedStage prepared, int? resumedStep)
    {
        (_stage, _prepared) = (stage, prepared);
        (_rate, _mark, _words) = (0, (0, resumedStep ?? 0, 0), 0);
        AnsiConsole.Write(new Rule(Markup.Escape(job.IsOneStage ? stage.Name : $"{job.Name}: {stage.Name}")) { Justification = Justify.Left });
        foreach (string note in prepared.Data.Notes)
            Line($"  {note}");
        if (prepared.Vectors?.Report is { } vectors)
            Line(VectorLine(stage.Spec.Vectors, vectors));
        Line("");
        foreach (string line in prepared.Freeze.Describe(prepared.Tables, prepared.Facts.StepsPerEpoch))
            Line($"  {line}");
        Line("");
        if (resumedStep is { } step)
            Line($"Going on after step {step} of {prepared.Facts.TotalSteps}.");
    }

    /// <inheritdoc/>
    public void OnEvent(RunEvent happened)
    {
        switch (happened)
        {
            case RunEvent.Settled settled:
                Progress(settled);
                break;
            case RunEvent.Evaluated evaluated:
                CloseLine();
                Line(string.Create(CultureInfo.InvariantCulture,
                    $"  epoch {evaluated.Record.Epoch + 1,3}  step {evaluated.Record.Step,6}  dev accuracy {evaluated.Record.Accuracy:P2}  dev loss {evaluated.Record.Loss:F4}{(evaluated.IsBest ? "  best" : "")}"));
                break;
        }
    }

    /// <inheritdoc/>
    public void OnStageEnded(JobStage stage, RunResult result)
    {
        CloseLine();
        _results.Add((stage, result));
        string speed = stage.Spec.Model.NeedsLabels
            ? string.Create(CultureInfo.InvariantCulture, $"{result.ExamplesPerSecond:N0} examples/s")
            : string.Create(CultureInfo.InvariantCulture, $"{result.WordsPerSecond:N0} words/s");
        string test = result.Test is { } part ? string.Create(CultureInfo.InvariantCulture, $", test accuracy {part.Accuracy:P2} (weights of step {result.WeightsStep})") : "";
        Line(string.Create(CultureInfo.InvariantCulture,
            $"{(result.Status == RunStatus.Interrupted ? "Stopped" : "Done")} after {result.Steps} steps, {result.Seconds:F1} s, {speed}{test}. tableHash {result.TableHash[..16]}"));
        Line("");
    }

    /// <summary>Shows the results side by side, and the neighbours that the job asks for, before and after.</summary>
    public void OnJobEnded(RunResult result, RunDirectory directory)
    {
        if (result.Status == RunStatus.Interrupted)
        {
            Line($"A checkpoint is committed. Go on with: distembed train --run-dir {directory.Path} --resume");
            return;
        }

        ShowAccuracies();
        JobStage last = job.Stages[^1];
        if (last.Spec.Report.Neighbors.Count > 0)
        {
            using TrainedRun before = TrainedRun.OpenInitial(directory.Path);
            using TrainedRun after = TrainedRun.Open(directory.Path);
            NeighborTable.Show(before.ReadVectors(), after.ReadVectors(), last.Spec.Report.Neighbors, count: 5);
        }

        Line($"Everything is in {directory.Path}: result.json, metrics.jsonl, checkpoints. Next: distembed export, neighbors, predict (--help shows how).");
    }

    private static string VectorLine(VectorsSpec spec, VectorReport vectors)
    {
        double share = vectors.Words == 0 ? 0 : (double)(vectors.FoundExactly + vectors.FoundByLowerCase) / vectors.Words;
        string problems = vectors.File.Rejected > 0
            ? string.Create(CultureInfo.InvariantCulture, $"; {vectors.File.Rejected} entries rejected, first: {vectors.File.FirstRejected[0].Place}: {vectors.File.FirstRejected[0].Reason}")
            : "";
        return string.Create(CultureInfo.InvariantCulture,
            $"  vectors: {spec.File}: {vectors.FoundExactly:N0} of {vectors.Words:N0} words found exactly, {vectors.FoundByLowerCase:N0} by lower case, {vectors.NotFound:N0} not ({share:P1} covered); {vectors.Duplicates:N0} duplicates{problems}");
    }

    private static void Line(string text) => Console.Out.WriteLine(text);

    private void ShowAccuracies()
    {
        (JobStage Stage, RunResult Result)[] tested = [.. _results.Where(r => r.Result.Test is not null)];
        if (tested.Length < 2)
            return;
        var table = new Table().AddColumns("stage", "dev", "test", "seconds");
        foreach ((JobStage stage, RunResult result) in tested)
        {
            table.AddRow(Markup.Escape(stage.Name), result.Dev?.Accuracy.ToString("P2", CultureInfo.InvariantCulture) ?? "",
                result.Test!.Accuracy.ToString("P2", CultureInfo.InvariantCulture), result.Seconds.ToString("F1", CultureInfo.InvariantCulture));
        }

        AnsiConsole.Write(table);
    }

    private void Progress(RunEvent.Settled settled)
    {
        _loss += settled.Step.LossSum;
        _losses += settled.Step.LossCount;
        _words += settled.Step.Words;
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

        double words = seconds > 0 ? (_words - _mark.Words) / seconds : 0;
        _mark = (settled.Seconds, settled.Step.Step, _words);
        var remaining = TimeSpan.FromSeconds(_rate > 0 ? (total - settled.Step.Step) / _rate : 0);
        string text = string.Create(CultureInfo.InvariantCulture,
            $"  step {settled.Step.Step}/{total}  loss {_loss / Math.Max(1, _losses):F4}  {_rate:F1} steps/s  {words:N0} words/s  {remaining:mm\\:ss} left");
        (_loss, _losses) = (0, 0);
        if (!_terminal)
        {
            Line(text);
            return;
        }

        Console.Out.Write($"\r{text,-100}");
        _open = true;
    }

    private void CloseLine()
    {
        if (_open)
            Console.Out.Write($"\r{"",-100}\r");
        _open = false;
    }
}
