using CsCheck;
using DistEmbed.Worker.Corpus;

namespace DistEmbed.Worker.Tests.Corpus;

public class BatchPlanTests
{
    private static readonly Gen<(int[] Lengths, int Batch, int Slices, ulong Seed)> Cases =
        Gen.Select(Gen.Int[0, 12].Array[1, 60], Gen.Int[1, 40], Gen.Int[1, 6], Gen.ULong, (lengths, batch, slices, seed) => (lengths, batch, slices, seed));

    [Fact]
    public void Every_sentence_is_seen_once_an_epoch_in_slices_that_partition_the_step()
        => Cases.Sample(c => AssertPartition(new WordBatchPlan(Data(c.Lengths), c.Batch, c.Slices, c.Seed), c.Lengths.Length));

    [Fact]
    public void Every_example_is_seen_once_an_epoch_in_slices_that_partition_the_step()
        => Cases.Sample(c => AssertPartition(new ExampleBatchPlan(c.Lengths.Length, c.Batch, c.Slices, c.Seed), c.Lengths.Length));

    [Fact]
    public void Steps_have_the_words_asked_for_and_slices_nearly_the_same_number()
        => Cases.Sample(c =>
        {
            var plan = new WordBatchPlan(Data(c.Lengths), c.Batch, c.Slices, c.Seed);
            int longest = c.Lengths.Max(), smaller = 0;
            for (int step = 1; step <= plan.StepsPerEpoch; step++)
            {
                var tokens = Enumerable.Range(0, c.Slices).Select(s => plan.Examples(step, s).ToArray().Sum(e => c.Lengths[e])).ToArray();
                if (tokens.Sum() < c.Batch)
                    smaller++;
                Assert.InRange(tokens.Sum(), 0, Math.Max(0, c.Batch + longest - 1));
                Assert.All(tokens, t => Assert.Equal(tokens.Sum() / (double)c.Slices, t, longest + 1.0));
            }
            Assert.InRange(smaller, 0, 1);
        });

    [Fact]
    public void Sentences_without_words_at_the_end_make_no_step_of_their_own()
    {
        int[] lengths = [1, 0, 1, 0, 1, 0, 1, 0, 1, 0];
        for (ulong seed = 0; seed < 20; seed++) // in half of the orders the last sentence has no word
        {
            var plan = new WordBatchPlan(Data(lengths), batchWords: 1, slices: 1, seed);
            int[] words = [.. Enumerable.Range(1, plan.StepsPerEpoch).Select(step => plan.Examples(step, 0).ToArray().Sum(example => lengths[example]))];
            Assert.Equal([1, 1, 1, 1, 1], words);
        }
    }

    [Fact]
    public void Batches_are_full_but_for_the_last_and_slices_differ_by_one_at_most()
        => Cases.Sample(c =>
        {
            var plan = new ExampleBatchPlan(c.Lengths.Length, c.Batch, c.Slices, c.Seed);
            for (int step = 1; step <= 2 * plan.StepsPerEpoch; step++)
            {
                bool last = step % plan.StepsPerEpoch == 0;
                Assert.Equal(last ? c.Lengths.Length - (plan.StepsPerEpoch - 1) * c.Batch : c.Batch, plan.BatchSize(step));
                var sizes = Enumerable.Range(0, c.Slices).Select(s => plan.Examples(step, s).Length).ToArray();
                Assert.InRange(sizes.Max() - sizes.Min(), 0, 1);
            }
        });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Any_order_of_calls_from_any_thread_gives_the_same_plan(bool words)
    {
        const int examples = 300, slices = 3, epochs = 5;
        var data = Data([.. Enumerable.Range(0, examples).Select(i => i % 7)]);
        IBatchPlan Create() => words ? new WordBatchPlan(data, 20, slices, 9) : new ExampleBatchPlan(examples, 7, slices, 9);
        var first = Create();
        int steps = epochs * first.StepsPerEpoch;
        var expected = Enumerable.Range(0, steps * slices).Select(i => first.Examples(i / slices + 1, i % slices).ToArray()).ToArray();
        var plan = Create();
        var actual = new int[steps * slices][];
        Parallel.For(0, actual.Length, new ParallelOptions { MaxDegreeOfParallelism = 8 }, n =>
        {
            // A stride without a common divisor visits all of them, jumping between epochs.
            int i = (int)(n * 7919L % actual.Length);
            actual[i] = plan.Examples(i / slices + 1, i % slices).ToArray();
        });
        Assert.Equal(expected, actual);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Epochs_and_seeds_have_orders_of_their_own(bool words)
    {
        var data = Data([.. Enumerable.Repeat(3, 200)]);
        IBatchPlan Create(ulong seed) => words ? new WordBatchPlan(data, 12, 1, seed) : new ExampleBatchPlan(200, 4, 1, seed);
        var plan = Create(1);
        int[] Epoch(IBatchPlan p, int epoch)
            => [.. Enumerable.Range(1, p.StepsPerEpoch).SelectMany(s => p.Examples(epoch * p.StepsPerEpoch + s, 0).ToArray())];
        Assert.NotEqual(Epoch(plan, 0), Epoch(plan, 1));
        Assert.NotEqual(Epoch(plan, 1), Epoch(plan, 2));
        Assert.NotEqual(Epoch(plan, 0), Epoch(Create(2), 0));
        Assert.NotEqual(Enumerable.Range(0, 200), Epoch(plan, 0));
    }

    private static void AssertPartition(IBatchPlan plan, int examples)
    {
        for (int epoch = 0; epoch < 3; epoch++)
        {
            var seen = new List<int>();
            for (int step = epoch * plan.StepsPerEpoch + 1; step <= (epoch + 1) * plan.StepsPerEpoch; step++)
            {
                int before = seen.Count;
                for (int slice = 0; slice < plan.Slices; slice++)
                    seen.AddRange(plan.Examples(step, slice).ToArray());
                Assert.Equal(plan.BatchSize(step), seen.Count - before);
                Assert.NotEqual(0, plan.BatchSize(step));
            }
            Assert.Equal(Enumerable.Range(0, examples), seen.Order());
        }
    }

    private static ExampleSet Data(int[] lengths)
    {
        var starts = new int[lengths.Length + 1];
        for (int i = 0; i < lengths.Length; i++)
            starts[i + 1] = starts[i] + lengths[i];
        return new ExampleSet(starts, new int[starts[^1]], new int[lengths.Length]);
    }
}
