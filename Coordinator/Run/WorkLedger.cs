using DistEmbed.Protocol.Messages;

namespace DistEmbed.Coordinator.Run;

/// <summary>What a settled step measured, summed in the order of slices.</summary>
/// <param name="Step">The step.</param>
/// <param name="LossSum">Sum of the losses.</param>
/// <param name="LossCount">Number of losses in the sum.</param>
/// <param name="Correct">Examples, or whatever the model judges, that were predicted right.</param>
/// <param name="Examples">Examples.</param>
/// <param name="Words">Tokens.</param>
/// <param name="Traffic">Rows and bytes moved.</param>
public sealed record SettledStep(int Step, double LossSum, long LossCount, long Correct, long Examples, long Words, RowTraffic Traffic)
{
    /// <summary>Sum of <see cref="SliceCompleted.GradientSquares"/>.</summary>
    public IReadOnlyList<double> GradientSquares { get; init; } = [];

    /// <summary>What <see cref="Correct"/> is out of; 0: nothing was judged.</summary>
    public long Judged { get; init; }
}

/// <summary>A slice of the oldest open step that is still to be done.</summary>
/// <param name="Slice">The slice.</param>
/// <param name="Worker">Who was granted it last; null: nobody who is there holds it.</param>
/// <param name="Since">From when on it could have been computed.</param>
public sealed record AwaitedSlice(int Slice, string? Worker, TimeSpan Since);

/// <summary>
/// Which slices are granted to whom, and which are done. A step settles when all its slices are done, steps in order. What a lost worker or one that is late holds is
/// granted to others too; no worker is granted a slice twice. Knows no actor or clock.
/// </summary>
public sealed class WorkLedger(int slices)
{
    private readonly SortedDictionary<int, StepWork> _steps = [];
    private readonly SortedSet<string> _workers = new(StringComparer.Ordinal);
    private readonly HashSet<string> _draining = [];
    private readonly HashSet<string> _late = [];
    private TimeSpan _openedAt;

    /// <summary>Every slice up to this step is done.</summary>
    public int SettledStep { get; private set; }

    /// <summary>Every slice up to this step is granted.</summary>
    public int GrantedStep { get; private set; }

    /// <summary>Whether nothing that was granted is still to be done.</summary>
    public bool IsQuiescent => SettledStep == GrantedStep;

    /// <summary>The workers, in order of name.</summary>
    public IReadOnlyCollection<string> Workers => _workers;

    /// <summary>The workers that may be granted something, in order of name.</summary>
    public IReadOnlyList<string> Available => [.. _workers.Where(w => !_draining.Contains(w) && !_late.Contains(w))];

    /// <summary>Workers that are granted nothing more.</summary>
    public IReadOnlyCollection<string> Draining => _draining;

    /// <summary>Counts everything up to <paramref name="step"/> as done.</summary>
    public void Reset(int step)
    {
        _steps.Clear();
        SettledStep = GrantedStep = step;
    }

    /// <summary>Takes a worker in; it gets slices from the next grant on.</summary>
    public void Join(string worker) => _workers.Add(worker);

    /// <summary>Grants a worker nothing more; what it holds it may finish.</summary>
    public void Drain(string worker) => _draining.Add(worker);

    /// <summary>Counts a worker as late: it is granted nothing, and <see cref="GrantOrphans"/> gives all it holds to others too.</summary>
    public void SetLate(string worker) => _late.Add(worker);

    /// <summary>Counts a worker as late no more.</summary>
    /// <returns>Whether it was.</returns>
    public bool ClearLate(string worker) => _late.Remove(worker);

    /// <summary>Whether a worker is late.</summary>
    public bool IsLate(string worker) => _late.Contains(worker);

    /// <summary>Slices that a worker was granted and that are not done.</summary>
    public int OpenSlicesOf(string worker) => _steps.Values.Sum(s => s.Open(slice => s.IsHeldBy(slice, worker)).Count());

    /// <summary>Takes a worker out; the slices it was granted and has not done go to the others at once.</summary>
    /// <returns>The leases to send; empty too when no worker is left, then they wait for the next to join.</returns>
    public IReadOnlyList<(string Worker, GrantLease Lease)> Lose(string worker, TimeSpan now)
    {
        _workers.Remove(worker);
        _draining.Remove(worker);
        _late.Remove(worker);
        foreach (StepWork step in _steps.Values)
            step.Forget(worker);
        return GrantOrphans(now);
    }

    /// <summary>Grants slices that only lost or late workers hold, as far as somebody is there to take them.</summary>
    public IReadOnlyList<(string Worker, GrantLease Lease)> GrantOrphans(TimeSpan now)
    {
        // Who may be granted something is not late, so none of these holds a slice that only late workers hold.
        IReadOnlyList<string> available = Available;
        var leases = new List<(string, GrantLease)>();
        if (available.Count == 0)
            return leases;
        foreach (StepWork step in _steps.Values)
        {
            foreach (int slice in step.Open(s => !step.HoldersOf(s).Any(h => !_late.Contains(h.Worker))))
            {
                string taker = available[leases.Count % available.Count];
                step.Grant(slice, taker, now);
                leases.Add((taker, new GrantLease(step.Step, step.Step, [slice])));
            }
        }

        return leases;
    }

    /// <summary>Grants all slices of the steps after <see cref="GrantedStep"/> up to <paramref name="lastStep"/>.</summary>
    public IReadOnlyList<(string Worker, GrantLease Lease)> Grant(int lastStep, TimeSpan now)
    {
        IReadOnlyList<string> workers = Available;
        if (lastStep <= GrantedStep || workers.Count == 0)
            return [];
        if (IsQuiescent)
            _openedAt = now;
        int firstStep = GrantedStep + 1;
        var mine = new List<int>[workers.Count];
        for (int w = 0; w < mine.Length; w++)
            mine[w] = [.. Enumerable.Range(0, slices).Where(slice => slice % mine.Length == w)];
        for (int step = firstStep; step <= lastStep; step++)
        {
            var work = new StepWork(step, slices);
            for (int slice = 0; slice < slices; slice++)
                work.Grant(slice, workers[slice % workers.Count], now);
            _steps[step] = work;
        }

        GrantedStep = lastStep;
        return [.. workers.Select((w, i) => (w, new GrantLease(firstStep, lastStep, mine[i]))).Where(g => g.Item2.Slices.Count > 0)];
    }

    /// <summary>Notes a slice as done; whoever did it, the first report counts.</summary>
    /// <returns>The steps that have settled by it, in order.</returns>
    public IReadOnlyList<SettledStep> Complete(SliceCompleted done, TimeSpan now)
    {
        if (!_steps.TryGetValue(done.Step, out StepWork? step) || step.Done[done.Slice] is not null)
            return [];
        step.Done[done.Slice] = done;
        var settled = new List<SettledStep>();
        while (_steps.TryGetValue(SettledStep + 1, out StepWork? next) && Array.TrueForAll(next.Done, d => d is not null))
        {
            _steps.Remove(++SettledStep);
            settled.Add(next.Sum());
            _openedAt = now;
        }

        return settled;
    }

    /// <summary>How long a slice of the oldest open step has taken its worker until now; null: it is of another step, or not that worker's.</summary>
    public TimeSpan? AgeOf(int step, int slice, string worker, TimeSpan now) =>
        step == SettledStep + 1 && _steps.TryGetValue(step, out StepWork? work) && work.Done[slice] is null
        && work.HoldersOf(slice).FirstOrDefault(h => h.Worker == worker) is { Worker: not null } holder
            ? now - Later(_openedAt, holder.At) : null;

    /// <summary>Workers that are not late yet and have held a slice of the oldest open step for longer than <paramref name="bound"/> since it was opened.</summary>
    public IReadOnlyList<string> FindLate(TimeSpan now, TimeSpan bound) =>
        _steps.TryGetValue(SettledStep + 1, out StepWork? step)
            ? [.. step.Open(_ => true).SelectMany(step.HoldersOf).Where(h => !_late.Contains(h.Worker) && now - Later(_openedAt, h.At) > bound)
                .Select(h => h.Worker).Distinct()]
            : [];

    /// <summary>The slices of the first step that is not settled that are still to be done, with who holds each.</summary>
    public IReadOnlyList<AwaitedSlice> Awaited() =>
        _steps.TryGetValue(SettledStep + 1, out StepWork? step)
            ? [.. step.Open(_ => true).Select(slice => step.HoldersOf(slice) is { Count: > 0 } holders
                ? new AwaitedSlice(slice, holders[^1].Worker, Later(_openedAt, holders[^1].At))
                : new AwaitedSlice(slice, null, _openedAt))]
            : [];

    private static TimeSpan Later(TimeSpan a, TimeSpan b) => a > b ? a : b;

    private sealed class StepWork(int step, int slices)
    {
        private readonly List<(string Worker, TimeSpan At)>[] _holders = [.. Enumerable.Range(0, slices).Select(_ => new List<(string, TimeSpan)>(1))];

        public int Step { get; } = step;

        public SliceCompleted?[] Done { get; } = new SliceCompleted?[slices];

        public List<(string Worker, TimeSpan At)> HoldersOf(int slice) => _holders[slice];

        public bool IsHeldBy(int slice, string worker) => _holders[slice].Exists(h => h.Worker == worker);

        public void Grant(int slice, string worker, TimeSpan now) => _holders[slice].Add((worker, now));

        public void Forget(string worker)
        {
            foreach (List<(string Worker, TimeSpan At)> holders in _holders)
                holders.RemoveAll(h => h.Worker == worker);
        }

        public SettledStep Sum()
        {
            var sum = new SettledStep(Step, 0, 0, 0, 0, 0, default);
            foreach (SliceCompleted? done in Done)
            {
                sum = new SettledStep(Step, sum.LossSum + done!.LossSum, sum.LossCount + done.LossCount, sum.Correct + done.Correct,
                    sum.Examples + done.Examples, sum.Words + done.Words, sum.Traffic + done.Traffic)
                {
                    GradientSquares = sum.GradientSquares.Count == 0 ? done.GradientSquares : [.. sum.GradientSquares.Zip(done.GradientSquares, (a, b) => a + b)],
                    Judged = sum.Judged + done.Judged,
                };
            }

            return sum;
        }

        public IEnumerable<int> Open(Func<int, bool> which) => Enumerable.Range(0, Done.Length).Where(s => Done[s] is null && which(s));
    }
}
