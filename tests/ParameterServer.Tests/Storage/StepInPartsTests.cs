using System.Buffers;
using CsCheck;
using DistEmbed.ParameterServer.Storage;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Rows;

namespace DistEmbed.ParameterServer.Tests.Storage;

/// <summary>Steps whose pushes and answers are several messages: of a table whose rows are so long that eight fill one.</summary>
public class StepInPartsTests
{
    private const int Rows = 24, Dimension = MessageBounds.RowBytes / sizeof(float) / 8;

    private static readonly TablePlan s_plan = new(
        new TableSpec("embedding", "embedding", Rows, Dimension, new RowInit.Uniform(1), Dense: false), Shards.Momentum, new GroupTimeline("embedding", Shards.Momentum, 100));

    [Fact]
    public void What_comes_of_a_step_is_applied_and_answered_as_far_as_every_slice_has_come()
    {
        using ShardStore store = Shards.Store([s_plan]);
        PushRows[][] slices = [Pushes(1, 0), Pushes(1, 1)];
        PullRows pull = PullOf("w", 1, 2), next = PullOf("w", 2, 2), other = PullOf("v", 1, 2);
        foreach (PullRows held in new[] { pull, next, other })
            Assert.Empty(Pull(store, held));
        Assert.Empty(Parts(store.Push(slices[0]))); // of the other slice nothing is known
        Assert.Equal([("v", 1, 0), ("w", 1, 0)], Parts(store.Push(slices[1][0])).Order());
        Assert.Empty(Parts(store.Push(slices[1][2]))); // not before what lies between
        Assert.Equal([("w", 1, 0)], Parts(Pull(store, pull))); // a repeat begins anew
        Assert.Equal((0, 3), (store.AppliedStep, store.Waiting.Count()));
        List<ShardReply> rest = store.Push(slices[1][1]);
        Assert.Equal([("v", 1, 1), ("v", 1, 2), ("w", 1, 1), ("w", 1, 2), ("w", 2, 0), ("w", 2, 1), ("w", 2, 2)], Parts(rest).Order());
        Assert.Equal((1, 0), (store.AppliedStep, store.Waiting.Count()));

        static IEnumerable<(string, long, int)> Parts(List<ShardReply> replies) =>
            replies.Select(r => r.Message).OfType<RowsPulled>().Select(p => (p.Id.Worker, p.Id.Sequence, p.Part));
    }

    [Fact]
    public void Blocks_whose_rows_go_backwards_are_refused()
    {
        using ShardStore store = Shards.Store([s_plan]);
        PushRows[] slice = Pushes(1, 0);
        Assert.IsType<PushAcknowledged>(Assert.Single(store.Push(slice[1])).Message);
        foreach ((int block, int rows) in new[] { (0, 1), (2, 1), (0, 2), (2, 0) })
        {
            var refused = Assert.IsType<PushRefused>(Assert.Single(store.Push(slice[block] with { Gradients = slice[rows].Gradients })).Message);
            Assert.Equal((RefusalReason.Malformed, block), (refused.Reason, refused.Block));
        }

        Assert.IsType<PushAcknowledged>(Assert.Single(store.Push(slice[0])).Message);
    }

    [Fact]
    public void Whatever_has_come_a_pull_is_answered_with_the_bits_that_its_step_reads()
    {
        const int Steps = 3;
        PushRows[] all = [.. from step in Enumerable.Range(1, Steps) from slice in Enumerable.Range(0, Shards.Slices) from push in Pushes(step, slice) select push];
        var read = new float[Steps + 2][];
        using (ShardStore inOrder = Shards.Store([s_plan]))
        {
            for (int step = 1; step < read.Length; step++)
            {
                read[step] = new float[Rows * Dimension];
                for (int row = 0; row < Rows; row++)
                    inOrder.Tables[0].Read(row, step - 1, read[step].AsSpan(row * Dimension, Dimension));
                inOrder.Push([.. all.Where(p => p.Step == step).Select(Copy)]);
            }
        }

        Gen.Select(Gen.Shuffle(Enumerable.Range(0, all.Length).ToArray()), Gen.Int[1, Steps + 1].Array[all.Length], Gen.Int[0, 1].Array[all.Length]).Sample(
            (order, steps, workers) =>
            {
                using ShardStore store = Shards.Store([s_plan]);
                var asked = new Dictionary<PullId, int>();
                var replies = new List<ShardReply>();
                for (int i = 0; i < order.Length; i++)
                {
                    PullRows pull = PullOf($"w{workers[i]}", i, steps[i]);
                    asked[pull.Id] = pull.Step;
                    store.Pull(pull, replies);
                    store.Push(Copy(all[order[i]]), replies);
                }

                foreach (IGrouping<PullId, RowsPulled> answer in replies.Select(r => r.Message).OfType<RowsPulled>().GroupBy(p => p.Id))
                {
                    Assert.Equal(Enumerable.Range(0, answer.First().Parts), answer.Select(p => p.Part));
                    foreach (RowValues run in answer.SelectMany(p => p.Values))
                    {
                        ReadOnlySpan<float> expected = read[asked[answer.Key]].AsSpan(run.Start * Dimension, run.Count * Dimension);
                        Assert.True(expected.SequenceEqual(run.Values.Span));
                        RowMemory.Return(run.Values);
                    }

                    Assert.True(asked.Remove(answer.Key));
                }

                Assert.Empty(asked);
            },
            iter: 20, threads: 1);
    }

    private static List<ShardReply> Pull(ShardStore store, PullRows pull)
    {
        var replies = new List<ShardReply>();
        store.Pull(pull, replies);
        return replies;
    }

    private static PullRows PullOf(string worker, long sequence, int step) => new(new PullId(worker, sequence), step, [new RowIds(0, [.. Enumerable.Range(0, Rows)])]);

    // Slice 0 touches even rows and slice 1 every third, and both the last of each block, so that they come equally far.
    private static PushRows[] Pushes(int step, int slice) =>
        [.. Enumerable.Range(0, 3).Select(block => new PushRows("w", step, slice, block, 3, [Gradients([.. Enumerable.Range(block * 8, 8).Where(row => row % (2 + slice) == 0 || row % 8 == 7)], step, slice)]))];

    private static PushRows Copy(PushRows push) => push with { Gradients = [.. push.Gradients.Select(g => g with { Values = Shards.Rented(g.Values.Span) })] };

    private static RowGradients Gradients(int[] rows, int step, int slice)
    {
        float[] values = ArrayPool<float>.Shared.Rent(rows.Length * Dimension);
        values.AsSpan().Fill(step + (0.3f * slice));
        return new RowGradients(0, rows, values);
    }
}
