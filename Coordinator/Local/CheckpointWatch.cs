using DistEmbed.Coordinator.Reports;
using DistEmbed.Coordinator.Run;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Checkpoints;

namespace DistEmbed.Coordinator.Local;

/// <summary>
/// Measures each committed checkpoint of a stage and writes a line for it. One checkpoint at a time, on a thread of its own, from the checkpoint's files: neither rows
/// nor shards of the run are touched. When checkpoints come faster than they are measured some wait, with their files held open, so that each small one gets its line;
/// of large ones (more than <see cref="MaxWaitingBytes"/>) only the newest waits, and its line tells how many were passed over.
/// A process that dies leaves out those that waited, but a run that goes on from a checkpoint has a line of that one.
/// </summary>
/// <typeparam name="T">A line.</typeparam>
public sealed class CheckpointWatch<T> : IDisposable
    where T : class, IStepRecord
{
    /// <summary>Bytes of checkpoints that may wait to be measured; one may wait however large it is.</summary>
    public const long MaxWaitingBytes = 1L << 30;

    /// <summary>Checkpoints that may wait to be measured.</summary>
    public const int MaxWaiting = 32;

    private readonly CheckpointDirectory _checkpoints;
    private readonly Measurement _measure;
    private readonly Func<T>? _measureStart;
    private readonly StepLog<T> _log;
    private readonly Action<T> _tell;
    private readonly object _gate = new();
    private readonly LinkedList<CheckpointRows> _waiting = new();
    private readonly Task _measuring;
    private int _passedOver;
    private int _lastStep;
    private bool _closed;

    /// <summary>Begins to measure a stage.</summary>
    /// <param name="checkpoints">Its checkpoints.</param>
    /// <param name="path">The log.</param>
    /// <param name="resumedStep">The step that the run goes on from: later lines are dropped. Null: a new run.</param>
    /// <param name="measure">Measures a checkpoint; called from the thread that measures.</param>
    /// <param name="measureStart">Makes a line of step 0, where the log has no line; called from that thread too. Null: there is none.</param>
    /// <param name="tell">Told of each line, also from there; a run that goes on is told of the last one at once.</param>
    /// <exception cref="InvalidInputException">A line of the log is garbled.</exception>
    /// <exception cref="RunFailedException">The checkpoint that the run goes on from could not be read.</exception>
    public CheckpointWatch(CheckpointDirectory checkpoints, string path, int? resumedStep, Measurement measure, Func<T>? measureStart, Action<T> tell)
    {
        (_checkpoints, _measure, _tell) = (checkpoints, measure, tell);
        _log = resumedStep is { } step ? StepLog<T>.Resume(path, step) : StepLog<T>.Create(path);
        _lastStep = _log.LastStep;
        _measureStart = _lastStep < 0 ? measureStart : null;
        try
        {
            if (resumedStep is { } resumed && _lastStep < resumed)
                Take(resumed); // the process before had no time to measure it
            else if (_lastStep >= 0)
                tell(StepLog<T>.Read(path)[^1]);
        }
        catch
        {
            _log.Dispose();
            throw;
        }

        // Reading a large checkpoint takes seconds, for which no thread of the pool is to be missing.
        _measuring = Task.Factory.StartNew(MeasureAll, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Measures a checkpoint.</summary>
    /// <param name="checkpoint">Its rows.</param>
    /// <param name="passedOver">Checkpoints before it that were not measured; null: none.</param>
    public delegate T Measurement(CheckpointRows checkpoint, int? passedOver);

    /// <summary>Drops the lines of steps that are taken again, of a stage that was measured before and is not any more.</summary>
    /// <param name="path">The log.</param>
    /// <param name="resumedStep">The step that the run goes on from; null: a new run.</param>
    internal static void CutBack(string path, int? resumedStep)
    {
        if (File.Exists(path))
            StepLog<T>.Resume(path, resumedStep ?? 0).Dispose();
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
        if (_measureStart is not null)
            Write(_measureStart());
        while (Next(out int passedOver) is { } rows)
        {
            using (rows)
                Write(Reading(rows.Manifest.Step, () => _measure(rows, passedOver > 0 ? passedOver : null)));
        }

        void Write(T record)
        {
            _log.Append(record);
            _tell(record);
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
    private static TRead Reading<TRead>(int step, Func<TRead> read)
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
