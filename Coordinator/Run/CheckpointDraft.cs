using System.Text.Json;
using DistEmbed.Protocol.Checkpoints;
using DistEmbed.Protocol.Messages;

namespace DistEmbed.Coordinator.Run;

/// <summary>A checkpoint that is being written: what it shall say, and the shards that have written their file. Knows no actor or disk.</summary>
/// <param name="step">The step whose end it shows.</param>
/// <param name="kind">Why it is written.</param>
/// <param name="state">Everything beside the rows, as of that step.</param>
/// <param name="sent">Blocks that settled slices have sent since this process began.</param>
/// <param name="shards">Number of shards.</param>
public sealed class CheckpointDraft(int step, CheckpointKind kind, ResumeState state, long sent, int shards)
{
    private readonly Dictionary<int, ShardWritten> _written = [];

    /// <summary>The step whose end it shows.</summary>
    public int Step => step;

    /// <summary>Why it is written.</summary>
    public CheckpointKind Kind => kind;

    /// <summary>Everything beside the rows, as of that step.</summary>
    public ResumeState State => state;

    /// <summary>Whether every shard has written its file.</summary>
    public bool IsWritten => _written.Count == shards;

    /// <summary>Shards that have not.</summary>
    public IEnumerable<int> MissingShards => Enumerable.Range(0, shards).Where(s => !_written.ContainsKey(s));

    /// <summary>A shard has written its file.</summary>
    public void Take(ShardWritten written) => _written[written.Shard] = written;

    /// <summary>What is wrong with the ledgers of the shards; null: nothing lost, nothing twice: every block that a settled slice sent was taken exactly once.</summary>
    public string? Imbalance => Applied == sent ? null : $"the push ledger does not balance at step {step}: {sent} blocks sent, {Applied} applied";

    private long Applied => _written.Values.Sum(w => w.Counters.Applied);

    /// <summary>The manifest of the written files.</summary>
    /// <param name="plan">The run.</param>
    /// <param name="before">Counters of earlier processes.</param>
    public CheckpointManifest Manifest(RunPlan plan, RunTotals before)
    {
        RunTotals pushes = PushesOf(before);
        return new CheckpointManifest
        {
            JobFingerprint = plan.Fingerprint,
            JobName = plan.Job.Name,
            Step = step,
            Epoch = plan.EpochOf(step) - 1,
            Kind = kind,
            Created = DateTimeOffset.UnixEpoch, // the shell, which has a clock, fills it in
            Shards = shards,
            Files = [.. Enumerable.Range(0, shards).Select(s => _written[s].File)],
            TableHashes = TableHash.Of([.. plan.Tables.Select(t => t.Spec.Name)], [.. Enumerable.Range(0, shards).Select(s => _written[s].Digests)]),
            Resume = state with
            {
                Totals = state.Totals with { PushesSent = pushes.PushesSent, PushesApplied = pushes.PushesApplied, PushesRejected = pushes.PushesRejected },
            },
        };
    }

    /// <summary>What became of all pushes, earlier processes' included, as the shards counted them: sent = applied + rejected.</summary>
    private RunTotals PushesOf(RunTotals before)
    {
        var rejected = new SortedDictionary<string, long>(before.PushesRejected.ToDictionary(), StringComparer.Ordinal);
        foreach (PushCounters counters in _written.Values.Select(w => w.Counters))
        {
            Add("duplicate", counters.Duplicates);
            foreach ((RefusalReason reason, long count) in counters.Refused)
                Add(JsonNamingPolicy.KebabCaseLower.ConvertName(reason.ToString()), count);
        }

        long all = before.PushesApplied + Applied;
        return new RunTotals { PushesApplied = all, PushesRejected = rejected, PushesSent = all + rejected.Values.Sum() };

        void Add(string reason, long count)
        {
            if (count > 0)
                rejected[reason] = rejected.GetValueOrDefault(reason) + count;
        }
    }
}
