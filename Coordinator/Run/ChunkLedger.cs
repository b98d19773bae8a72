using DistEmbed.Protocol.Checkpoints;
using DistEmbed.Protocol.Measures;
using DistEmbed.Protocol.Messages;

namespace DistEmbed.Coordinator.Run;

/// <summary>
/// The chunks of one evaluation: who was granted which, and their results. What only lost or late workers hold is granted to others; the first result of a chunk counts.
/// Knows no actor or clock.
/// </summary>
/// <param name="part">The part that is evaluated.</param>
/// <param name="step">The step whose result is evaluated.</param>
/// <param name="examples">Examples of the part.</param>
/// <param name="measures">What the model is judged by.</param>
public sealed class ChunkLedger(EvaluationPart part, int step, int examples, MeasureSet measures)
{
    private readonly ChunkEvaluated?[] _results = new ChunkEvaluated?[(examples + EvaluateChunks.ChunkSize - 1) / EvaluateChunks.ChunkSize];
    private readonly Dictionary<int, List<string>> _holders = [];
    private readonly Dictionary<string, TimeSpan> _movedAt = [];

    /// <summary>The part that is evaluated.</summary>
    public EvaluationPart Part => part;

    /// <summary>Whether every chunk has a result.</summary>
    public bool IsDone => Array.TrueForAll(_results, r => r is not null);

    /// <summary>Chunks without a result.</summary>
    public IEnumerable<int> Open => Enumerable.Range(0, _results.Length).Where(c => _results[c] is null);

    /// <summary>Workers that hold open chunks, with the time since when nothing came of them.</summary>
    public IEnumerable<(string Worker, TimeSpan Since)> Awaited =>
        Open.SelectMany(HoldersOf).Distinct().Select(w => (w, _movedAt[w]));

    /// <summary>Open chunks that a worker holds.</summary>
    public IReadOnlyList<int> OpenOf(string worker) => [.. Open.Where(c => HoldersOf(c).Contains(worker))];

    /// <summary>Grants the open chunks that no worker holds but those that <paramref name="isGone"/>.</summary>
    /// <param name="available">Workers that may be granted something.</param>
    /// <param name="isGone">Whether a worker is lost or late.</param>
    /// <param name="now">The time.</param>
    public IReadOnlyList<(string Worker, EvaluateChunks Chunks)> Grant(IReadOnlyList<string> available, Func<string, bool> isGone, TimeSpan now)
    {
        var shares = new SortedDictionary<string, List<int>>(StringComparer.Ordinal);
        foreach (int chunk in Open.Where(c => HoldersOf(c).TrueForAll(h => isGone(h))))
        {
            string[] takers = [.. available.Where(w => !HoldersOf(chunk).Contains(w))];
            if (takers.Length == 0)
                continue;
            string taker = takers[chunk % takers.Length];
            if (OpenOf(taker).Count == 0)
                _movedAt[taker] = now;
            HoldersOf(chunk).Add(taker);
            if (!shares.TryGetValue(taker, out List<int>? share))
                shares.Add(taker, share = []);
            share.Add(chunk);
        }

        return [.. shares.Select(s => (s.Key, new EvaluateChunks(part, step, s.Value)))];
    }

    /// <summary>Takes a result.</summary>
    /// <returns>How long its worker took since its last; null: it is of no interest.</returns>
    public TimeSpan? Complete(ChunkEvaluated result, TimeSpan now)
    {
        if (result.Part != part || result.Step != step || _results[result.Chunk] is not null)
            return null;
        if (result.Sums.Count != measures.Sums)
            throw new InvalidOperationException($"a chunk came with {result.Sums.Count} sums, but {string.Join(", ", measures.Names)} are made of {measures.Sums}: the model's Score does not fit its Measures");
        _results[result.Chunk] = result;
        TimeSpan took = now - _movedAt.GetValueOrDefault(result.Worker, now);
        _movedAt[result.Worker] = now;
        return took;
    }

    /// <summary>Workers that hold chunks and of which nothing came for longer than <paramref name="bound"/>.</summary>
    public IReadOnlyList<string> FindLate(TimeSpan now, TimeSpan bound) => [.. Awaited.Where(a => now - a.Since > bound).Select(a => a.Worker)];

    /// <summary>Forgets a lost worker.</summary>
    public void Forget(string worker)
    {
        foreach (List<string> holders in _holders.Values)
            holders.Remove(worker);
    }

    /// <summary>The evaluation. Chunks are summed in order: the same loss for any number of workers.</summary>
    /// <param name="epoch">The epoch, from 0.</param>
    public EvaluationRecord Sum(int epoch)
    {
        double loss = 0;
        int all = 0;
        var sums = new double[measures.Sums];
        foreach (ChunkEvaluated? chunk in _results)
        {
            loss += chunk!.LossSum;
            all += chunk.Examples;
            for (int i = 0; i < sums.Length; i++)
                sums[i] += chunk.Sums[i];
        }

        return new EvaluationRecord(step, epoch, loss / all, measures.Of(sums));
    }

    private List<string> HoldersOf(int chunk)
    {
        if (!_holders.TryGetValue(chunk, out List<string>? holders))
            _holders.Add(chunk, holders = []);
        return holders;
    }
}
