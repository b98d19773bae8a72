using DistEmbed.ParameterServer.Optimizers;
using DistEmbed.ParameterServer.Storage;
using DistEmbed.Protocol.Jobs;

namespace DistEmbed.ParameterServer.Tests.Storage;

/// <summary>Rows of one table that are kept in different ways.</summary>
public class RowKindsTests
{
    private const int Rows = 6000, Dimension = 8;

    private static readonly AdamSpec s_adam = new();
    private static readonly AdaGradSpec s_adagrad = new() { InitialAccumulator = 0.5 };

    [Fact]
    public void Optimizer_memory_is_taken_when_a_step_first_touches_a_row()
    {
        const long Values = Rows * Dimension * sizeof(float), Index = Rows * sizeof(int);
        using RowTable table = Table(s_adam, everyThirdTuned: false);
        Fill(table);
        Assert.InRange(table.AllocatedBytes, Values, (long)(1.3 * Values) + Index); // as many as values and last steps need
        var gradient = new float[Dimension];
        using (RowTableSnapshot before = table.Snapshot())
        {
            for (int row = 0; row < Rows; row++)
                table.Apply(row, 1, gradient);
            // The memory of first values goes back, slab by slab, but for what the snapshot holds and the last slab.
            Assert.InRange(table.AllocatedBytes, 3 * Values, (long)(1.15 * 3 * Values) + (3 * Index));
            Assert.True(table.AllocatedRows == Rows, $"the table has {table.AllocatedRows} rows; expected {Rows}");
            Assert.True(before.Rows == Rows, $"the snapshot has {before.Rows} rows; expected {Rows}");
            before.ForEach((row, lastStep, values, state) =>
            {
                Assert.True(lastStep == 0, $"row {row} of the snapshot is at step {lastStep}; expected 0, from before the steps");
                Assert.True(values[0] == row, $"row {row} of the snapshot begins with {values[0]}; expected the assigned {row}");
            });
        }

        table.Clear();
        Assert.Equal((0, 0L, 0L), (table.AllocatedRows, table.AllocatedBytes, table.NativeBytes));
    }

    [Fact]
    public void Rows_that_no_phase_tunes_never_have_state_and_all_come_in_order()
    {
        using RowTable table = Table(s_adagrad, everyThirdTuned: true);
        Fill(table);
        for (int row = 0; row < Rows; row += 3)
            table.Apply(row, 1, [1, 1, 1, 1, 1, 1, 1, 1]);
        table.Apply(3, 2, new float[Dimension]);
        const long Value = Dimension * sizeof(float);
        Assert.InRange(table.AllocatedBytes, Rows * Value * 4 / 3, (long)(1.4 * Rows * Value * 5 / 3) + (3 * Rows * sizeof(int)));
        var seen = new List<int>();
        using RowTableSnapshot snapshot = table.Snapshot();
        snapshot.ForEach((row, lastStep, values, state) =>
        {
            seen.Add(row);
            bool tuned = row % 3 == 0;
            int expectedStep = row == 3 ? 2 : tuned ? 1 : 0;
            float expectedState = tuned ? 1.5f : 0; // of rows that never have one: zeros
            Assert.True(lastStep == expectedStep, $"row {row} is at step {lastStep}; expected {expectedStep}");
            Assert.True(state.Length == Dimension, $"row {row} comes with {state.Length} floats of state; expected {Dimension}");
            Assert.True(state[0] == expectedState, $"the state of row {row} begins with {state[0]}; expected {expectedState}");
            Assert.True(tuned == (values[0] != row), $"row {row} begins with {values[0]}; expected {(tuned ? "another value than " : "")}{row}");
        });
        Assert.Equal(Enumerable.Range(0, Rows), seen);

        // What was written is put back: touched rows with their state, others without.
        using RowTable restored = Table(s_adagrad, everyThirdTuned: true);
        snapshot.ForEach(restored.Restore);
        Assert.Equal((Rows, table.AllocatedRows), (restored.AllocatedRows, snapshot.Rows));
        float[] one = new float[Dimension], other = new float[Dimension];
        for (int row = 0; row < Rows; row++)
        {
            if (row % 3 == 0)
            {
                table.Apply(row, 3, [1, 2, 3, 4, 5, 6, 7, 8]);
                restored.Apply(row, 3, [1, 2, 3, 4, 5, 6, 7, 8]);
            }

            table.Read(row, 3, one);
            restored.Read(row, 3, other);
            Assert.Equal(one, other);
        }
    }

    [Fact]
    public void An_untouched_row_shows_the_state_that_it_would_begin_with()
    {
        using RowTable table = Table(s_adagrad, everyThirdTuned: false);
        Fill(table);
        table.ForEach((row, lastStep, values, state) =>
        {
            Assert.True(lastStep == 0, $"row {row} is at step {lastStep}; expected 0, since none has touched it");
            Assert.True(state[0] == 0.5f, $"the state of row {row} begins with {state[0]}; expected the initial accumulator, 0.5");
        });
    }

    private static void Fill(RowTable table)
    {
        for (int row = 0; row < Rows; row++)
            table.Assign(row, [row, 1, 2, 3, 4, 5, 6, 7]);
    }

    private static RowTable Table(OptimizerSpec optimizer, bool everyThirdTuned)
    {
        var spec = new TableSpec("t", "embedding", Rows, Dimension, new RowInit.Uniform(0.1f), Dense: false);
        GroupTimeline tuned = new("embedding", optimizer, 100), frozen = new("embedding", optimizer, 100, GroupTimeline.Never);
        if (!everyThirdTuned)
            return new RowTable(spec, RowOptimizers.Create(optimizer, tuned, null), 1);
        var classes = new RowClasses([0, 1], [.. Enumerable.Range(0, Rows).Select(row => (byte)(row % 3 == 0 ? 0 : 1))]);
        return new RowTable(spec, RowKinds.Of(new TablePlan(spec, optimizer, tuned) { Rows = new RowRules(classes, [tuned, frozen]) }), 1);
    }
}
