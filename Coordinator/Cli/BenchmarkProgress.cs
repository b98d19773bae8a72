using System.Diagnostics;
using System.Globalization;
using DistEmbed.Coordinator.Local;
using DistEmbed.Coordinator.Local.Benchmarks;
using DistEmbed.Coordinator.Reports;
using DistEmbed.Coordinator.Run;
using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Coordinator.Cli;

/// <summary>Tells the user at the console how a benchmark goes: a line for each run, on a terminal with its progress.</summary>
internal sealed class BenchmarkProgress
{
    private readonly ProgressLine _line = new();
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly int _runs;
    private int _ended;
    private int _endedHere;

    public BenchmarkProgress(Benchmark benchmark)
    {
        _runs = benchmark.Cells.Sum(cell => cell.Plan.Runs.Count);
        int tasks = benchmark.Cells.Select(cell => cell.Task).Distinct().Count();
        _line.Write(Invariant($"Benchmark of {benchmark.Vectors.Count} sets of vectors on {tasks} tasks, {_runs} runs, in {Path.GetFullPath(benchmark.Request.Directory)}"));
    }

    /// <summary>How far it came, for whoever is told that it stopped.</summary>
    public string Standing => Invariant($"{_ended} of {_runs} runs have ended");

    /// <summary>Who is told of a cell's sweep.</summary>
    public ISweepReport Of(BenchmarkCell cell) => new CellReport(this, cell);

    private void RunEnded() => (_ended, _endedHere) = (_ended + 1, _endedHere + 1);

    private string Left => _endedHere == 0 ? "" : $", some {SweepReport.Short(_clock.Elapsed / _endedHere * (_runs - _ended))} left for all";

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private sealed class CellReport(BenchmarkProgress all, BenchmarkCell cell) : ISweepReport, IJobReport
    {
        private SweepRun? _run;
        private PreparedStage? _stage;

        private string Of => $"{cell.Task.Name}, {cell.Vectors.Name}, {(cell.Tuned ? "tuned" : "frozen")}";

        private string Head => Invariant($"[{all._ended + 1}/{all._runs}] {Of}, seed {_run!.Seed}:");

        public void OnBegun(SweepDirectory directory, int ended)
        {
            all._ended += ended;
            if (ended > 0)
                all._line.Write(Invariant($"{Of}: {ended} of {cell.Plan.Runs.Count} runs have ended before"));
        }

        public IJobReport OnRun(SweepRun run)
        {
            _run = run;
            return this;
        }

        public void OnPrepared(JobStage stage, PreparedStage prepared, int? resumedStep)
        {
            _stage = prepared;
            if (resumedStep is { } step)
                all._line.Write(Invariant($"{Head} goes on after step {step}"));
        }

        public void OnEvent(RunEvent happened)
        {
            if (happened is RunEvent.Settled settled)
                all._line.Pass(() => Invariant($"{Head} step {settled.Step.Step}/{_stage!.Facts.TotalSteps}"), () => all.Left);
        }

        public void OnStageEnded(JobStage stage, RunResult result)
        {
            // The line of the run says it.
        }

        public void OnWarning(string what) => all._line.Write($"{Head} warning: {what}");

        public void OnRunEnded(SweepRun run, RunResult result)
        {
            if (result.Status == RunStatus.Interrupted)
            {
                all._line.Write(Invariant($"{Head} stopped after step {result.Steps}, with a checkpoint"));
                return;
            }

            all._line.Write(Invariant($"{Head} test {result.Test!.Scores.MainText()}, dev {result.Dev!.Scores.MainText()}, {result.Seconds:F1} s"));
            all.RunEnded();
        }

        public void OnRunFailed(SweepRun run, string reason)
        {
            all._line.Write($"{Head} failed: {reason}");
            all.RunEnded();
        }
    }
}
