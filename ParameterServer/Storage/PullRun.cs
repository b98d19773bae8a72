using DistEmbed.Protocol.Messages;

namespace DistEmbed.ParameterServer.Storage;

/// <summary>A run of the rows that a pull asks of a table.</summary>
/// <param name="Ids">What is asked of the table.</param>
/// <param name="Start">Index of the run's first row there.</param>
/// <param name="Count">Number of rows.</param>
internal readonly record struct PullRun(RowIds Ids, int Start, int Count)
{
    /// <summary>
    /// Cuts the answer to a pull into parts of at most <see cref="MessageBounds.RowBytes"/>, or one row, at least one: as if every row were sent, so that a repeat's parts are the same
    /// rows whatever has changed meanwhile.
    /// </summary>
    /// <param name="pull">The pull.</param>
    /// <param name="dimension">Numbers a row of a table.</param>
    public static List<List<PullRun>> Cut(PullRows pull, Func<int, int> dimension)
    {
        var parts = new List<List<PullRun>> { new() };
        int free = MessageBounds.RowBytes;
        foreach (RowIds ids in pull.Tables)
        {
            int rowBytes = dimension(ids.Table) * sizeof(float);
            for (int start = 0; start < ids.Rows.Length;)
            {
                if (free < rowBytes && parts[^1].Count > 0)
                {
                    parts.Add([]);
                    free = MessageBounds.RowBytes;
                }

                int count = Math.Min(ids.Rows.Length - start, Math.Max(1, free / rowBytes));
                parts[^1].Add(new PullRun(ids, start, count));
                free -= count * rowBytes;
                start += count;
            }
        }

        return parts;
    }
}
