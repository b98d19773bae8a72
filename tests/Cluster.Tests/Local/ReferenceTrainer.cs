using DistEmbed.Coordinator.Local;
using DistEmbed.Coordinator.Run;
using DistEmbed.ParameterServer.Optimizers;
using DistEmbed.ParameterServer.Storage;
using DistEmbed.Protocol.Checkpoints;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Worker.Models;

namespace DistEmbed.Cluster.Tests.Local;

/// <summary>
/// What a sync run has to compute, said in one loop: steps, slices, a dictionary of rows a table, one model. No actors, messages, shards, ledger or undo; only the
/// model, the batches and the update rules are shared with the system.
/// </summary>
internal sealed class ReferenceTrainer(PreparedStage stage)
{
    private readonly IReadOnlyList<TablePlan> _plans = TablePlan.Of(stage.Job, stage.Tables, stage.Freeze, stage.Classes);

    /// <summary>Trains all steps and gives the hash of every table.</summary>
    public IReadOnlyDictionary<string, string> Train()
    {
        Table[] tables = new Table[_plans.Count];
        for (int t = 0; t < tables.Length; t++)
            tables[t] = new Table(_plans[t], stage.Job.Seed, tables);
        foreach (SeedRows seed in stage.Seeds)
        {
            for (int i = 0; i < seed.Rows.Length; i++)
                tables[seed.Table].Start(seed.Rows[i], seed.Values.AsSpan(i * seed.Dimension, seed.Dimension));
        }

        using IEmbeddingModel model = ModelCatalog.Create(stage.Job.Model, stage.Shape);
        for (int step = 1; step <= stage.Facts.TotalSteps; step++)
            Train(model, tables, step);
        return TableHash.Of([.. _plans.Select(p => p.Spec.Name)], [[.. tables.Select(t => t.Digests())]]);
    }

    private void Train(IEmbeddingModel model, Table[] tables, int step)
    {
        var sums = tables.Select(_ => new SortedDictionary<int, float[]>()).ToArray();
        for (int slice = 0; slice < stage.Batches.Slices; slice++)
        {
            PreparedSlice prepared = model.Prepare(new Slice(
                step, slice, stage.Data.Train, stage.Batches.Examples(step, slice), stage.Batches.BatchSize(step), stage.Job.Seed)
            { Cells = stage.Batches.Cells });
            float[][] values = [.. tables.Select((table, t) => prepared.Rows[t].SelectMany(row => table.Read(row, step - 1)).Append(0).ToArray())];
            float[]?[] gradients = [.. tables.Select((table, t) => table.Plan.IsFrozen(step) ? null : new float[values[t].Length])];
            model.Train(prepared, values, gradients);
            for (int t = 0; t < tables.Length; t++)
            {
                if (gradients[t] is not { } gradient)
                    continue;
                int dimension = tables[t].Plan.Spec.Dimension;
                for (int i = 0; i < prepared.Rows[t].Length; i++)
                {
                    if (tables[t].Plan.TimelineOf(prepared.Rows[t][i]).IsFrozen(step))
                        continue;
                    float[] mine = gradient[(i * dimension)..((i + 1) * dimension)];
                    if (sums[t].TryGetValue(prepared.Rows[t][i], out float[]? sum))
                    {
                        for (int d = 0; d < dimension; d++)
                            sum[d] += mine[d];
                    }
                    else
                    {
                        sums[t][prepared.Rows[t][i]] = mine;
                    }
                }
            }
        }

        for (int t = 0; t < tables.Length; t++)
        {
            foreach ((int row, float[] gradient) in sums[t])
                tables[t].Apply(row, step, gradient);
        }
    }

    private sealed record Row(float[] Values, float[] State)
    {
        public int LastStep { get; set; }
    }

    private sealed class Table(TablePlan plan, ulong seed, Table[] all)
    {
        private readonly Dictionary<int, Row> _rows = [];
        private readonly RowKinds _kinds = RowKinds.Of(plan);

        public TablePlan Plan => plan;

        public Row Store(int row) => _rows.TryGetValue(row, out Row? stored) ? stored : _rows[row] = First(row);

        public void Start(int row, ReadOnlySpan<float> values)
        {
            Row stored = Store(row);
            values.CopyTo(stored.Values);
            _kinds.Of(row).Optimizer.InitializeState(values, StateOf(row, stored));
        }

        public float[] Read(int row, int asOfStep)
        {
            if (row == plan.Spec.PaddingRow)
                return new float[plan.Spec.Dimension];
            Row current = _rows.TryGetValue(row, out Row? stored) ? stored : First(row);
            var copy = new Row([.. current.Values], [.. current.State]);
            if (current.LastStep < asOfStep && !plan.Spec.AlwaysFrozen)
                _kinds.Of(row).Optimizer.CatchUp(copy.Values, StateOf(row, copy), current.LastStep, asOfStep);
            return copy.Values;
        }

        public void Apply(int row, int step, float[] gradient)
        {
            if (row == plan.Spec.PaddingRow)
                return;
            Row stored = Store(row);
            IRowOptimizer optimizer = _kinds.Of(row).Optimizer;
            if (stored.LastStep < step - 1)
                optimizer.CatchUp(stored.Values, StateOf(row, stored), stored.LastStep, step - 1);
            optimizer.Thaw(stored.Values, StateOf(row, stored), step);
            optimizer.Apply(stored.Values, StateOf(row, stored), gradient, step);
            stored.LastStep = step;
        }

        public IReadOnlyDictionary<int, byte[]> Digests()
        {
            using var slots = new SlotDigests();
            foreach ((int row, Row stored) in _rows.OrderBy(r => r.Key))
                slots.Add(row, stored.LastStep, stored.Values, stored.State);
            return slots.Complete();
        }

        private Row First(int row)
        {
            var first = new Row(new float[plan.Spec.Dimension], new float[_kinds.LargestState]);
            if (plan.Spec.Init is RowInit.CopyOf copy)
                all.First(t => t?.Plan.Spec.Name == copy.Table).Read(row, 0).CopyTo(first.Values, 0);
            else
                new RowInitializer(plan.Spec, seed).Fill(row, first.Values);
            _kinds.Of(row).Optimizer.InitializeState(first.Values, StateOf(row, first));
            return first;
        }

        private Span<float> StateOf(int row, Row stored) => stored.State.AsSpan(0, _kinds.Of(row).StateSize);
    }
}
