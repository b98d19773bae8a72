using DistEmbed.Protocol.Messages;

namespace DistEmbed.Worker.Exchange;

/// <summary>
/// Pushes that are not acknowledged yet. A slice is complete when every block has been acknowledged by its shard; what is overdue is sent again, which the
/// shards' ledgers make harmless. Knows no actor, clock or socket: times come from the caller.
/// </summary>
public sealed class PushWindow
{
    private readonly Dictionary<Key, Entry> _entries = [];
    private readonly Dictionary<(int Step, int Slice), int> _missing = [];

    /// <summary>Blocks that wait for an acknowledgement.</summary>
    public int Outstanding => _entries.Count;

    /// <summary>Push messages sent so far, repeats included.</summary>
    public long Sent { get; private set; }

    /// <summary>The earliest slice that waits for an acknowledgement; null: none does.</summary>
    public (int Step, int Slice)? Earliest => _missing.Count == 0 ? null : _missing.Keys.Min();

    /// <summary>Shards that have not acknowledged every block.</summary>
    public IEnumerable<int> Shards => _entries.Keys.Select(k => k.Shard).Distinct();

    /// <summary>Notes that a block goes to a shard.</summary>
    public void Add(int shard, PushRows push, TimeSpan now)
    {
        _entries.Add(new Key(shard, push.Step, push.Slice, push.Block), new Entry(push) { SentAt = now });
        _missing[(push.Step, push.Slice)] = _missing.GetValueOrDefault((push.Step, push.Slice)) + 1;
        Sent++;
    }

    /// <summary>Takes an acknowledgement; true when it completes its slice. A repeated acknowledgement changes nothing.</summary>
    public bool Acknowledge(PushAcknowledged acknowledged)
    {
        if (!_entries.Remove(new Key(acknowledged.Shard, acknowledged.Step, acknowledged.Slice, acknowledged.Block)))
            return false;
        (int, int) slice = (acknowledged.Step, acknowledged.Slice);
        if (--_missing[slice] > 0)
            return false;
        _missing.Remove(slice);
        return true;
    }

    /// <summary>Waits for nothing any more.</summary>
    public void Clear()
    {
        _entries.Clear();
        _missing.Clear();
    }

    /// <summary>What was sent longer than <paramref name="patience"/> ago and is sent again now.</summary>
    public IReadOnlyList<(int Shard, PushRows Push)> TakeOverdue(TimeSpan now, TimeSpan patience) => Take(now, (_, entry) => now - entry.SentAt >= patience);

    /// <summary>What these shards have not acknowledged, and is sent again now.</summary>
    public IReadOnlyList<(int Shard, PushRows Push)> TakeOf(IReadOnlyList<int> shards, TimeSpan now) => Take(now, (shard, _) => shards.Contains(shard));

    private List<(int Shard, PushRows Push)> Take(TimeSpan now, Func<int, Entry, bool> which)
    {
        var overdue = new List<(int, PushRows)>();
        foreach ((Key key, Entry entry) in _entries)
        {
            if (!which(key.Shard, entry))
                continue;
            entry.SentAt = now;
            Sent++;
            overdue.Add((key.Shard, entry.Push));
        }

        return overdue;
    }

    private readonly record struct Key(int Shard, int Step, int Slice, int Block);

    private sealed class Entry(PushRows push)
    {
        public PushRows Push { get; } = push;

        public TimeSpan SentAt { get; set; }
    }
}
