using DistEmbed.ParameterServer.Optimizers;
using DistEmbed.ParameterServer.Storage;
using DistEmbed.Protocol.Jobs;

namespace DistEmbed.ParameterServer.Tests.Storage;

public class UndoLogTests
{
    private const int Dimension = 11;

    public static TheoryData<OptimizerSpec> Optimizers() => new(
        new SgdSpec(), new AdamSpec(), new AdadeltaSpec { Untouched = UntouchedRows.Exact }, new SgdSpec { Momentum = 0.9, Decay = 0.01, Untouched = UntouchedRows.Exact });

    [Theory]
    [MemberData(nameof(Optimizers))]
    public void A_row_is_read_as_each_step_that_is_not_settled_read_it(OptimizerSpec optimizer)
    {
        using var table = new RowTable(
            new TableSpec("embedding", "embedding", 40, Dimension, new RowInit.Uniform(0.25f), Dense: false),
            RowOptimizers.Create(optimizer, new GroupTimeline("embedding", optimizer, 100), null), 5);
        var log = new UndoLog([table]);
        table.Assign(3, new float[Dimension]);
        // Row 3 has a vector, row 7 its first value, row 9 is never touched.
        int[][] touched = [[3], [7], [3, 7], [], [7], [3]];
        var read = new List<float[]>();
        for (int step = 1; step <= touched.Length; step++)
        {
            foreach (int row in new[] { 3, 7, 9 })
                read.Add(Read(table, row, step));
            log.Begin(step);
            foreach (int row in touched[step - 1])
            {
                log.Keep(0, row);
                table.Apply(row, step, [.. Enumerable.Range(0, Dimension).Select(i => (i - 4) * 0.1f * step)]);
            }

            if (step == 2)
                log.DropThrough(1); // its record serves a later step
        }

        Assert.False(log.Covers(1, touched.Length));
        for (int step = 2; step <= touched.Length; step++)
        {
            Assert.True(log.Covers(step, touched.Length));
            for (int i = 0; i < 3; i++)
            {
                int row = new[] { 3, 7, 9 }[i];
                var again = new float[Dimension];
                if (!log.TryRead(0, row, step, again))
                    again = Read(table, row, step);
                Assert.Equal(read[(step - 1) * 3 + i], again);
            }
        }
    }

    /// <summary>What lies in the record from before would be taken for the row's momentum.</summary>
    [Fact]
    public void A_row_that_has_only_a_vector_is_read_as_without_momentum_from_a_record_that_served_another_step()
    {
        var optimizer = new SgdSpec { Momentum = 0.9, Untouched = UntouchedRows.Exact };
        using var table = new RowTable(
            new TableSpec("embedding", "embedding", 40, Dimension, new RowInit.Uniform(0.25f), Dense: false),
            RowOptimizers.Create(optimizer, new GroupTimeline("embedding", optimizer, 100), null), 5);
        var log = new UndoLog([table]);
        float[] vector = [.. Enumerable.Range(0, Dimension).Select(i => i * 0.5f)], gradient = [.. vector.Select(_ => 1f)];
        table.Assign(3, vector);
        for (int step = 1; step <= 2; step++)
            Step(7, step); // the second step keeps a momentum that is not zero
        log.DropThrough(2);
        Step(3, 3);

        var read = new float[Dimension];
        Assert.True(log.TryRead(0, 3, 3, read), "row 3 should be in the record of step 3");
        Assert.Equal(vector, read);

        void Step(int row, int step)
        {
            log.Begin(step);
            log.Keep(0, row);
            table.Apply(row, step, gradient);
        }
    }

    private static float[] Read(RowTable table, int row, int step)
    {
        var values = new float[Dimension];
        table.Read(row, step - 1, values);
        return values;
    }
}
