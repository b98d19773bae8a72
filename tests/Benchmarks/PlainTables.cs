using DistEmbed.ParameterServer.Optimizers;
using DistEmbed.ParameterServer.Storage;
using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Benchmarks;

/// <summary>What a plain program would keep its parameters in: an array a row, values then optimizer state, made when first used. No steps, no undo, no shards.</summary>
internal sealed class PlainTables
{
    private readonly TablePlan[] _plans;
    private readonly IRowOptimizer[] _optimizers;
    private readonly RowInitializer[] _initializers;
    private readonly float[]?[][] _rows;

    public PlainTables(IReadOnlyList<TableSpec> tables, OptimizerSpec optimizer, int totalSteps)
    {
        _plans = [.. TablePlan.Of(tables, group => new GroupTimeline(group, optimizer, totalSteps), _ => optimizer, totalSteps)];
        _optimizers = [.. _plans.Select(p => RowOptimizers.Create(p.Optimizer, p.Timeline, p.MaxNorm))];
        _initializers = [.. tables.Select(t => new RowInitializer(t, 1))];
        _rows = [.. tables.Select(t => new float[]?[t.Rows])];
        if (_optimizers.Any(o => o.CatchesUp))
            throw new ArgumentException("a plain table skips what untouched rows owe", nameof(optimizer));
    }

    public int Dimension(int table) => _plans[table].Spec.Dimension;

    public float[] Row(int table, int row)
    {
        if (_rows[table][row] is { } known)
            return known;
        int dimension = Dimension(table);
        var made = new float[dimension + _optimizers[table].StateSize(dimension)];
        _initializers[table].Fill(row, made.AsSpan(0, dimension));
        _optimizers[table].InitializeState(made.AsSpan(0, dimension), made.AsSpan(dimension));
        return _rows[table][row] = made;
    }

    public void Gather(int table, ReadOnlySpan<int> rows, Span<float> values)
    {
        int dimension = Dimension(table);
        for (int i = 0; i < rows.Length; i++)
            Row(table, rows[i]).AsSpan(0, dimension).CopyTo(values[(i * dimension)..]);
    }

    public void Apply(int table, ReadOnlySpan<int> rows, ReadOnlySpan<float> gradients, int step)
    {
        int dimension = Dimension(table);
        for (int i = 0; i < rows.Length; i++)
        {
            float[] row = Row(table, rows[i]);
            _optimizers[table].Apply(row.AsSpan(0, dimension), row.AsSpan(dimension), gradients.Slice(i * dimension, dimension), step);
        }
    }
}
