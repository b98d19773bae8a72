using DistEmbed.ParameterServer.Storage;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Randomness;
using DistEmbed.Protocol.Rows;

namespace DistEmbed.ParameterServer.Tests.Storage;

public class UnchangedRowsTests
{
    private static readonly int[] All = [.. Enumerable.Range(0, Shards.Rows)];

    private long _sequence;

    public static TheoryData<OptimizerSpec, Consistency, int?> Runs
    {
        get
        {
            var runs = new TheoryData<OptimizerSpec, Consistency, int?>();
            foreach (OptimizerSpec optimizer in (OptimizerSpec[])[new SgdSpec(), Shards.Momentum, Shards.Exact])
            {
                runs.Add(optimizer, Consistency.Sync, null);
                runs.Add(optimizer, Consistency.Bounded, 2);
                runs.Add(optimizer, Consistency.Async, null);
            }

            return runs;
        }
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void What_is_not_sent_is_what_would_have_been_sent(OptimizerSpec optimizer, Consistency consistency, int? staleness)
    {
        for (int seed = 1; seed <= 20; seed++)
        {
            using ShardStore store = Shards.Store(Shards.Plans(optimizer, firstTunedStep: 4), consistency, staleness);
            var random = new CounterRandom((ulong)seed, RandomPurpose.Sampling);
            var kept = new Dictionary<int, (int Step, float[] Value)>();
            int unchanged = 0;
            var pushes = new List<PushRows>();
            for (int step = 1; step <= 20; step++)
            {
                // Pushes come late and out of order, as far as the consistency allows.
                pushes.AddRange(Enumerable.Range(0, Shards.Slices).SelectMany(slice => Shards.Pushes(step, slice)));
                while (pushes.Count > 0 && (store.AppliedStep < step - (staleness ?? 0) || random.NextInt(3) > 0))
                {
                    if (consistency == Consistency.Async && random.NextInt(4) == 0)
                        break;
                    int pick = random.NextInt(pushes.Count);
                    store.Push(pushes[pick]);
                    pushes.RemoveAt(pick);
                }

                int asked = step + 1; // what the next step reads
                int[] rows = [.. All.Where(_ => random.NextInt(2) == 0)];
                float[][] expected = Read(store, asked, rows, null, out _);
                float[][] values = Read(store, asked, rows, [.. rows.Select(row => kept.GetValueOrDefault(row).Step)], out int same, kept);
                unchanged += same;
                for (int i = 0; i < rows.Length; i++)
                {
                    Assert.True(expected[i].AsSpan().SequenceEqual(values[i]), $"seed {seed}, step {asked}, row {rows[i]}");
                    if (random.NextInt(2) == 0)
                        kept[rows[i]] = (asked, values[i]);
                }
            }

            Assert.True(optimizer == Shards.Exact ? unchanged == 0 : unchanged > 0, $"seed {seed}: {unchanged}");
        }
    }

    [Fact]
    public void A_row_is_unchanged_until_a_step_from_the_known_one_on_touches_it()
    {
        using ShardStore store = Shards.Store(Shards.Plans(Shards.Momentum));
        store.Apply(1, 6);
        int[] last = [.. All.Select(store.Tables[0].LastChange)];
        Assert.Contains(5, last);
        Assert.Contains(6, last);
        for (int known = 1; known <= 7; known++)
        {
            RowValues answer = Answer(store, 7, All, [.. All.Select(_ => known)]);
            Assert.All(All, row => Assert.Equal(last[row] < known, answer.IsUnchanged(row)));
        }
    }

    [Fact]
    public void What_an_applied_step_read_is_always_sent()
    {
        using ShardStore store = Shards.Store(Shards.Plans(Shards.Momentum));
        store.Apply(1, 3);
        Assert.Null(Answer(store, 3, All, [.. All.Select(_ => 3)]).Unchanged);
        Assert.Null(Answer(store, 4, All, [.. All.Select(_ => 5)]).Unchanged); // nobody can know the value of a step to come
    }

    [Fact]
    public void Rows_that_are_read_from_another_table_are_unchanged_until_they_are_written()
    {
        TablePlan source = Shards.Plans(new SgdSpec())[0] with { Timeline = new GroupTimeline("embedding", new SgdSpec(), 100, GroupTimeline.Never) };
        TablePlan copy = Shards.Plans(new SgdSpec())[0] with { Spec = source.Spec with { Name = "tuned", Init = new RowInit.CopyOf("embedding") } };
        using ShardStore store = Shards.Store([source, copy]);
        store.Assign(new AssignRows(0, [5, 6], new float[2 * Shards.Dimension]));
        for (int slice = 0; slice < Shards.Slices; slice++)
            store.Push(new PushRows("w", 1, slice, 0, 1, slice > 0 ? [] : [new RowGradients(1, [6], Shards.Rented(1, 1, 1, 1, 1))]));
        RowValues answer = Answer(store, 2, [5, 6, 7], [1, 1, 1], table: 1);
        Assert.Equal([true, false, true], Enumerable.Range(0, 3).Select(answer.IsUnchanged));
    }

    [Fact]
    public void Known_steps_that_do_not_fit_the_rows_are_refused()
    {
        using ShardStore store = Shards.Store(Shards.Plans(Shards.Momentum));
        var replies = new List<ShardReply>();
        store.Pull(new PullRows(new PullId("w", 1), 1, [new RowIds(0, [1, 2]) { Known = [1] }]), replies);
        Assert.Equal(RefusalReason.Malformed, Assert.IsType<PullRefused>(Assert.Single(replies).Message).Reason);
    }

    [Fact]
    public void Half_rows_are_rounded_when_they_are_read_and_stay_as_they_are()
    {
        using ShardStore store = Shards.Store(Shards.Plans(Shards.Momentum));
        store.Apply(1, 3);
        string before = Shards.Hash(store);
        var replies = new List<ShardReply>();
        store.Pull(new PullRows(new PullId("w", 1), 4, [new RowIds(0, All)]) { Format = RowFormat.Half }, replies);
        var answer = Assert.IsType<RowsPulled>(Assert.Single(replies).Message);
        Assert.Equal(RowFormat.Half, answer.Format);
        float[] full = [.. Read(store, 4, All, null, out _).SelectMany(v => v)], half = [.. full];
        BFloat16.Round(half);
        Assert.NotEqual(full, half);
        Assert.Equal(half, answer.Values[0].Values.ToArray());
        Assert.Equal(before, Shards.Hash(store));
    }

    private RowValues Answer(ShardStore store, int step, int[] rows, int[]? known, int table = 0)
    {
        var replies = new List<ShardReply>();
        store.Pull(new PullRows(new PullId("w", ++_sequence), step, [new RowIds(table, rows) { Known = known }]), replies);
        return Assert.Single(Assert.IsType<RowsPulled>(Assert.Single(replies).Message).Values);
    }

    private float[][] Read(
        ShardStore store, int step, int[] rows, int[]? known, out int unchanged, Dictionary<int, (int Step, float[] Value)>? kept = null)
    {
        unchanged = 0;
        var read = new float[rows.Length][];
        if (rows.Length == 0)
            return read;
        RowValues answer = Answer(store, step, rows, known);
        int sent = 0;
        for (int i = 0; i < rows.Length; i++)
        {
            read[i] = answer.IsUnchanged(i) ? kept![rows[i]].Value : answer.Values.Slice(sent * Shards.Dimension, Shards.Dimension).ToArray();
            sent += answer.IsUnchanged(i) ? 0 : 1;
            unchanged += answer.IsUnchanged(i) ? 1 : 0;
        }

        return read;
    }
}
