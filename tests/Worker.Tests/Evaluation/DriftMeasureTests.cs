using CsCheck;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Worker.Evaluation;

namespace DistEmbed.Worker.Tests.Evaluation;

public class DriftMeasureTests
{
    /// <summary>Two numbers a row: unmoved, turned by a right angle, doubled, and a word without a vector that started at zero.</summary>
    private static readonly float[][] s_start = [[0, 0], [0, 0], [3, 4], [1, 0], [0, 2], [0, 0]];
    private static readonly float[][] s_now = [[0, 0], [9, 9], [3, 4], [0, 1], [0, 4], [3, 4]];

    [Fact]
    public void A_small_table_is_measured_as_by_hand()
    {
        DriftReport report = Measure(Vocabulary(4), s_start, s_now, row => row != 5).Report("embedding", 10);
        Assert.Equal(["all", "pretrained", "no vector", "rank 1-100"], report.Classes.Select(c => c.Name));
        DriftClass all = report.Whole(), pretrained = report.Classes[1], other = report.Classes[2];
        Assert.Equal((4, 3, 0.75), (all.Rows, all.Moved, all.MovedShare));
        Assert.Equal((3, 2), (pretrained.Rows, pretrained.Moved));
        Assert.Equal((1 + 0 + 1) / 3.0, pretrained.Cosine.Mean);
        Assert.Equal((0 + Math.Sqrt(2) + 2) / 3, pretrained.Distance.Mean!.Value, 15);
        Assert.Equal((1 + 1 + 2) / 3.0, pretrained.NormGrowth.Mean);
        // What started at zero has a distance, and neither a direction nor a growth.
        Assert.Equal((1, null, 5.0), (other.Cosine.Undefined, other.Cosine.Mean, other.Distance.Mean));
        Assert.Equal(1, other.NormGrowth.Undefined);
        Assert.Equal(1, all.Cosine.Undefined);
        // Edges 0, 0.5, ...: the right angle is at 0, in the bin that begins there; unmoved and doubled ones are in the last.
        Assert.Equal(1, pretrained.Cosine.Counts[1]);
        Assert.Equal(2, pretrained.Cosine.Counts[^1]);
        Assert.Equal([new DriftedWord("w3", 1, false, true, null, 5, null), new DriftedWord("w2", 2, true, true, 1, 2, 2), new DriftedWord("w1", 3, true, true, 0, Math.Sqrt(2), 1)], report.MostMoved);
    }

    [Fact]
    public void Words_are_put_into_bands_of_rank()
    {
        float[][] start = [.. Enumerable.Range(0, 1103).Select(_ => new float[] { 1 })];
        float[][] now = [.. start.Select((_, row) => new float[] { row > 2 + 100 ? 2 : 1 })];
        DriftReport report = Measure(Vocabulary(1101), start, now, _ => true).Report("embedding", 3);
        Assert.Equal(
            [("all", 1101, 1000), ("pretrained", 1101, 1000), ("rank 1-100", 100, 0), ("rank 101-1000", 900, 899), ("rank 1001-10000", 101, 101)],
            report.Classes.Select(c => (c.Name, (int)c.Rows, (int)c.Moved)));
        Assert.Equal(["w101", "w102", "w103"], report.MostMoved.Select(w => w.Word)); // equally far: the more frequent first
    }

    [Fact]
    public void What_has_not_moved_has_cosine_one_distance_zero_and_share_zero() =>
        Gen.Select(Gen.Int[1, 60], Gen.Float.Array[1, 20]).Sample((words, row) =>
        {
            float[][] rows = [.. Enumerable.Range(0, words + 2).Select(_ => row)];
            DriftReport report = Measure(Vocabulary(words), rows, rows, r => r % 2 == 0).Report("t", 5);
            Assert.Empty(report.MostMoved);
            Assert.All(report.Classes, c => Assert.Equal((0, 1.0, 0.0, 1.0, 0), (c.MovedShare, c.Cosine.Mean, c.Distance.Mean, c.NormGrowth.Mean, c.Cosine.Undefined)));
        });

    [Fact]
    public void Turning_and_scaling_are_found_again() =>
        Gen.Select(Gen.Double[-3.1, 3.1], Gen.Double[0.1, 5], Gen.Float[0.1f, 3f], Gen.Float[-3f, 3f]).Sample((angle, scale, x, y) =>
        {
            float[] now = [(float)(scale * (x * Math.Cos(angle) - y * Math.Sin(angle))), (float)(scale * (x * Math.Sin(angle) + y * Math.Cos(angle)))];
            var change = RowChange.Of([x, y], now);
            if (!change.Moved)
                return;
            double norm = Math.Sqrt((double)x * x + (double)y * y);
            Assert.Equal(Math.Cos(angle), change.Cosine, 1e-5);
            Assert.Equal(scale, change.NormGrowth, 1e-5);
            Assert.Equal(norm * Math.Sqrt(1 + scale * scale - 2 * scale * Math.Cos(angle)), change.Distance, 1e-5);
        });

    [Fact]
    public void A_bit_that_differs_is_a_move_even_where_numbers_are_equal()
    {
        Assert.True(RowChange.Of([0f, 1f], [-0f, 1f]).Moved);
        Assert.False(RowChange.Of([float.NaN], [float.NaN]).Moved);
        Assert.Equal(new RowChange(true, double.NaN, double.NaN, double.NaN), RowChange.Of([1f], [float.NaN]));
    }

    [Fact]
    public void The_order_of_rows_changes_no_bit() =>
        Gen.Select(Gen.Int[2, 40], Gen.Int[0, 1 << 20]).Sample((words, seed) =>
        {
            var random = new Random(seed);
            float[][] start = Rows(words, random), now = [.. Rows(words, random).Select((row, i) => i % 3 == 0 ? start[i] : row)];
            WordVocabulary vocabulary = Vocabulary(words);
            int[] order = [.. Enumerable.Range(0, words + 2)];
            string expected = Text(order);
            random.Shuffle(order);
            Assert.Equal(expected, Text(order));
            Assert.Equal(expected, Text([.. order.Where(row => row % 3 != 0)])); // a row that never comes has not moved

            string Text(int[] rows)
            {
                var measure = new DriftMeasure(vocabulary, 5, (row, values) => start[row].CopyTo(values), row => row % 2 == 0) { Classes = [("rows odd", row => row % 2 == 1), ("rows none", row => false)] };
                foreach (int row in rows)
                    measure.Add(row, now[row]);
                DriftReport report = measure.Report("t", 7);
                if (words > 1)
                    Assert.Equal(("rows odd", report.Classes.Single(c => c.Name == DriftClass.NoVector).Moved), (report.Classes[^1].Name, report.Classes[^1].Moved));
                return System.Text.Json.JsonSerializer.Serialize(measure.Report("t", 7)) + string.Join(',', measure.MostTurned(4, 20));
            }
        });

    [Fact]
    public void Words_that_turned_most_are_chosen_among_frequent_ones_that_had_a_vector()
    {
        // w0 is scaled only, w1 turned a little, w2 a lot but without a vector, w3 a lot, w4 most but it is rare, w5 not at all.
        float[][] start = [.. Enumerable.Range(0, 8).Select(_ => new float[] { 1, 0 })];
        float[][] now = [[1, 0], [1, 0], [2, 0], [1, 0.1f], [0, 1], [1, 1], [-1, 0], [1, 0]];
        DriftMeasure measure = Measure(Vocabulary(6), start, now, row => row != 4);
        Assert.Equal([5, 3, 2], measure.MostTurned(5, among: 4));
        Assert.Equal([6, 5], measure.MostTurned(2, among: 100));
    }

    private static DriftMeasure Measure(WordVocabulary vocabulary, float[][] start, float[][] now, Func<int, bool> hasVector) =>
        DriftMeasure.Of(vocabulary, start[0].Length, (row, values) => start[row].CopyTo(values), hasVector, visitor =>
        {
            for (int row = 0; row < now.Length; row++)
                visitor(row, now[row]);
        });

    private static float[][] Rows(int words, Random random) => [.. Enumerable.Range(0, words + 2).Select(_ => Enumerable.Range(0, 5).Select(_ => random.NextSingle() - 0.5f).ToArray())];

    private static WordVocabulary Vocabulary(int words) => new([.. Enumerable.Range(0, words).Select(i => $"w{i}")], [.. Enumerable.Range(0, words).Select(i => (long)words - i)]);
}
