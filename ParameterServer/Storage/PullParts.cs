using DistEmbed.Protocol.Messages;

namespace DistEmbed.ParameterServer.Storage;

/// <summary>A run of the rows that a pull asks of a table.</summary>
/// <param name="Ids">What is asked of the table.</param>
/// <param name="Start">Index of the run's first row.</param>
/// <param name="Count">Number of rows.</param>
internal readonly record struct RowRun(RowIds Ids, int Start, int Count);

/// <summary>
/// A pull and the parts in which it is answered, each at most <see cref="MessageBounds.RowBytes"/> (or one row). They are cut as if every row were sent, so that
/// a repeat's parts are the same rows whatever has changed meanwhile.
/// </summary>
internal sealed class PullParts
{
    private readonly List<List<RowRun>> _parts = [[]];

    /// <summary>Cuts the answer to a pull.</summary>
    /// <param name="pull">The pull.</param>
    /// <param name="dimensions">Numbers a row of each table.</param>
    public PullParts(PullRows pull, IReadOnlyList<int> dimensions)
    {
        Pull = pull;
        int free = MessageBounds.RowBytes;
        foreach (RowIds ids in pull.Tables)
        {
            int rowBytes = dimensions[ids.Table] * sizeof(float);
            for (int start = 0; start < ids.Rows.Length;)
            {
                if (free < rowBytes && _parts[^1].Count > 0)
                {
                    _parts.Add([]);
                    free = MessageBounds.RowBytes;
                }

                int count = Math.Min(ids.Rows.Length - start, Math.Max(1, free / rowBytes));
                _parts[^1].Add(new RowRun(ids, start, count));
                free -= count * rowBytes;
                start += count;
            }
        }
    }

    /// <summary>The pull.</summary>
    public PullRows Pull { get; }

    /// <summary>Number of parts: at least one.</summary>
    public int Count => _parts.Count;

    /// <summary>Parts that have been sent.</summary>
    public int Sent { get; set; }

    /// <summary>The next part to be sent.</summary>
    public IReadOnlyList<RowRun> Next => _parts[Sent];

    /// <summary>Place of the last row of the next part in the <see cref="RowOrder"/>.</summary>
    public long NextEnd => Next is [.., var last] ? RowOrder.Of(last.Ids.Table, last.Ids.Rows[last.Start + last.Count - 1]) : RowOrder.Start;
}
