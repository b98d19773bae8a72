using CsCheck;
using DistEmbed.Worker.Evaluation;
using MathNet.Numerics;

namespace DistEmbed.Worker.Tests.Evaluation;

public class UntouchedMoveTests
{
    private static readonly Gen<(float[][] First, float[][] Now)> s_tables = Gen.Select(Gen.Int[1, 4], Gen.Int[1, 12]).SelectMany((dimension, rows) =>
        Gen.Select(Gen.Float[-2f, 2f].Array[dimension].Array[rows], Gen.Float[-2f, 2f].Array[dimension].Array[rows]));

    [Fact]
    public void A_map_of_one_dimension_is_that_of_the_formula()
    {
        // Around the means 1 and 2: the sum of squares is 2 and so is that of products, so that a ridge of 1 halves the slope of 1.
        MovedVectors moved = Moved([[0], [2]], [[1], [5]]);
        Assert.Equal([6.0, 4.0, 2.0], DisplacementMap.Fit(moved, [1e-300, 1, 1e300]).Select(map => Applied(map.Apply, [5])[0]));
    }

    [Fact]
    public void A_linear_map_is_found_again()
    {
        var random = new Random(5);
        double[][] weights = Numbers(6, 6, random);
        float[][] first = Floats(Numbers(80, 6, random)), now = [.. first.Select(x => Mapped(x))];
        DisplacementMap map = DisplacementMap.Fit(Moved(first, now), [1e-12])[0];
        foreach (float[] other in Floats(Numbers(20, 6, random)))
            Assert.All(Mapped(other).Zip(other).Zip(Applied(map.Apply, other)), p => Assert.Equal((double)p.First.First - p.First.Second, p.Second, 1e-5));

        float[] Mapped(float[] x) => [.. x.Select((value, j) => (float)(value + 0.25 * j + Enumerable.Range(0, 6).Sum(i => x[i] * weights[i][j])))];
    }

    [Fact]
    public void No_map_nearby_has_a_lower_sum() =>
        Gen.Select(s_tables, Gen.Double[0.01, 10], Gen.Double[-0.1, 0.1].Array[20]).Sample((tables, ridge, away) =>
        {
            (float[][] first, float[][] now) = tables;
            int d = first[0].Length;
            MovedVectors moved = Moved(first, now);
            RowDisplacement apply = DisplacementMap.Fit(moved, [ridge])[0].Apply;
            double[] b = Applied(apply, new float[d]);
            double[][] w = [.. Enumerable.Range(0, d).Select(i => Applied(apply, [.. Enumerable.Range(0, d).Select(j => j == i ? 1f : 0f)]).Zip(b, (a, c) => a - c).ToArray())];
            double[] means = [.. Enumerable.Range(0, d).Select(j => first.Average(x => (double)x[j]))];
            double lambda = ridge * Enumerable.Range(0, d).Average(j => first.Sum(x => (x[j] - means[j]) * (x[j] - means[j])));
            double[][] otherWeights = [.. w.Select((row, i) => row.Select((value, j) => value + away[i * d + j]).ToArray())];
            double[] otherConstant = [.. b.Select((value, j) => value + away[16 + j])];
            double least = Sum(w, b);
            Assert.All([Sum(otherWeights, b), Sum(w, otherConstant), Sum(otherWeights, otherConstant)], sum => Assert.InRange(least, 0, sum + 1e-9 * (1 + least)));

            double Sum(double[][] weights, double[] constant) => lambda * weights.Sum(row => row.Sum(x => x * x)) + first.Zip(now).Sum(pair => Enumerable.Range(0, d).Sum(j =>
            {
                double error = (double)pair.Second[j] - pair.First[j] - constant[j] - Enumerable.Range(0, d).Sum(i => pair.First[i] * weights[i][j]);
                return error * error;
            }));
        });

    [Fact]
    public void Rows_that_are_all_alike_and_a_single_one_move_all_others_by_the_same()
    {
        Assert.Equal([2.0, 1.0], Applied(DisplacementMap.Fit(Moved([[1, 2], [1, 2]], [[2, 2], [4, 4]]), [0.5])[0].Apply, [7, -7]));
        float[] third = [0.1f, 0.7f];
        AssertClose([1.9, 0.3], Applied(DisplacementMap.Fit(Moved([third, third, third], [[0, 1], [1, 1], [5, 1]]), [0.5])[0].Apply, [3, 4]));
        Assert.Equal([0.5], Applied(DisplacementMap.Fit(Moved([[1]], [[1.5f]]), [0.5])[0].Apply, [9]));
        Assert.Throws<ArgumentException>(() => DisplacementMap.Fit(Moved([], []), [1]));
        Assert.Throws<ArgumentException>(() => DisplacementMap.Fit(Moved([[1]], [[2]]), [0]));
    }

    [Fact]
    public void The_number_of_threads_changes_no_bit_of_a_map()
    {
        var random = new Random(9);
        MovedVectors moved = Moved(Floats(Numbers(300, 150, random)), Floats(Numbers(300, 150, random)));
        float[] other = Floats(Numbers(1, 150, random))[0];
        int threads = Control.MaxDegreeOfParallelism;
        try
        {
            double[][] answers = [.. new[] { 1, 2, 7 }.Select(count =>
            {
                Control.MaxDegreeOfParallelism = count;
                return Applied(DisplacementMap.Fit(moved, [0.1])[0].Apply, other);
            })];
            Assert.Equal(answers[0], answers[1]);
            Assert.Equal(answers[0], answers[2]);
        }
        finally
        {
            Control.MaxDegreeOfParallelism = threads;
        }
    }

    [Fact]
    public void Neighbours_take_a_row_along_as_by_hand()
    {
        // At 0, 45, 90 and 180 degrees; the last two never count.
        MovedVectors moved = Moved([[1, 0], [3, 3], [0, 1], [-1, 0]], [[1, 1], [5, 3], [9, 9], [9, 9]]);
        double half = (float)Math.Sqrt(0.5);
        AssertClose([2 * half / (1 + half), 1 / (1 + half)], Applied(new NeighborDisplacement(moved, 2).Apply, [2, 0]));
        AssertClose([2 * half / (1 + half), 1 / (1 + half)], Applied(new NeighborDisplacement(moved, 9).Apply, [2, 0]));
        AssertClose([0, 1], Applied(new NeighborDisplacement(moved, 1).Apply, [2, 0]));
        Assert.Equal([0.0, 0.0], Applied(new NeighborDisplacement(moved, 9).Apply, [0, 0]));
        Assert.Equal([0.0, 0.0], Applied(new NeighborDisplacement(Moved([[1, 0]], [[2, 2]]), 9).Apply, [-1, 0]));
        // Of equally near ones the more frequent, which has the lower row.
        AssertClose([0, 4], Applied(new NeighborDisplacement(Moved([[1, 0], [1, 0], [2, 0]], [[1, 4], [9, 9], [9, 9]]), 1).Apply, [2, 0]));
    }

    [Fact]
    public void Neighbours_are_those_of_sorting_all_rows() =>
        Gen.Select(s_tables, Gen.Int[1, 6], Gen.Float[-2f, 2f].Array[4]).Sample((tables, count, probe) =>
        {
            (float[][] first, float[][] now) = tables;
            float[] row = probe[..first[0].Length];
            (double Cosine, double[] Way)[] nearest =
            [
                .. first.Zip(now, (a, b) => (Cosine: Cosine(row, a), Way: b.Zip(a, (y, x) => (double)y - x).ToArray())).Where(n => n.Cosine > 0).OrderByDescending(n => n.Cosine).Take(count),
            ];
            double[] expected = [.. row.Select((_, j) => nearest.Length == 0 ? 0 : nearest.Sum(n => n.Cosine * n.Way[j]) / nearest.Sum(n => n.Cosine))];
            AssertClose(expected, Applied(new NeighborDisplacement(Moved(first, now), count).Apply, row));
        });

    [Fact]
    public void Only_untouched_rows_with_a_vector_move_and_by_their_share() =>
        Gen.Select(s_tables, Gen.Int[0, 2].Array[12], Gen.Double[0, 2]).Sample((tables, kinds, strength) =>
        {
            // Kind 0 moved, 1 untouched with a vector, 2 untouched without; of those that moved the even rows had a vector.
            float[][] first = [[], [], .. tables.First];
            int Kind(int row) => kinds[row - 2];
            bool HasVector(int row) => Kind(row) == 1 || (Kind(row) == 0 && row % 2 == 0);
            int d = tables.First[0].Length;
            float[][] now = [[], [], .. tables.First.Select((x, i) => kinds[i] == 0 ? [.. x.Select(v => v + 1)] : x)];
            void Read(int row, Span<float> values) => first[row].CopyTo(values);
            void Scan(WordRowVisitor visitor)
            {
                for (int row = now.Length - 1; row >= 2; row--)
                    visitor(row, now[row]);
            }

            var states = WordRowStates.Of(now.Length, d, Read, row => row >= 2 && HasVector(row), Scan);
            var moved = MovedVectors.Of(d, states, HasVector, Read, Scan);
            int[] learned = [.. Enumerable.Range(2, now.Length - 2).Where(row => Kind(row) == 0 && row % 2 == 0)];
            Assert.Equal(learned.Select(row => first[row]), Enumerable.Range(0, moved.Count).Select(i => moved.First(i).ToArray()));

            IReadOnlyDictionary<int, ReadOnlyMemory<float>> at = UntouchedMove.Of(d, states, Read, (x, way) =>
            {
                for (int j = 0; j < d; j++)
                    way[j] = 3.0 * x[j] + j;
            }).At(strength);
            Assert.Equal(Enumerable.Range(2, now.Length - 2).Where(row => Kind(row) == 1), at.Keys.Order());
            Assert.All(at, r => Assert.Equal(first[r.Key].Select((x, j) => (float)(x + strength * (3.0 * x + j))), r.Value.ToArray()));
        });

    [Fact]
    public void A_row_that_is_no_longer_finite_teaches_nothing()
    {
        MovedVectors moved = Moved([[1], [2], [3], [4]], [[5], [float.NaN], [float.PositiveInfinity], [6]]);
        Assert.Equal(2, moved.Count);
        Assert.Equal([1f, 4f], new[] { moved.First(0)[0], moved.First(1)[0] });
        Assert.Equal([4.0, 2.0], Enumerable.Range(0, 2).Select(i => { double[] way = new double[1]; moved.Displacement(i, way); return way[0]; }));
    }

    private static MovedVectors Moved(float[][] first, float[][] now)
    {
        int d = first.Length == 0 ? 1 : first[0].Length;
        void Read(int row, Span<float> values) => first[row - 2].CopyTo(values);
        // Told as far off, so that rows count as moved that by chance are not.
        var states = WordRowStates.Of(first.Length + 2, d, Read, _ => true, visitor => { for (int i = 0; i < now.Length; i++) visitor(i + 2, [.. now[i].Select(_ => 1e9f)]); });
        return MovedVectors.Of(d, states, _ => true, Read, visitor => { for (int i = 0; i < now.Length; i++) visitor(i + 2, now[i]); });
    }

    private static double[] Applied(RowDisplacement displacement, float[] first)
    {
        double[] answer = new double[first.Length];
        displacement(first, answer);
        return answer;
    }

    private static double Cosine(float[] a, float[] b)
    {
        float norms = Norm(a) * Norm(b);
        return norms == 0 ? 0 : a.Zip(b, (x, y) => x * y).Aggregate(0f, (sum, x) => sum + x) / norms; // LINQ adds floats up as doubles

        static float Norm(float[] x) => MathF.Sqrt(x.Aggregate(0f, (sum, v) => sum + v * v));
    }

    private static void AssertClose(double[] expected, double[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-4));
    }

    private static double[][] Numbers(int rows, int dimension, Random random) => [.. Enumerable.Range(0, rows).Select(_ => Enumerable.Range(0, dimension).Select(_ => random.NextDouble() - 0.5).ToArray())];

    private static float[][] Floats(double[][] numbers) => [.. numbers.Select(row => row.Select(x => (float)x).ToArray())];
}
