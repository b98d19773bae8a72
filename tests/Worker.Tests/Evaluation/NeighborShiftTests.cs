using CsCheck;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Worker.Evaluation;

namespace DistEmbed.Worker.Tests.Evaluation;

public class NeighborShiftTests
{
    [Fact]
    public void Lists_and_overlap_are_as_by_hand()
    {
        WordVocabulary vocabulary = WordVocabulary.FromCounts(new Dictionary<string, long> { ["bad"] = 4, ["good"] = 3, ["terrible"] = 2, ["film"] = 1 });
        float[][] before = [[0, 0], [0, 0], [1, 0], [1, 0.1f], [0.5f, 1], [0, 1]], after = [[0, 0], [0, 0], [0, 1], [1, 0.1f], [0.5f, 1], [-1, 1]];
        NeighborShifts shifts = NeighborShifts.Of(vocabulary, 2, Scan(before), Scan(after), [2, 3], 2);
        NeighborShift bad = shifts.Words[0], good = shifts.Words[1];
        Assert.Equal(("bad", 0.0, 1, 1 / 3.0), (bad.Word, bad.Cosine, bad.Shared, bad.Jaccard));
        Assert.Equal(["good", "terrible"], bad.Before.Select(n => n.Word));
        Assert.Equal(["terrible", "film"], bad.After.Select(n => n.Word));
        Assert.Equal(0.5 / Math.Sqrt(1.25), bad.Before[1].Cosine, 1e-6);
        Assert.Equal(("good", 1.0), (good.Word, good.Cosine));
        Assert.Equal((good.Shared + 1) / 2.0, shifts.MeanShared);
        Assert.Equal((good.Jaccard + 1 / 3.0) / 2, shifts.MeanJaccard);
        PairShift pair = Assert.Single(shifts.Pairs);
        Assert.Equal(("bad", "good"), (pair.Word, pair.Other));
        Assert.Equal((1 / Math.Sqrt(1.01), 0.1 / Math.Sqrt(1.01)), (pair.Before!.Value, pair.After!.Value), (a, b) => Math.Abs(a.Item1 - b.Item1) + Math.Abs(a.Item2 - b.Item2) < 1e-6);
    }

    [Fact]
    public void Nothing_that_moves_leaves_every_neighbour_and_nearest_words_are_those_of_a_table_in_memory() =>
        Gen.Select(Gen.Int[2, 30], Gen.Int[1, 12], Gen.Int[1, 40], Gen.Int[0, 1 << 20]).Sample((words, dimension, count, seed) =>
        {
            var random = new Random(seed);
            float[][] rows = [.. Enumerable.Range(0, words + 2).Select(_ => Enumerable.Range(0, dimension).Select(_ => (float)random.Next(-3, 4)).ToArray())]; // ties are frequent
            var vocabulary = new WordVocabulary([.. Enumerable.Range(0, words).Select(i => $"w{i}")], new long[words]);
            int[] probes = [.. Enumerable.Range(2, words).Where(_ => random.Next(2) == 0)], backwards = [.. Enumerable.Range(0, words + 2).Reverse()];
            NeighborShifts shifts = NeighborShifts.Of(vocabulary, dimension, Scan(rows), visitor =>
            {
                foreach (int row in backwards)
                    visitor(row, rows[row]);
            }, probes, count);
            var memory = new WordVectors(vocabulary, dimension, [.. rows.SelectMany(row => row)]);
            for (int i = 0; i < probes.Length; i++)
            {
                Assert.Equal((1.0, 1.0, Math.Min(count, words - 1)), (shifts.Words[i].Cosine, shifts.Words[i].Jaccard, shifts.Words[i].Shared));
                Assert.Equal(memory.Nearest(probes[i], count), shifts.Words[i].Before);
                Assert.Equal(shifts.Words[i].Before, shifts.Words[i].After);
            }

            Assert.Equal(probes.Length == 0 ? null : 1.0, shifts.MeanJaccard);
            Assert.Equal(probes.Length > NeighborShifts.MostPaired ? 0 : probes.Length * (probes.Length - 1) / 2, shifts.Pairs.Count);
            Assert.All(shifts.Pairs, pair => Assert.Equal(pair.Before, pair.After));
        });

    [Fact]
    public void A_row_that_the_table_lacks_is_an_error()
    {
        var vocabulary = new WordVocabulary(["a", "b"], [2, 1]);
        Assert.Throws<ArgumentException>(() => NeighborShifts.Of(vocabulary, 1, Scan([[1], [1], [1]]), Scan([[1], [1], [1]]), [3], 1));
    }

    private static WordRowScan Scan(float[][] rows) => visitor =>
    {
        for (int row = 0; row < rows.Length; row++)
            visitor(row, rows[row]);
    };
}
