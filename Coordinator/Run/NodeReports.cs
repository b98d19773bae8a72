using DistEmbed.Protocol.Messages;

namespace DistEmbed.Coordinator.Run;

/// <summary>What workers and shards said last of how they stand, and since when they have been silent. Knows no actor or clock.</summary>
public sealed class NodeReports
{
    /// <summary>Seconds without a report after which somebody counts as silent: three reports.</summary>
    public const double SilentAfter = 1.5;

    private readonly Dictionary<string, Node<WorkerReport>> _workers = [];
    private readonly Dictionary<int, Node<ShardReport>> _shards = [];

    /// <summary>A worker is there; its silence counts from now.</summary>
    public void Join(string worker, TimeSpan now) => _workers[worker] = new Node<WorkerReport>(now);

    /// <summary>A shard is there; its silence counts from now.</summary>
    public void Join(int shard, TimeSpan now) => _shards[shard] = new Node<ShardReport>(now);

    /// <summary>A worker is gone.</summary>
    public void Forget(string worker) => _workers.Remove(worker);

    /// <summary>A worker reports; one that has not joined, or is gone, is of no interest.</summary>
    public void Take(WorkerReport report, TimeSpan now)
    {
        if (!_workers.TryGetValue(report.Worker, out Node<WorkerReport>? node))
            return;
        if (node.Report is not { } last || (last.Doing, last.Step, last.Slice) != (report.Doing, report.Step, report.Slice))
            node.DoingSince = now;
        node.Take(report, now, report.RowsPulled + report.RowsPushed, report.BytesPulled + report.BytesPushed);
    }

    /// <summary>A shard reports.</summary>
    public void Take(ShardReport report, TimeSpan now)
    {
        if (_shards.TryGetValue(report.Shard, out Node<ShardReport>? node))
            node.Take(report, now, report.RowsRead + report.RowsWritten, report.BytesRead + report.BytesWritten);
    }

    /// <summary>How a worker stands.</summary>
    public WorkerStatus StatusOf(string worker, int openSlices, bool draining, TimeSpan now)
    {
        Node<WorkerReport> node = _workers[worker];
        return new WorkerStatus(worker, node.Report, node.Silence(now), node.Rows.Rate(now), node.Bytes.Rate(now), openSlices, draining);
    }

    /// <summary>How the shards stand.</summary>
    public IReadOnlyList<ShardStatus> Shards(TimeSpan now) =>
        [.. _shards.OrderBy(s => s.Key).Select(s => new ShardStatus(s.Key, s.Value.Report, s.Value.Silence(now), s.Value.Rows.Rate(now), s.Value.Bytes.Rate(now)))];

    /// <summary>Who keeps a piece of work waiting: its worker, and the shards that the worker waits for.</summary>
    /// <param name="worker">Who holds it.</param>
    /// <param name="what">What it is, in words.</param>
    /// <param name="since">Since when it is awaited.</param>
    /// <param name="step">Step that it reads.</param>
    /// <param name="piece">The slice or chunk; null: any of that step.</param>
    /// <param name="now">The time.</param>
    public IEnumerable<Awaited> WaitFor(string worker, string what, TimeSpan since, int step, int? piece, TimeSpan now)
    {
        double seconds = (now - since).TotalSeconds;
        Node<WorkerReport> node = _workers[worker];
        WorkerReport? report = node.Report;
        if (node.Silence(now) > SilentAfter)
        {
            yield return new Awaited(worker, Text($"{what}: silent for {node.Silence(now):F1} s"), seconds);
            yield break;
        }

        string doing = report is null ? "has not said what it does"
            : report.Step == step && (piece is null || report.Slice == piece) ? Text($"{Word(report.Doing)} for {(now - node.DoingSince).TotalSeconds:F1} s")
            : report.Step == 0 ? "idle"
            : Text($"busy with {report.Slice} of step {report.Step}: {Word(report.Doing)}");
        IReadOnlyList<int> shards = report?.Shards ?? [];
        string waits = shards.Count == 0 ? "" : $", waits for {string.Join(", ", shards.Select(s => $"shard-{s}"))}";
        yield return new Awaited(worker, $"{what}: {doing}{waits}", seconds);
        if (report is { Doing: WorkerActivity.Pulling or WorkerActivity.Pushing } && report.Step == step)
        {
            foreach (int shard in shards)
                yield return WaitFor(shard, $"{worker} waits for it to {(report.Doing == WorkerActivity.Pulling ? "give rows for" : "take gradients of")} {what}", node.DoingSince, now);
        }
    }

    /// <summary>A shard keeps something waiting.</summary>
    public Awaited WaitFor(int shard, string what, TimeSpan since, TimeSpan now)
    {
        double silence = _shards.TryGetValue(shard, out Node<ShardReport>? node) ? node.Silence(now) : 0;
        return new Awaited($"shard-{shard}", silence > SilentAfter ? Text($"{what}; silent for {silence:F1} s") : what, (now - since).TotalSeconds);
    }

    /// <summary>Shards that are silent.</summary>
    public IEnumerable<Awaited> SilentShards(TimeSpan now) =>
        _shards.Where(s => s.Value.Silence(now) > SilentAfter).Select(s => new Awaited($"shard-{s.Key}", Text($"silent for {s.Value.Silence(now):F1} s"), s.Value.Silence(now)));

    private static string Word(WorkerActivity doing) => doing switch
    {
        WorkerActivity.Preparing => "preparing",
        WorkerActivity.Pulling => "pulling rows",
        WorkerActivity.Computing => "computing",
        WorkerActivity.Pushing => "pushing gradients",
        _ => "idle",
    };

    private static string Text(FormattableString text) => FormattableString.Invariant(text);

    private sealed class Node<TReport>(TimeSpan joined)
        where TReport : class
    {
        private TimeSpan _at = joined;

        public TReport? Report { get; private set; }

        public TimeSpan DoingSince { get; set; } = joined;

        public RateWindow Rows { get; } = new();

        public RateWindow Bytes { get; } = new();

        public double Silence(TimeSpan now) => (now - _at).TotalSeconds;

        public void Take(TReport report, TimeSpan now, long rows, long bytes)
        {
            (Report, _at) = (report, now);
            Rows.Add(now, rows);
            Bytes.Add(now, bytes);
        }
    }
}
