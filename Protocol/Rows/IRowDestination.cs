using DistEmbed.Protocol.Messages;

namespace DistEmbed.Protocol.Rows;

/// <summary>Where whoever pulls rows wants them. Any thread may ask.</summary>
public interface IRowDestination
{
    /// <summary>
    /// The place of a run of rows of a part of the answer, for the caller to lay the values there. Each is given once, so that a part that comes again, maybe when the first one is being
    /// used already, lies elsewhere.
    /// </summary>
    /// <param name="shard">The shard that answers.</param>
    /// <param name="part">Number of the part.</param>
    /// <param name="table">Index of the table.</param>
    /// <param name="start">Index of the run's first row in <see cref="RowIds.Rows"/> of the request.</param>
    /// <param name="count">Rows of the run, all of which are sent.</param>
    /// <returns>The place; empty where the values must lie elsewhere.</returns>
    Memory<float> Take(int shard, int part, int table, int start, int count);
}
