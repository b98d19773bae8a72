using System.Threading.Channels;
using DistEmbed.Coordinator.Reports;
using DistEmbed.Coordinator.Run;
using DistEmbed.Protocol.Checkpoints;
using DistEmbed.Protocol.Messages;

namespace DistEmbed.Coordinator.Local;

/// <summary>
/// Writes metrics.jsonl, changes.jsonl and TensorBoard's event files of a stage. Events are handed to a thread of its own, so that a slow disk does not hold up the run.
/// </summary>
public sealed class MetricsReport : IDisposable
{
    private readonly Channel<RunEvent> _events = Channel.CreateUnbounded<RunEvent>(new UnboundedChannelOptions { SingleReader = true });
    private readonly RunPlan _plan;
    private readonly StepLog<MetricsRecord> _log;
    private readonly ChangesLog _changes;
    private readonly TensorBoardWriter? _board;
    private readonly Task _writing;
    private SettledStep? _sum;
    private MetricsRecord? _pending;
    private RowTraffic _traffic;
    private double _seconds;
    private double _since;

    /// <summary>Opens the files.</summary>
    /// <param name="directory">The stage's directory.</param>
    /// <param name="plan">The run.</param>
    /// <param name="resumedStep">The step that the run goes on from: later lines are dropped.</param>
    public MetricsReport(RunDirectory directory, RunPlan plan, int? resumedStep)
    {
        _plan = plan;
        _log = resumedStep is { } step ? MetricsLog.Resume(directory.MetricsPath, step) : MetricsLog.Create(directory.MetricsPath);
        _changes = new ChangesLog(directory.ChangesPath);
        _board = plan.Job.Report.TensorBoard ? TensorBoardWriter.Create(directory.TensorBoardPath, DateTimeOffset.UtcNow, resumedStep) : null;
        if (plan.ResumeFrom?.Resume is { } resume)
        {
            _since = resume.ElapsedSeconds;
            RunTotals totals = resume.Totals;
            _traffic = new RowTraffic(totals.RowsPulled, totals.RowsPushed, totals.BytesPulled, totals.BytesPushed, totals.PushesSent)
            {
                RowsKept = totals.RowsKept,
                BytesKept = totals.BytesKept,
            };
        }

        _writing = Task.Run(WriteAsync);
    }

    /// <summary>Takes an event; returns at once.</summary>
    /// <exception cref="IOException">The disk refused a line of an earlier event.</exception>
    public void OnEvent(RunEvent happened)
    {
        if (_writing.IsFaulted)
            _writing.GetAwaiter().GetResult();
        _events.Writer.TryWrite(happened);
    }

    /// <summary>Writes what is left and closes the files.</summary>
    /// <exception cref="IOException">The disk refused a line.</exception>
    public void Dispose()
    {
        _events.Writer.Complete();
        try
        {
            _writing.GetAwaiter().GetResult();
        }
        finally
        {
            _log.Dispose();
            _changes.Dispose();
            _board?.Dispose();
        }
    }

    private async Task WriteAsync()
    {
        await foreach (RunEvent happened in _events.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            switch (happened)
            {
                case RunEvent.Settled settled:
                    Write(_pending);
                    _pending = null;
                    Add(settled);
                    break;
                case RunEvent.Evaluated evaluated:
                    Add(evaluated.Record);
                    break;
                default:
                    if (LineOf(happened) is { } line)
                        _changes.Append(line);
                    break;
            }
        }

        Write(_pending);
        if (_sum is not null)
            Write(Record()); // told to stop between two lines
    }

    private static ChangeRecord? LineOf(RunEvent happened) => happened switch
    {
        RunEvent.Changed { Change: var change } => new ChangeRecord(ChangeKind.Changed, change.Step, change.At, change.Who)
        {
            Group = change.BeginsPhase is null ? change.Group : null,
            BeginsPhase = change.BeginsPhase,
            Frozen = change.Frozen,
            LearningRate = change.LearningRate,
        },
        RunEvent.Paused paused => new ChangeRecord(ChangeKind.Paused, paused.Step, DateTimeOffset.UtcNow, paused.Who),
        RunEvent.Resumed resumed => new ChangeRecord(ChangeKind.Resumed, resumed.Step, DateTimeOffset.UtcNow, resumed.Who),
        RunEvent.CheckpointAsked asked => new ChangeRecord(ChangeKind.CheckpointAsked, asked.Step, DateTimeOffset.UtcNow, asked.Who),
        RunEvent.DrainAsked drain => new ChangeRecord(ChangeKind.DrainAsked, drain.Step, DateTimeOffset.UtcNow, drain.Who) { Worker = drain.Worker },
        RunEvent.StopAsked { Server: { } server } stop => new ChangeRecord(ChangeKind.DrainAsked, stop.Step, DateTimeOffset.UtcNow, stop.Who) { Server = server },
        RunEvent.StopAsked stop => new ChangeRecord(ChangeKind.StopAsked, stop.Step, DateTimeOffset.UtcNow, stop.Who),
        _ => null,
    };

    private void Add(RunEvent.Settled settled)
    {
        SettledStep step = settled.Step;
        _sum = _sum is { } sum
            ? new SettledStep(step.Step, sum.LossSum + step.LossSum, sum.LossCount + step.LossCount, sum.Correct + step.Correct,
                sum.Examples + step.Examples, sum.Words + step.Words, sum.Traffic + step.Traffic)
            { Judged = sum.Judged + step.Judged }
            : step;
        _traffic += step.Traffic;
        _seconds = settled.Seconds;
        if (step.Step % _plan.Job.Report.MetricsEverySteps == 0 || step.Step == _plan.TotalSteps)
            _pending = Record();
    }

    /// <summary>An evaluation goes into the line of its step, which is written early if it would not be due.</summary>
    private void Add(EvaluationRecord evaluation)
    {
        var dev = new PartResult(evaluation.Scores, evaluation.Loss, _plan.DevExamples);
        if (_pending is null && _sum is not null)
            _pending = Record();
        if (_pending is not null)
            _pending = _pending with { Dev = dev };
        DateTimeOffset now = DateTimeOffset.UtcNow;
        foreach ((string name, double value) in evaluation.Scores.Values)
            _board?.Scalar($"dev/{name}", evaluation.Step, value, now);
        _board?.Scalar("dev/loss", evaluation.Step, dev.Loss, now);
        _board?.Flush();
    }

    private MetricsRecord Record()
    {
        SettledStep sum = _sum!;
        double seconds = Math.Max(1e-9, _seconds - _since);
        (_sum, _since) = (null, _seconds);
        return new MetricsRecord
        {
            Step = sum.Step,
            Epoch = _plan.EpochOf(sum.Step) - 1,
            Seconds = _seconds,
            Loss = sum.LossSum / Math.Max(1, sum.LossCount),
            Accuracy = sum.Judged > 0 ? (double)sum.Correct / sum.Judged : null,
            ExamplesPerSecond = sum.Examples / seconds,
            WordsPerSecond = sum.Words / seconds,
            LearningRates = _plan.Tables.GroupBy(table => table.Spec.Group).ToDictionary(g => g.Key, g => g.Max(table => table.Timelines.Max(timeline => timeline.LearningRate(sum.Step)))),
            RowsPulled = _traffic.RowsPulled,
            RowsPushed = _traffic.RowsPushed,
            BytesPulled = _traffic.BytesPulled,
            BytesPushed = _traffic.BytesPushed,
            RowsKept = _traffic.RowsKept,
            BytesKept = _traffic.BytesKept,
        };
    }

    private void Write(MetricsRecord? record)
    {
        if (record is null)
            return;
        _log.Append(record);
        DateTimeOffset now = DateTimeOffset.UtcNow;
        _board?.Scalar("train/loss", record.Step, record.Loss, now);
        if (record.Accuracy is { } accuracy)
            _board?.Scalar("train/accuracy", record.Step, accuracy, now);
        _board?.Scalar("speed/words_per_second", record.Step, record.WordsPerSecond ?? 0, now);
        foreach ((string group, double rate) in record.LearningRates)
            _board?.Scalar($"learning_rate/{group}", record.Step, rate, now);
        _board?.Flush();
    }
}
