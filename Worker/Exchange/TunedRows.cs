using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Sharding;

namespace DistEmbed.Worker.Exchange;

/// <summary>The rows of a slice that its step tunes: only they are pushed, and only they are part of a gradient's norm.</summary>
internal static class TunedRows
{
    /// <summary>Those of a shard's rows.</summary>
    public static RowSplitter.ShardRows Of(RowSplitter.ShardRows rows, TablePlan plan, int step)
    {
        if (!plan.IsMixed(step))
            return rows;
        int[] tuned = [.. Enumerable.Range(0, rows.Rows.Length).Where(i => !plan.TimelineOf(rows.Rows[i]).IsFrozen(step))];
        return new RowSplitter.ShardRows([.. tuned.Select(i => rows.Rows[i])], [.. tuned.Select(i => rows.Positions[i])]);
    }

    /// <summary>The sum of the squares of their gradients.</summary>
    /// <param name="rows">The slice's rows.</param>
    /// <param name="gradient">Row after row.</param>
    /// <param name="dimension">Numbers a row.</param>
    /// <param name="plan">The table.</param>
    /// <param name="step">The step.</param>
    public static double SumOfSquares(int[] rows, float[] gradient, int dimension, TablePlan plan, int step)
    {
        if (!plan.IsMixed(step))
            return Training.SumOfSquares.Of(gradient.AsSpan(0, rows.Length * dimension));
        double sum = 0;
        for (int i = 0; i < rows.Length; i++)
        {
            if (!plan.TimelineOf(rows[i]).IsFrozen(step))
                sum += Training.SumOfSquares.Of(gradient.AsSpan(i * dimension, dimension));
        }

        return sum;
    }
}
