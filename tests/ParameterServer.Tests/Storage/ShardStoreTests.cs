using System.Runtime.InteropServices;
using CsCheck;
using DistEmbed.ParameterServer.Storage;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Sharding;

namespace DistEmbed.ParameterServer.Tests.Storage;

public class ShardStoreTests
{
    private static readonly int[] AllRows = [.. Enumerable.Range(0, Shards.Rows)];

    private long _sequence;

    public static TheoryData<OptimizerSpec> Optimizers =>
        [new SgdSpec(), Shards.Momentum, Shards.Momentum with { Untouched = UntouchedRows.Exact }, Shards.Exact, new AdamSpec(), new RowAdaGradSpec()];

    [Fact]
    public void A_pull_waits_in_sync_mode_until_the_step_before_is_applied()
    {
        using ShardStore store = Shards.Store(Shards.Plans(Shards.Exact));
        PullRows pull = PullOf(2, AllRows);
        Assert.Empty(Pull(store, pull));
        Assert.Empty(Pull(store, pull)); // a repeat takes its place
        Assert.Equal([(pull.Id, 1)], store.Waiting);
        PushRows[] first = Shards.Pushes(1, 0), second = Shards.Pushes(1, 1);
        Assert.All(store.Push([first[0], second[1], second[0]]), r => Assert.IsType<PushAcknowledged>(r.Message));
        Assert.Equal((0, 1), (store.AppliedStep, store.Waiting.Count()));
        Assert.Equal([0], store.MissingSlices);

        List<ShardReply> replies = store.Push(first[1]);
        Assert.Equal(["w", "puller"], replies.Select(r => r.Worker));
        Assert.Equal(new PushAcknowledged(0, 1, 0, 1), replies[0].Message);
        var rows = Assert.IsType<RowsPulled>(replies[1].Message);
        Assert.Equal((pull.Id, 0, 1), (rows.Id, rows.Part, rows.Parts));
        Assert.Equal((1, 0), (store.AppliedStep, store.Waiting.Count()));
        var expected = new float[Shards.Dimension];
        store.Tables[0].Read(5, 1, expected);
        Assert.Equal(expected, rows.Values[0].Values.Slice(5 * Shards.Dimension, Shards.Dimension).ToArray());
        Assert.Equal(ReadEmbedding(store, 2), Bits(rows)); // asked again, answered again
    }

    [Theory]
    [MemberData(nameof(Optimizers))]
    public void A_step_that_is_applied_but_not_settled_is_answered_with_the_bits_that_it_read(OptimizerSpec optimizer)
    {
        using ShardStore store = Shards.Store(Shards.Plans(optimizer));
        var read = new byte[10][];
        for (int step = 1; step < read.Length; step++)
        {
            read[step] = Read(store, step);
            store.Apply(step, step);
            if (step <= 3)
                store.Settle(step);
            for (int again = 4; again <= step; again++)
                Assert.Equal(read[again], Read(store, again));
        }

        Assert.NotEqual(read[4], read[5]);
        store.Settle(6);
        string hash = Shards.Hash(store);
        Assert.Equal(RefusalReason.TooLate, Refusal(Pull(store, PullOf(6, AllRows))));
        for (int step = 7; step < read.Length; step++)
            Assert.Equal(read[step], Read(store, step));
        Assert.Equal(hash, Shards.Hash(store)); // answering changes nothing
    }

    [Fact]
    public void What_a_step_read_is_kept_whenever_its_pushes_come()
    {
        using ShardStore store = Shards.Store(Shards.Plans(Shards.Exact));
        store.Push(Shards.Pushes(2, 0)); // from a worker that had to read nothing here
        store.Apply(1, 1);
        byte[] second = Read(store, 2);
        store.Push(Shards.Pushes(2, 1));
        Assert.Equal(2, store.AppliedStep);
        byte[] third = Read(store, 3);
        store.Push(Shards.Pushes(3, 0));
        Assert.Equal(second, Read(store, 2)); // while the third is half there
        store.Push(Shards.Pushes(3, 1));
        Assert.Equal(second, Read(store, 2));
        Assert.Equal(third, Read(store, 3));
        Assert.NotEqual(second, third);
    }

    [Fact]
    public void Bounded_pulls_lag_by_their_staleness_and_no_further()
    {
        using ShardStore store = Shards.Store(Shards.Plans(Shards.Momentum), Consistency.Bounded, staleness: 2);
        Assert.Single(Pull(store, PullOf(3, AllRows)));
        Assert.Empty(Pull(store, PullOf(4, AllRows)));
        Assert.Equal([1], store.Waiting.Select(w => w.AwaitedStep));
        store.Push(Shards.Pushes(1, 0));
        List<ShardReply> replies = store.Push(Shards.Pushes(1, 1));
        Assert.Contains(replies, r => r.Message is RowsPulled);
        Assert.Empty(store.Waiting);
    }

    [Fact]
    public void Bounded_steps_apply_as_whole_steps_like_sync_ones()
    {
        using ShardStore bounded = Shards.Store(Shards.Plans(Shards.Exact), Consistency.Bounded, staleness: 1), sync = Shards.Store(Shards.Plans(Shards.Exact));
        bounded.Apply(1, 5);
        sync.Apply(1, 5);
        Assert.Equal(Shards.Hash(sync), Shards.Hash(bounded));
    }

    [Fact]
    public void Async_pushes_apply_on_arrival_and_once()
    {
        using ShardStore store = Shards.Store(Shards.Plans(Shards.Momentum), Consistency.Async);
        float[] before = new float[Shards.Dimension], after = new float[Shards.Dimension];
        store.Tables[0].Read(7, 0, before);
        PushRows Push() => new("w", 3, 1, 0, 1, [new RowGradients(0, [7], Shards.Rented(1, 2, 3, 4, 5))]);
        store.Push(Push());
        store.Tables[0].Read(7, 3, after);
        Assert.Equal(before.Select((b, i) => b - 0.1f * (i + 1)), after);
        string hash = Shards.Hash(store);
        Assert.IsType<PushAcknowledged>(Assert.Single(store.Push(Push())).Message);
        Assert.Equal((hash, 1L, 1L), (Shards.Hash(store), store.Counters.Applied, store.Counters.Duplicates));
        Assert.IsType<RowsPulled>(Assert.Single(Pull(store, PullOf(100, [7]))).Message); // answered at once

        PushRows again = Shards.Pushes(3, 1)[0]; // cut into two blocks, where one was taken
        Assert.Equal(RefusalReason.Malformed, Assert.IsType<PushRefused>(Assert.Single(store.Push(again)).Message).Reason);
        store.Apply(1, 2);
        store.Push(Shards.Pushes(3, 0));
        Assert.Equal((3, 1L), (store.AppliedStep, store.Counters.Duplicates));
        store.Push(Shards.Pushes(1, 0));
        Assert.Equal(3, store.Counters.Duplicates); // also when the step is long complete
    }

    [Fact]
    public void What_is_refused_changes_nothing_and_is_counted_by_reason()
    {
        using ShardStore store = Shards.Store(Shards.Plans(Shards.Exact), shard: 0, shards: 2);
        store.Apply(1, 2, shard: 0, shards: 2);
        int[] mine = [.. AllRows.Where(r => r > 0 && ShardMap.Even(2).ShardOf(r) == 0)];
        int others = AllRows.First(r => ShardMap.Even(2).ShardOf(r) == 1);
        string hash = Shards.Hash(store);
        PushCounters before = store.Counters;
        RowGradients Row(int table, int[] rows, int values) => new(table, rows, new float[values]);
        (PushRows Push, RefusalReason Reason)[] pushes =
        [
            (Block(Row(0, [others], 5)), RefusalReason.NotMine),
            (Block(Row(2, [mine[0]], 5)), RefusalReason.NotMine),
            (Block(Row(-1, [mine[0]], 5)), RefusalReason.NotMine),
            (Block(Row(0, [Shards.Rows], 5)), RefusalReason.NotMine),
            (Block(Row(0, [-1], 5)), RefusalReason.Malformed),
            (Block(Row(0, [mine[1], mine[0]], 10)), RefusalReason.Malformed),
            (Block(Row(0, [mine[0], mine[0]], 10)), RefusalReason.Malformed),
            (Block(Row(0, [mine[0], mine[1]], 9)), RefusalReason.Malformed),
            (Block(Row(0, [mine[0]], 5) with { Places = [0] }), RefusalReason.Malformed), // a connection lays them together
            (Block(Row(0, [mine[0]], 5), Row(0, [others], 5)), RefusalReason.NotMine),
            (Block(Row(0, [mine[0]], 5), Row(0, [mine[1]], 5)), RefusalReason.Malformed), // a table's rows come in one run
            (Block(Row(1, [0], 2), Row(0, [mine[0]], 5)), RefusalReason.Malformed),
            (Block() with { Slice = Shards.Slices }, RefusalReason.Malformed),
            (Block() with { Slice = -1 }, RefusalReason.Malformed),
            (Block() with { Block = 1 }, RefusalReason.Malformed),
            (Block() with { Blocks = 0 }, RefusalReason.Malformed),
            (Block() with { Step = 0 }, RefusalReason.Malformed),
            (Block() with { Step = 2 + ShardStore.MaxStepsAhead + 1 }, RefusalReason.TooFarAhead),
        ];
        foreach ((PushRows push, RefusalReason reason) in pushes)
            Assert.Equal(new ShardReply("w", new PushRefused(0, push.Step, push.Slice, push.Block, reason)), Assert.Single(store.Push(push)));

        (PullRows Pull, RefusalReason Reason)[] pulls =
        [
            (PullOf(3, [others]), RefusalReason.NotMine),
            (PullOf(3, [mine[1], mine[0]]), RefusalReason.Malformed),
            (PullOf(3, [Shards.Rows]), RefusalReason.NotMine),
            (PullOf(3, [mine[0]]) with { Tables = [new RowIds(9, [mine[0]])] }, RefusalReason.NotMine),
            (PullOf(2 + ShardStore.MaxStepsAhead + 1, [mine[0]]), RefusalReason.TooFarAhead),
        ];
        foreach ((PullRows pull, RefusalReason reason) in pulls)
            Assert.Equal(reason, Refusal(Pull(store, pull)));

        PushCounters after = store.Counters;
        Assert.Equal((hash, 2, before.Applied, before.Duplicates), (Shards.Hash(store), store.AppliedStep, after.Applied, after.Duplicates));
        Assert.Equal(
            pushes.GroupBy(p => p.Reason).ToDictionary(g => g.Key, g => (long)g.Count()).OrderBy(r => r.Key), after.Refused.OrderBy(r => r.Key));
        Assert.Empty(store.Waiting);
        store.Apply(3, 3, shard: 0, shards: 2); // and step 3 is as free as before
        Assert.Equal(3, store.AppliedStep);
    }

    [Theory]
    [InlineData(Consistency.Sync)]
    [InlineData(Consistency.Async)]
    public void Frozen_rows_of_a_tuned_table_do_not_move_and_are_counted(Consistency consistency)
    {
        TablePlan[] plans = [.. Shards.Plans(Shards.Exact)];
        var classes = new RowClasses([0, 1], [.. Enumerable.Range(0, plans[0].Spec.Rows).Select(row => (ushort)(row % 2))]);
        plans[0] = plans[0] with { Rows = new RowRules(classes, [plans[0].Timeline, new GroupTimeline("embedding", new SgdSpec(), 100, GroupTimeline.Never)]) };
        using ShardStore store = Shards.Store(plans, consistency);
        float[][] before = Read();
        store.Apply(1, 2);
        float[][] after = Read();
        int[] pushed = [.. AllRows.Where(row => Enumerable.Range(1, 2).Any(step => (row + step) % 3 == 0 || (row + step + 1) % 3 == 0))];
        foreach (int row in AllRows.Where(row => row > 0))
            Assert.Equal(row % 2 == 0 && pushed.Contains(row), !before[row].AsSpan().SequenceEqual(after[row]));
        Assert.InRange(store.Counters.FrozenRows, pushed.Count(row => row % 2 == 1), 2 * Shards.Rows);

        float[][] Read() => [.. AllRows.Select(row =>
        {
            var values = new float[Shards.Dimension];
            store.Tables[0].Read(row, 0, values);
            return values;
        })];
    }

    [Fact]
    public void Frozen_tables_and_padding_rows_do_not_move_and_are_counted()
    {
        const int FirstTuned = 4;
        using ShardStore store = Shards.Store(Shards.Plans(Shards.Exact, FirstTuned));
        store.Assign(new AssignRows(0, [1, 2], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]));
        byte[] start = ReadEmbedding(store, 1);
        long frozen = 0;
        for (int step = 1; step < FirstTuned; step++)
        {
            store.Apply(step, step);
            frozen += AllRows.Count(row => (row + step) % 3 == 0 || (row + step + 1) % 3 == 0);
        }

        Assert.Equal(start, ReadEmbedding(store, FirstTuned));
        Assert.Equal((frozen, 2), (store.Counters.FrozenRows, store.Tables[0].AllocatedRows));
        store.Apply(FirstTuned, 6);
        Assert.NotEqual(start, ReadEmbedding(store, 7));
        Assert.Equal(frozen + 2, store.Counters.FrozenRows); // the padding row, in steps 5 and 6
        var padding = new float[Shards.Dimension];
        store.Tables[0].Read(0, 6, padding);
        Assert.Equal(new float[Shards.Dimension], padding);
    }

    [Fact]
    public void A_store_that_is_reset_and_restored_goes_on_as_the_original()
    {
        IReadOnlyList<TablePlan> plans = Shards.Plans(Shards.Exact);
        using ShardStore original = Shards.Store(plans), restored = Shards.Store(plans);
        original.Apply(1, 6);
        restored.Apply(1, 9);
        Pull(restored, PullOf(11, AllRows));
        restored.Push(Shards.Pushes(10, 0));

        restored.Reset(6);
        Assert.Equal((6, 0, 0), (restored.AppliedStep, restored.Waiting.Count(), restored.Tables[0].AllocatedRows));
        for (int table = 0; table < plans.Count; table++)
            original.Tables[table].ForEach((row, lastStep, values, state) => Assert.True(restored.Restore(table, row, lastStep, values, state)));
        Assert.Equal(Shards.Hash(original), Shards.Hash(restored));
        Assert.Equal(Read(original, 7), Read(restored, 7));
        Assert.Equal(RefusalReason.TooLate, Refusal(Pull(restored, PullOf(6, AllRows))));
        original.Apply(7, 12);
        restored.Apply(7, 12);
        Assert.Equal(Shards.Hash(original), Shards.Hash(restored));
    }

    [Fact]
    public void A_row_of_another_shard_is_not_restored()
    {
        using ShardStore store = Shards.Store(Shards.Plans(new SgdSpec()), shard: 1, shards: 2);
        int[] taken = [.. AllRows.Where(row => row > 0 && store.Restore(0, row, 1, new float[Shards.Dimension], []))];
        Assert.Equal(AllRows.Where(row => row > 0 && ShardMap.Even(2).ShardOf(row) == 1), taken);
        Assert.Equal(taken.Length, store.Tables[0].AllocatedRows);
    }

    [Fact]
    public void Any_order_of_arrival_with_any_repeats_gives_the_same_digests_and_the_counters_balance()
    {
        const int Steps = 5;
        PushRows[] All() => [.. from step in Enumerable.Range(1, Steps) from slice in Enumerable.Range(0, Shards.Slices) from push in Shards.Pushes(step, slice) select push];
        using ShardStore inOrder = Shards.Store(Shards.Plans(Shards.Exact));
        inOrder.Apply(1, Steps);
        string expected = Shards.Hash(inOrder);
        int count = All().Length;
        Gen.Select(Gen.Shuffle(Enumerable.Range(0, count).ToArray()), Gen.Int[0, count - 1].Array[0, 30], Gen.Int[0, count].Array[30]).Sample(
            (order, repeats, places) =>
            {
                List<int> arrivals = [.. order];
                for (int i = 0; i < repeats.Length; i++)
                    arrivals.Insert(places[i], repeats[i]);
                PushRows[] all = All();
                using ShardStore store = Shards.Store(Shards.Plans(Shards.Exact));
                foreach (int push in arrivals)
                {
                    // A worker that computes the slice again sends arrays of its own.
                    PushRows message = all[push] with { Gradients = [.. all[push].Gradients.Select(g => g with { Values = Shards.Rented(g.Values.Span) })] };
                    Assert.Contains(store.Push(message), r => r.Message is PushAcknowledged);
                }

                PushCounters counters = store.Counters;
                return Shards.Hash(store) == expected && store.AppliedStep == Steps && counters.Applied == count
                    && counters.Applied + counters.Duplicates == arrivals.Count && counters.Refused.Count == 0;
            },
            iter: 100, threads: 1);
    }

    [Fact]
    public void A_large_answer_comes_in_parts_of_bounded_size()
    {
        const int Rows = 500, Dimension = 1000;
        var spec = new TableSpec("embedding", "embedding", Rows, Dimension, new RowInit.Uniform(1), Dense: false);
        using ShardStore store = Shards.Store([new TablePlan(spec, new SgdSpec(), new GroupTimeline("embedding", new SgdSpec(), 100))]);
        RowsPulled[] parts = [.. Pull(store, PullOf(1, [.. Enumerable.Range(0, Rows)])).Select(r => (RowsPulled)r.Message)];
        Assert.Equal(Enumerable.Range(0, 2), parts.Select(p => p.Part)); // 2,000,000 bytes
        Assert.All(parts, p => Assert.Equal(2, p.Parts));
        Assert.All(parts, p => Assert.InRange(p.Values.Sum(v => v.Count) * Dimension * sizeof(float), 1, MessageBounds.RowBytes));
        int next = 0;
        var expected = new float[Dimension];
        foreach (RowValues values in parts.SelectMany(p => p.Values))
        {
            Assert.Equal(next, values.Start);
            for (int i = 0; i < values.Count; i++, next++)
            {
                store.Tables[0].Read(next, 0, expected);
                Assert.True(expected.AsSpan().SequenceEqual(values.Values.Span.Slice(i * Dimension, Dimension)));
            }
        }

        Assert.Equal(Rows, next);
    }

    [Fact]
    public void A_pull_that_may_be_answered_does_not_wait_behind_one_that_may_not()
    {
        using ShardStore store = Shards.Store(Shards.Plans(Shards.Exact));
        Assert.Empty(Pull(store, PullOf(2, AllRows)));
        Assert.Single(Pull(store, PullOf(1, AllRows))); // a lost worker's slice, given to this one
    }

    private static PushRows Block(params RowGradients[] gradients) => new("w", 3, 0, 0, 1, gradients);

    private static List<ShardReply> Pull(ShardStore store, PullRows pull)
    {
        var replies = new List<ShardReply>();
        store.Pull(pull, replies);
        return replies;
    }

    private static RefusalReason Refusal(List<ShardReply> replies) => Assert.IsType<PullRefused>(Assert.Single(replies).Message).Reason;

    private static byte[] Bits(RowsPulled rows) =>
        [.. rows.Values.SelectMany(v => MemoryMarshal.AsBytes(v.Values.Span).ToArray())];

    private PullRows PullOf(int step, int[] rows) => new(new PullId("puller", ++_sequence), step, [new RowIds(0, rows)]);

    private byte[] Read(ShardStore store, int step)
    {
        PullRows pull = PullOf(step, AllRows);
        return Bits((RowsPulled)Assert.Single(Pull(store, pull with { Tables = [.. pull.Tables, new RowIds(1, [0, 1, 2])] })).Message);
    }

    private byte[] ReadEmbedding(ShardStore store, int step) =>
        Bits((RowsPulled)Assert.Single(Pull(store, PullOf(step, AllRows))).Message);
}
