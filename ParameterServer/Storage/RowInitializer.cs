using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Randomness;

namespace DistEmbed.ParameterServer.Storage;

/// <summary>The first value of rows that were given none: a function of the seed, the table's name and the row alone, so any shard can own the row.</summary>
public sealed class RowInitializer
{
    private readonly RowInit _init;
    private readonly ulong _key;

    /// <summary>Creates the initializer of a table's rows.</summary>
    /// <exception cref="ArgumentException">The table copies another (<see cref="RowInit.CopyOf"/>): its rows come from there.</exception>
    public RowInitializer(TableSpec table, ulong seed)
    {
        if (table.Init is not (RowInit.Zero or RowInit.Uniform))
            throw new ArgumentException($"Rows of table {table.Name} do not start by themselves: {table.Init}.", nameof(table));
        _init = table.Init;
        _key = seed ^ CounterRandom.HashOf(table.Name);
    }

    /// <summary>Writes the first value of <paramref name="row"/>.</summary>
    public void Fill(int row, Span<float> values)
    {
        if (_init is not RowInit.Uniform uniform || row < uniform.ZeroRows)
        {
            values.Clear();
            return;
        }
        var random = new CounterRandom(_key, RandomPurpose.RowInitialization, row);
        foreach (ref float value in values)
            value = (2 * random.NextSingle() - 1) * uniform.Range;
    }
}
