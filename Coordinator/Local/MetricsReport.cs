using System.Threading.Channels;
using DistEmbed.Coordinator.Reports;
using DistEmbed.Coordinator.Run;
using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Coordinator.Local;

/// <summary>
/// Writes metrics.jsonl and TensorBoard's event files of a stage. Events are handed to a thread of its own, so that a slow disk does not hold up the run.
/// </summary>
public sealed class MetricsReport : IDisposable
{
    private readonly Channel<RunEvent> _events = Channel.CreateUnbounded<RunEvent>(new UnboundedChannelOptions { SingleReader = true });
    private readonly RunPlan _plan;
    private readonly FreezePlan _freeze;
    private readonly MetricsLog _log;
    private readonly TensorBoardWriter? _board;
    private readonly Task _writing;
    private SettledStep? _sum;
    private double _since;

    /// <summary>Opens the files.</summary>
    /// <param name="directory">The stage's directory.</param>
    /// <param name="plan">The run.</param>
    /// <param name="freeze">Its phases, for the learning rates.</param>
    /// <param name="resumedStep">The step that the run goes on from: later lines are dropped.</param>
    public MetricsReport(RunDirectory directory, RunPlan plan, FreezePlan freeze, int? resumedStep)
    {
        _plan = plan;
        _freeze = freeze;
        _log = resumedStep is { } step ? MetricsLog.Resume(directory.MetricsPath, step) : MetricsLog.Create(directory.MetricsPath);
        _board = plan.Job.Report.TensorBoard ? TensorBoardWriter.Create(directory.TensorBoardPath, DateTimeOffset.UtcNow, resumedStep) : null;
        _since = plan.ResumeFrom?.Resume.ElapsedSeconds ?? 0;
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
                    Add(settled);
                    break;
                case RunEvent.Evaluated evaluated:
                    _board?.Scalar("dev/accuracy", evaluated.Record.Step, evaluated.Record.Accuracy, DateTimeOffset.UtcNow);
                    _board?.Scalar("dev/loss", evaluated.Record.Step, evaluated.Record.Loss, DateTimeOffset.UtcNow);
                    _board?.Flush();
                    break;
            }
        }
    }

    private void Add(RunEvent.Settled settled)
    {
        SettledStep step = settled.Step;
        _sum = _sum is { } sum
            ? new SettledStep(step.Step, sum.LossSum + step.LossSum, sum.LossCount + step.LossCount, sum.Correct + step.Correct,
                sum.Examples + step.Examples, sum.Words + step.Words, sum.Traffic + step.Traffic)
            : step;
        if (step.Step % _plan.Job.Report.MetricsEverySteps != 0 && step.Step != _plan.TotalSteps)
            return;
        double seconds = Math.Max(1e-9, settled.Seconds - _since);
        var record = new MetricsRecord
        {
            Step = step.Step,
            Epoch = _plan.EpochOf(step.Step) - 1,
            Seconds = settled.Seconds,
            Loss = _sum.LossSum / Math.Max(1, _sum.LossCount),
            Accuracy = _plan.Job.Model.NeedsLabels ? (double)_sum.Correct / Math.Max(1, _sum.Examples) : null,
            ExamplesPerSecond = _sum.Examples / seconds,
            WordsPerSecond = _sum.Words / seconds,
            LearningRates = _freeze.Groups.ToDictionary(g => g, g => _freeze.Of(g).LearningRate(step.Step)),
            RowsPulled = _sum.Traffic.RowsPulled,
            RowsPushed = _sum.Traffic.RowsPushed,
            BytesPulled = _sum.Traffic.BytesPulled,
            BytesPushed = _sum.Traffic.BytesPushed,
        };
        _log.Append(record);
        DateTimeOffset now = DateTimeOffset.UtcNow;
        _board?.Scalar("train/loss", step.Step, record.Loss, now);
        if (record.Accuracy is { } accuracy)
            _board?.Scalar("train/accuracy", step.Step, accuracy, now);
        _board?.Scalar("speed/words_per_second", step.Step, record.WordsPerSecond ?? 0, now);
        foreach ((string group, double rate) in record.LearningRates)
            _board?.Scalar($"learning_rate/{group}", step.Step, rate, now);
        _sum = null;
        _since = settled.Seconds;
    }
}
