using System.Runtime.InteropServices;
using CsCheck;
using DistEmbed.ParameterServer.Optimizers;
using DistEmbed.ParameterServer.Storage;
using DistEmbed.Protocol.Jobs;

namespace DistEmbed.ParameterServer.Tests.Storage;

public class RowTableTests
{
    private static readonly SgdSpec Exact = new() { LearningRate = 0.1, Momentum = 0.9, Decay = 0.02, Untouched = UntouchedRows.Exact };

    [Fact]
    public void Rows_take_memory_when_they_are_written_and_little_more_than_their_floats()
    {
        TableSpec spec = Spec(rows: 1_000_000, dimension: 50);
        using RowTable table = Table(spec, new AdamSpec());
        float[] row = new float[50];
        for (int i = 0; i < spec.Rows; i += 100)
            table.Read(i, 3, row);
        Assert.Equal((0, 0L), (table.AllocatedRows, table.AllocatedBytes));

        for (int i = 0; i < 10_000; i++)
            table.Apply(i, 1, row);
        Assert.Equal((10_000, 100), (table.AllocatedRows, table.StateSize));
        Assert.InRange(table.AllocatedBytes, 4L * 150 * 10_000, (long)(1.15 * 4 * 150 * 10_000));
        Assert.InRange(table.NativeBytes, 4L * 150 * 10_000, table.AllocatedBytes);
    }

    [Fact]
    public void First_values_depend_on_seed_table_name_and_row_alone()
    {
        float[] Row(string name, ulong seed, int row, int rows = 100)
        {
            using RowTable table = Table(Spec(rows, 8) with { Name = name }, Exact, seed);
            float[] values = new float[8];
            table.Read(row, 0, values);
            return values;
        }

        float[] first = Row("embedding", 1, 7);
        Assert.Equal(first, Row("embedding", 1, 7, rows: 5000));
        Assert.NotEqual(first, Row("embedding", 1, 8));
        Assert.NotEqual(first, Row("embedding", 2, 7));
        Assert.NotEqual(first, Row("context", 1, 7));
        Assert.All(first, v => Assert.InRange(v, -0.25f, 0.25f));
        Assert.Equal(new float[8], Row("embedding", 1, 1)); // the first two rows start as zero
    }

    [Fact]
    public void Reading_at_any_step_changes_no_stored_bit_and_nothing_that_follows()
    {
        Gen.Int[1, 3].Array[1, 30].Select(Gen.Int[0, 3].Array[30], Gen.Int[1, 20].Array[30]).Sample((writes, rows, gaps) =>
        {
            using RowTable read = Table(Spec(4, 9), Exact), quiet = Table(Spec(4, 9), Exact);
            float[] buffer = new float[9];
            int step = 0;
            for (int i = 0; i < writes.Length; i++)
            {
                step += gaps[i];
                float[] gradient = Values(9, i);
                byte[] before = Bits(read);
                for (int row = 0; row < 4; row++)
                    read.Read(row, step - 1, buffer);
                Assert.Equal(before, Bits(read));
                read.Apply(rows[i], step, gradient);
                quiet.Apply(rows[i], step, gradient);
            }
            Assert.Equal(Bits(quiet), Bits(read));
        }, iter: 50);
    }

    [Fact]
    public void What_is_read_as_of_a_step_is_what_the_next_step_starts_from()
    {
        foreach (bool stored in new[] { true, false })
        {
            using RowTable table = Table(Spec(10, 9), Exact with { Momentum = 0 });
            if (stored)
                table.Apply(5, 1, Values(9, 1));
            float[] before = new float[9], after = new float[9], first = new float[9];
            table.Read(5, 0, first);
            table.Read(5, 40, before);
            table.Apply(5, 41, new float[9]);
            table.Read(5, 41, after);
            Assert.NotEqual(first, before); // decay
            Assert.Equal(before.Select(w => w - (float)(0.1 * 0.02) * w), after);
        }
    }

    [Fact]
    public void A_row_of_which_only_state_falls_behind_is_read_as_it_lies_and_counts_as_unchanged()
    {
        using RowTable table = Table(Spec(10, 9), new AdadeltaSpec { Untouched = UntouchedRows.Exact }), quiet = Table(Spec(10, 9), new AdadeltaSpec { Untouched = UntouchedRows.Exact });
        table.Apply(5, 2, Values(9, 1));
        quiet.Apply(5, 2, Values(9, 1));
        float[] then = new float[9], later = new float[9];
        table.Read(5, 2, then);
        table.Read(5, 40, later);
        Assert.Equal(then, later);
        Assert.Equal((2, 0), (table.LastChange(5), table.LastChange(4)));
        Assert.Equal(9, table.KeptSize);
        table.Apply(5, 41, Values(9, 2));
        quiet.Apply(5, 41, Values(9, 2));
        Assert.Equal(Bits(quiet), Bits(table));
    }

    /// <summary>Kept state would move a row by what it remembers of steps before the freeze, fresh state only by the gradient of the thaw.</summary>
    [Fact]
    public void State_of_a_row_begins_anew_with_a_thaw_that_asks_for_it_and_else_goes_on()
    {
        var spec = new SgdSpec { LearningRate = 1, Momentum = 0.5 };
        Assert.Equal((-3.75f, -3f), (Train(ThawState.Kept, 20), Train(ThawState.Fresh, 20)));
        // The row is not in the batch of the first step after the thaw.
        Assert.Equal((-3.75f, -3f), (Train(ThawState.Kept, 25), Train(ThawState.Fresh, 25)));

        float Train(ThawState thaw, int next)
        {
            var timeline = new GroupTimeline("embedding", spec, 100, new PhaseTimes([new PhaseEnd(10, null), new PhaseEnd(19, null), default]), [new(false), new(true), new(false)], thaw);
            using var table = new RowTable(Spec(4, 1) with { Init = new RowInit.Zero() }, RowOptimizers.Create(spec, timeline, null), 1);
            table.Apply(2, 9, [1]);
            table.Apply(2, 10, [1]);
            table.Apply(2, next, [0.5f]);
            float[] value = new float[1];
            table.Read(2, next, value);
            return value[0];
        }
    }

    [Fact]
    public void A_step_is_applied_to_a_row_once_unless_updates_go_in_on_arrival()
    {
        using RowTable table = Table(Spec(10, 4), new SgdSpec { LearningRate = 1 });
        float[] row = [1, 1, 1, 1], values = new float[4];
        table.Assign(3, row);
        table.Apply(3, 5, row);
        Assert.Throws<ArgumentOutOfRangeException>(() => table.Apply(3, 5, row));
        Assert.Throws<ArgumentOutOfRangeException>(() => table.Apply(4, 0, row));
        table.ApplyNow(3, 5, row);
        table.ApplyNow(3, 6, row);
        table.ApplyNow(3, 4, row);
        table.Read(3, 6, values);
        Assert.Equal([-3, -3, -3, -3], values);
        Assert.Equal(1, table.AllocatedRows);
    }

    [Fact]
    public void The_padding_row_is_zero_and_refuses_writes()
    {
        using RowTable table = Table(Spec(10, 4) with { PaddingRow = 3 }, Exact);
        float[] values = [1, 1, 1, 1];
        table.Read(3, 9, values);
        Assert.Equal(new float[4], values);
        Assert.Throws<ArgumentException>(() => table.Apply(3, 1, values));
        Assert.Throws<ArgumentException>(() => table.Assign(3, values));
        Assert.Throws<ArgumentException>(() => table.Restore(3, 1, values, values));
    }

    [Fact]
    public void Rows_and_lengths_that_the_table_does_not_have_are_refused()
    {
        using RowTable table = Table(Spec(10, 4), Exact);
        float[] four = new float[4];
        Assert.Throws<ArgumentOutOfRangeException>(() => table.Read(10, 0, four));
        Assert.Throws<ArgumentOutOfRangeException>(() => table.Apply(-1, 1, four));
        Assert.Throws<ArgumentException>(() => table.Apply(1, 1, new float[5]));
        Assert.Throws<ArgumentException>(() => table.Restore(1, 1, four, new float[3]));
        Assert.Equal(0, table.AllocatedRows);
    }

    [Fact]
    public void A_copy_reads_its_source_until_it_is_written_and_the_source_is_never_trained()
    {
        using RowTable source = Table(Spec(10, 4), new SgdSpec { LearningRate = 1 });
        using RowTable copy = new(Spec(10, 4) with { Name = "copy", Init = new RowInit.CopyOf("embedding") }, Optimizer(new SgdSpec { LearningRate = 1 }), 1, source);
        source.Assign(3, [1, 2, 3, 4]);
        float[] values = new float[4], fromSource = new float[4];
        copy.Read(3, 0, values);
        Assert.Equal([1, 2, 3, 4], values);
        copy.Read(5, 0, values);
        source.Read(5, 0, fromSource);
        Assert.Equal(fromSource, values);
        Assert.Equal(0, copy.AllocatedRows);

        copy.Apply(3, 1, [1, 1, 1, 1]);
        copy.Read(3, 1, values);
        source.Read(3, 1, fromSource);
        Assert.Equal([0, 1, 2, 3], values);
        Assert.Equal([1, 2, 3, 4], fromSource);
        Assert.Throws<InvalidOperationException>(() => source.Apply(3, 1, values));
        Assert.Throws<ArgumentException>(() => new RowTable(Spec(10, 5) with { Init = new RowInit.CopyOf("embedding") }, Optimizer(Exact), 1, source));
    }

    [Fact]
    public void A_table_that_is_always_frozen_keeps_its_bits_and_spends_nothing_on_state()
    {
        using RowTable table = Table(Spec(10, 4) with { AlwaysFrozen = true }, Exact);
        float[] first = new float[4], later = new float[4];
        table.Read(5, 0, first);
        table.Read(5, 100, later); // decay would shrink it
        Assert.Equal(first, later);
        Assert.Equal(0, table.StateSize);
        table.Assign(3, [1, 2, 3, 4]);
        table.Read(3, 100, later);
        Assert.Equal([1, 2, 3, 4], later);
        Assert.Throws<InvalidOperationException>(() => table.Apply(3, 1, later));
    }

    [Fact]
    public void A_restored_table_goes_on_to_the_same_bits()
    {
        using RowTable table = Table(Spec(5000, 9), Exact), restored = Table(Spec(5000, 9), Exact);
        restored.Apply(17, 1, Values(9, 3));
        restored.Clear();
        foreach (int row in (int[])[4999, 3, 4095, 4096, 0, 700])
            table.Apply(row, row % 7 + 1, Values(9, row));
        var order = new List<int>();
        using (RowTableSnapshot snapshot = table.Snapshot())
        {
            snapshot.ForEach((row, lastStep, values, state) =>
            {
                order.Add(row);
                restored.Restore(row, lastStep, values, state);
            });
        }
        Assert.Equal([0, 3, 700, 4095, 4096, 4999], order);
        Assert.Equal(Bits(table), Bits(restored));

        foreach (RowTable each in new[] { table, restored })
        {
            each.Apply(700, 50, Values(9, 1));
            each.Apply(701, 50, Values(9, 2));
        }
        Assert.Equal(Bits(table), Bits(restored));
    }

    [Fact]
    public void A_snapshot_does_not_change_while_another_thread_reads_it_and_the_table_goes_on()
    {
        using RowTable table = Table(Spec(3000, 9), Exact);
        for (int row = 0; row < 1500; row++)
            table.Apply(row, 1, Values(9, row));
        byte[] before = Bits(table);
        RowTableSnapshot snapshot = table.Snapshot();
        Assert.Equal(1500, snapshot.Rows);

        int step = 1;
        Exception? failure = null;
        var reader = new Thread(() =>
        {
            try
            {
                for (int i = 0; i < 20; i++)
                    Assert.Equal(before, Bits(snapshot.ForEach));
                snapshot.Dispose();
            }
            catch (Exception e)
            {
                failure = e;
            }
        });
        reader.Start();
        do
        {
            step++;
            for (int row = 0; row < 3000; row += 7)
                table.Apply(row, step, Values(9, row + step));
        }
        while (!reader.Join(0) && step < 5000);
        Assert.True(reader.Join(TimeSpan.FromSeconds(30)));
        Assert.Null(failure);
        Assert.NotEqual(before, Bits(table));
    }

    [Fact]
    public void A_snapshot_survives_clearing_and_disposing_its_table_and_nothing_leaks()
    {
        RowTable table = Table(Spec(3000, 9), Exact);
        for (int row = 0; row < 600; row++)
            table.Apply(row, 1, Values(9, row));
        byte[] before = Bits(table);
        long alone = table.NativeBytes;
        RowTableSnapshot first = table.Snapshot(), second = table.Snapshot();
        Assert.Equal(alone, table.NativeBytes);
        table.Apply(0, 2, Values(9, 1));
        Assert.InRange(table.NativeBytes, alone + 1, alone + alone / 2); // one slab of three
        table.Clear();
        Assert.Equal((0, 0L), (table.AllocatedRows, table.AllocatedBytes));
        table.Apply(2999, 1, Values(9, 1));
        table.Dispose();
        Assert.Equal(before, Bits(first.ForEach));
        first.Dispose();
        first.Dispose();
        Assert.Equal(before, Bits(second.ForEach));
        Assert.Equal(alone, table.NativeBytes);
        second.Dispose();
        Assert.Equal(0, table.NativeBytes);
        Assert.Throws<ObjectDisposedException>(() => first.ForEach((_, _, _, _) => { }));
        Assert.Throws<ObjectDisposedException>(() => table.Read(0, 0, new float[9]));
    }

    private static TableSpec Spec(int rows, int dimension) => new("embedding", "embedding", rows, dimension, new RowInit.Uniform(0.25f, ZeroRows: 2), Dense: false);

    private static IRowOptimizer Optimizer(OptimizerSpec spec) => RowOptimizers.Create(spec, new GroupTimeline("embedding", spec, 10_000), null);

    private static RowTable Table(TableSpec spec, OptimizerSpec optimizer, ulong seed = 1) => new(spec, Optimizer(optimizer), seed);

    private static float[] Values(int length, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, length).Select(_ => random.NextSingle() - 0.5f)];
    }

    private static byte[] Bits(RowTable table) => Bits(table.ForEach);

    private static byte[] Bits(Action<RowVisitor> forEach)
    {
        var bits = new MemoryStream();
        forEach((row, lastStep, values, state) =>
        {
            bits.Write(MemoryMarshal.AsBytes<int>(new[] { row, lastStep }));
            bits.Write(MemoryMarshal.AsBytes(values));
            bits.Write(MemoryMarshal.AsBytes(state));
        });
        return bits.ToArray();
    }
}
