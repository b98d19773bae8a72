using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Messages;

namespace DistEmbed.ParameterServer.Storage;

/// <summary>
/// Which rows of a pull need not be sent, since the worker has their value. Exact: only a row whose last change is certain to be in the value that the worker
/// has. In sync mode a value pulled for step a holds every step before a. In bounded mode it may lack the last steps that staleness allows, so that much is taken off. In
/// async mode a late push changes a row without moving its last step, so that only rows that no step has ever changed count.
/// </summary>
internal sealed class UnchangedRows(Consistency consistency, int staleness)
{
    /// <summary>Marks the unchanged ones of a run of rows.</summary>
    /// <param name="table">The table.</param>
    /// <param name="ids">What is asked of it.</param>
    /// <param name="step">The step that computes with them.</param>
    /// <param name="start">Index of the run's first row.</param>
    /// <param name="count">Rows of the run.</param>
    /// <param name="changed">Rows of the run that are to be sent.</param>
    /// <returns><see cref="RowValues.Unchanged"/>.</returns>
    public byte[]? Of(RowTable table, RowIds ids, int step, int start, int count, out int changed)
    {
        changed = count;
        if (ids.Known is not { } known)
            return null;
        byte[]? bits = null;
        for (int i = 0; i < count; i++)
        {
            int pulled = known[start + i];
            if (pulled < 1 || pulled > step || table.LastChange(ids.Rows[start + i]) >= Before(pulled))
                continue;
            bits ??= new byte[(count + 7) / 8];
            bits[i >> 3] |= (byte)(1 << (i & 7));
            changed--;
        }

        return bits;
    }

    private int Before(int pulled) => consistency == Consistency.Async ? 1 : Math.Max(1, pulled - staleness);
}
