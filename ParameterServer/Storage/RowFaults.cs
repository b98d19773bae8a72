using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Sharding;

namespace DistEmbed.ParameterServer.Storage;

/// <summary>What is wrong with the rows that a message names, so that it is refused before anything is changed.</summary>
/// <param name="shard">Number of the shard.</param>
/// <param name="map">Who owns which row.</param>
/// <param name="plans">The tables.</param>
internal sealed class RowFaults(int shard, ShardMap map, IReadOnlyList<TablePlan> plans)
{
    /// <summary>The fault of what a pull asks; null: none.</summary>
    public RefusalReason? Of(IReadOnlyList<RowIds> tables)
    {
        foreach (RowIds ids in tables)
        {
            if (Of(ids.Table, ids.Rows) is { } reason)
                return reason;
            if (ids.Known is { } known && known.Length != ids.Rows.Length)
                return RefusalReason.Malformed;
        }

        return null;
    }

    /// <summary>The fault of what a push brings; null: none. Its tables come in <see cref="RowOrder"/>, each once.</summary>
    public RefusalReason? Of(IReadOnlyList<RowGradients> tables)
    {
        int previous = -1;
        foreach (RowGradients gradients in tables)
        {
            if (Of(gradients.Table, gradients.Rows) is { } reason)
                return reason;
            if (gradients.Table <= previous || gradients.Places is not null || gradients.Values.Length < gradients.Rows.Length * plans[gradients.Table].Spec.Dimension)
                return RefusalReason.Malformed;
            previous = gradients.Table;
        }

        return null;
    }

    private RefusalReason? Of(int table, int[] rows)
    {
        if ((uint)table >= (uint)plans.Count)
            return RefusalReason.NotMine;
        int count = plans[table].Spec.Rows;
        int previous = -1;
        foreach (int row in rows)
        {
            if (row <= previous)
                return RefusalReason.Malformed;
            if (row >= count || map.ShardOf(row) != shard)
                return RefusalReason.NotMine;
            previous = row;
        }

        return null;
    }
}
