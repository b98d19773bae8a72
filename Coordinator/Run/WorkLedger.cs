using DistEmbed.Protocol.Messages;

namespace DistEmbed.Coordinator.Run;

/// <summary>What a settled step measured, summed in the order of slices.</summary>
/// <param name="Step">The step.</param>
/// <param name="LossSum">Sum of the losses.</param>
/// <param name="LossCount">Number of losses in the sum.</param>
/// <param name="Correct">Examples predicted right.</param>
/// <param name="Examples">Examples.</param>
/// <param name="Words">Tokens.</param>
/// <param name="Traffic">Rows and bytes moved.</param>
public sealed record SettledStep(int Step, double LossSum, long LossCount, long Correct, long Examples, long Words, RowTraffic Traffic);

/// <summary>
/// Which slices are granted to whom, and which are done. A step settles when all its slices are done, steps in order. A lost worker's slices go to the others.
/// Knows no actor or clock.
/// </summary>
public sealed class WorkLedger(int slices)
{
    private readonly SortedDictionary<int, StepWork> _steps = [];
    private readonly SortedSet<string> _workers = new(StringComparer.Ordinal);

    /// <summary>Every slice up to this step is done.</summary>
    public int SettledStep { get; private set; }

    /// <summary>Every slice up to this step is granted.</summary>
    public int GrantedStep { get; private set; }

    /// <summary>Whether nothing that was granted is still to be done.</summary>
    public bool IsQuiescent => SettledStep == GrantedStep;

    /// <summary>The workers, in order of name.</summary>
    public IReadOnlyCollection<string> Workers => _workers;

    /// <summary>Counts everything up to <paramref name="step"/> as done.</summary>
    public void Reset(int step)
    {
        _steps.Clear();
        SettledStep = GrantedStep = step;
    }

    /// <summary>Takes a worker in; it gets slices from the next grant on.</summary>
    public void Join(string worker) => _workers.Add(worker);

    /// <summary>Takes a worker out; the slices it was granted and has not done go to the others at once.</summary>
    /// <returns>The leases to send; empty too when no worker is left, then they wait for the next to join.</returns>
    public IReadOnlyList<(string Worker, GrantLease Lease)> Lose(string worker)
    {
        _workers.Remove(worker);
        return _workers.Count == 0 ? [] : Assign(_steps.Values.SelectMany(s => s.OpenSlicesOf(worker)).ToList());
    }

    /// <summary>Grants slices that no present worker holds: those of lost workers, once somebody is there to take them.</summary>
    public IReadOnlyList<(string Worker, GrantLease Lease)> GrantOrphans() =>
        _workers.Count == 0 ? [] : Assign(_steps.Values.SelectMany(s => s.OrphansBut(_workers)).ToList());

    /// <summary>Grants all slices of the steps after <see cref="GrantedStep"/> up to <paramref name="lastStep"/>.</summary>
    public IReadOnlyList<(string Worker, GrantLease Lease)> Grant(int lastStep)
    {
        if (lastStep <= GrantedStep || _workers.Count == 0)
            return [];
        int firstStep = GrantedStep + 1;
        var mine = new List<int>[_workers.Count];
        for (int w = 0; w < mine.Length; w++)
            mine[w] = [.. Enumerable.Range(0, slices).Where(slice => slice % mine.Length == w)];
        string[] workers = [.. _workers];
        for (int step = firstStep; step <= lastStep; step++)
        {
            var work = new StepWork(step, slices);
            for (int slice = 0; slice < slices; slice++)
                work.Holders[slice] = workers[slice % workers.Length];
            _steps[step] = work;
        }

        GrantedStep = lastStep;
        return [.. workers.Select((w, i) => (w, new GrantLease(firstStep, lastStep, mine[i]))).Where(g => g.Item2.Slices.Count > 0)];
    }

    /// <summary>Notes a slice as done; whoever did it, the first report counts.</summary>
    /// <returns>The steps that have settled by it, in order.</returns>
    public IReadOnlyList<SettledStep> Complete(SliceCompleted done)
    {
        if (!_steps.TryGetValue(done.Step, out StepWork? step) || step.Done[done.Slice] is not null)
            return [];
        step.Done[done.Slice] = done;
        var settled = new List<SettledStep>();
        while (_steps.TryGetValue(SettledStep + 1, out StepWork? next) && Array.TrueForAll(next.Done, d => d is not null))
        {
            _steps.Remove(++SettledStep);
            settled.Add(next.Sum());
        }

        return settled;
    }

    /// <summary>The slices of the first step that is not settled that are still to be done, with who holds each.</summary>
    public IReadOnlyList<(int Slice, string Worker)> Awaited() =>
        _steps.TryGetValue(SettledStep + 1, out StepWork? step)
            ? [.. Enumerable.Range(0, slices).Where(s => step.Done[s] is null).Select(s => (s, step.Holders[s]))]
            : [];

    private List<(string, GrantLease)> Assign(IReadOnlyList<(StepWork Step, int Slice)> open)
    {
        string[] workers = [.. _workers];
        var leases = new List<(string, GrantLease)>();
        for (int i = 0; i < open.Count; i++)
        {
            string worker = workers[i % workers.Length];
            open[i].Step.Holders[open[i].Slice] = worker;
            leases.Add((worker, new GrantLease(open[i].Step.Step, open[i].Step.Step, [open[i].Slice])));
        }

        return leases;
    }

    private sealed class StepWork(int step, int slices)
    {
        public int Step { get; } = step;

        public string[] Holders { get; } = new string[slices];

        public SliceCompleted?[] Done { get; } = new SliceCompleted?[slices];

        public IEnumerable<(StepWork, int)> OpenSlicesOf(string worker) => Open(s => Holders[s] == worker);

        public IEnumerable<(StepWork, int)> OrphansBut(SortedSet<string> present) => Open(s => !present.Contains(Holders[s]));

        public SettledStep Sum()
        {
            var sum = new SettledStep(Step, 0, 0, 0, 0, 0, default);
            foreach (SliceCompleted? done in Done)
            {
                sum = new SettledStep(Step, sum.LossSum + done!.LossSum, sum.LossCount + done.LossCount, sum.Correct + done.Correct,
                    sum.Examples + done.Examples, sum.Words + done.Words, sum.Traffic + done.Traffic);
            }

            return sum;
        }

        private IEnumerable<(StepWork, int)> Open(Func<int, bool> which) =>
            Enumerable.Range(0, Done.Length).Where(s => Done[s] is null && which(s)).Select(s => (this, s));
    }
}
