using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Sharding;

namespace DistEmbed.Worker.Exchange;

/// <summary>What is asked of a shard of one table.</summary>
/// <param name="Rows">The rows, sorted.</param>
/// <param name="Positions">Their positions in the slice's list.</param>
/// <param name="Known">The steps of the values that the worker has; null: it has none.</param>
internal readonly record struct AskedRows(int[] Rows, int[] Positions, int[]? Known)
{
    /// <summary>Leaves out of a shard's rows those that need not be asked.</summary>
    /// <param name="mine">The shard's rows.</param>
    /// <param name="known">What <see cref="RowCache.Fill"/> said of the slice's rows.</param>
    public static AskedRows Of(RowSplitter.ShardRows mine, int[]? known)
    {
        if (known is null)
            return new AskedRows(mine.Rows, mine.Positions, null);
        int asked = 0, kept = 0;
        foreach (int position in mine.Positions)
        {
            asked += known[position] == RowCache.Settled ? 0 : 1;
            kept += known[position] > 0 ? 1 : 0;
        }

        var (rows, positions, steps) = (new int[asked], new int[asked], kept > 0 ? new int[asked] : null);
        int at = 0;
        for (int i = 0; i < mine.Rows.Length; i++)
        {
            int step = known[mine.Positions[i]];
            if (step == RowCache.Settled)
                continue;
            (rows[at], positions[at]) = (mine.Rows[i], mine.Positions[i]);
            if (steps is not null)
                steps[at] = step;
            at++;
        }

        return new AskedRows(rows, positions, steps);
    }

    /// <summary>The request for them.</summary>
    public RowIds Of(int table) => new(table, Rows) { Known = Known };
}
