using DistEmbed.Coordinator.Reports;
using DistEmbed.Coordinator.Run;
using DistEmbed.Protocol.Checkpoints;

namespace DistEmbed.Coordinator.Local;

/// <summary>
/// Measures at each committed checkpoint of a stage how far tuned vectors are from the pretrained ones, and writes drift.jsonl. One checkpoint at a time, on a thread of
/// its own, from the checkpoint's files: neither rows nor shards of the run are touched. When checkpoints come faster than they are read some wait, with their files
/// held open, so that each small one gets its line; of large ones (more than <see cref="MaxWaitingBytes"/>) only the newest waits, and its line tells how many were passed over.
/// A process that dies leaves out those that waited, but a run that goes on from a checkpoint has a line of that one.
/// </summary>
public sealed class DriftWatch : IDisposable
{
    /// <summary>Bytes of checkpoints that may wait to be measured; one may wait however large it is.</summary>
    public const long MaxWaitingBytes = 1L << 30;

    /// <summary>Checkpoints that may wait to be measured.</summary>
    public const int MaxWaiting = 32;

    private readonly CheckpointDirectory _checkpoints;
    private readonly StageRows _stage;
    private readonly StepLog<DriftRecord> _log;
    private readonly Action<DriftRecord> _tell;
    private readonly object _gate = new();
    private readonly LinkedList<CheckpointRows> _waiting = new();
    private readonly Task _measuring;
    private int _passedOver;
    private int _lastStep;
    private bool _closed;

    private DriftWatch(RunDirectory directory, StageRows stage, int? resumedStep, Action<DriftRecord> tell)
    {
        (_checkpoints, _stage, _tell) = (directory.Checkpoints, stage, tell);
        _log = resumedStep is { } step ? DriftLog.Resume(directory.DriftPath, step) : DriftLog.Create(directory.DriftPath);
        _lastStep = _log.LastStep;
        try
        {
            if (resumedStep is { } resumed && _lastStep < resumed)
                Take(resumed); // the process before had no time to measure it
            else if (_lastStep >= 0)
                tell(DriftLog.Read(directory.DriftPath)[^1]);
        }
        catch
        {
            _log.Dispose();
            throw;
        }

        // Reading a large checkpoint takes seconds, for which no thread of the pool is to be missing.
        _measuring = Task.Factory.StartNew(MeasureAll, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Begins to measure a stage; null where there is nothing to measure, or the job does not want it.</summary>
    /// <param name="directory">The stage's directory.</param>
    /// <param name="stage">The stage.</param>
    /// <param name="resumedStep">The step that the run goes on from: later lines are dropped. Null: a new run.</param>
    /// <param name="tell">Told of each line; from another thread.</param>
    public static DriftWatch? Start(RunDirectory directory, StageRows stage, int? resumedStep, Action<DriftRecord> tell)
    {
        if (stage.Job.Report.Drift && stage.Drifting.Count > 0)
            return new DriftWatch(directory, stage, resumedStep, tell);
        if (File.Exists(directory.DriftPath))
            DriftLog.Resume(directory.DriftPath, resumedStep ?? 0).Dispose(); // it was measured before: lines of steps that are taken again go all the same
        return null;
    }

    /// <summary>Takes an event; returns at once. Only opens the files of a checkpoint.</summary>
    /// <exception cref="RunFailedException">An earlier checkpoint could not be read.</exception>
    /// <exception cref="IOException">The disk refused a line.</exception>
    public void OnEvent(RunEvent happened)
    {
        if (_measuring.IsFaulted)
            _measuring.GetAwaiter().GetResult();
        // A checkpoint that is committed again, for another reason, has the same rows.
        if (happened is RunEvent.CheckpointCommitted committed && committed.Step > _lastStep)
            Take(committed.Step);
    }

    /// <summary>Measures what waits and closes the file.</summary>
    /// <exception cref="RunFailedException">A checkpoint could not be read.</exception>
    /// <exception cref="IOException">The disk refused a line.</exception>
    public void Dispose()
    {
        lock (_gate)
        {
            _closed = true;
            Monitor.Pulse(_gate);
        }

        try
        {
            _measuring.GetAwaiter().GetResult();
        }
        finally
        {
            foreach (CheckpointRows left in _waiting)
                left.Dispose();
            _log.Dispose();
        }
    }

    private void Take(int step)
    {
        CheckpointRows rows = Reading(step, () => CheckpointRows.Open(_checkpoints.Get(step)));
        _lastStep = step;
        lock (_gate)
        {
            while (_waiting.First is { } oldest && (_waiting.Count >= MaxWaiting || _waiting.Sum(w => w.Bytes) + rows.Bytes > MaxWaitingBytes))
            {
                oldest.Value.Dispose();
                _waiting.RemoveFirst();
                _passedOver++;
            }

            _waiting.AddLast(rows);
            Monitor.Pulse(_gate);
        }
    }

    private void MeasureAll()
    {
        while (Next(out int passedOver) is { } rows)
        {
            using (rows)
            {
                DriftRecord record = Reading(rows.Manifest.Step, () => DriftRecord.Of(_stage, rows));
                if (passedOver > 0)
                    record = record with { PassedOver = passedOver };
                _log.Append(record);
                _tell(record);
            }
        }
    }

    private CheckpointRows? Next(out int passedOver)
    {
        lock (_gate)
        {
            while (_waiting.Count == 0 && !_closed)
                Monitor.Wait(_gate);
            (passedOver, _passedOver) = (_passedOver, 0);
            CheckpointRows? next = _waiting.First?.Value;
            if (next is not null)
                _waiting.RemoveFirst();
            return next;
        }
    }

    /// <summary>A checkpoint that does not read right after it was written will not be there when it is needed: the run is better told now.</summary>
    private static T Reading<T>(int step, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (CheckpointDamagedException damaged)
        {
            throw new RunFailedException($"the checkpoint of step {step}", damaged.Message);
        }
    }
}
