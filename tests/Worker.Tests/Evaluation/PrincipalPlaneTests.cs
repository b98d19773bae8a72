using CsCheck;
using DistEmbed.Worker.Evaluation;

namespace DistEmbed.Worker.Tests.Evaluation;

public sealed class PrincipalPlaneTests
{
    [Fact]
    public void A_cross_is_laid_out_along_its_arms()
    {
        // Centre (1, 2, 5). The long arm, in direction (3, 4, 0) / 5, has ends at ±10, so a variance of 200; the short one, along (0, 0, 1), ±1, so 2.
        (IReadOnlyList<(double X, double Y)> places, double share) = Of([[7, 10, 5], [-5, -6, 5], [1, 2, 6], [1, 2, 4]]);
        (double X, double Y)[] expected = [(10, 0), (-10, 0), (0, 1), (0, -1)];
        Assert.Equal(expected.Length, places.Count);
        Assert.All(places.Zip(expected), pair =>
        {
            Assert.Equal(pair.Second.X, pair.First.X, 12);
            Assert.Equal(pair.Second.Y, pair.First.Y, 12);
        });
        Assert.Equal(1, share, 12);
    }

    [Fact]
    public void Variance_outside_the_plane_is_told()
    {
        // Six points at ±3, ±2 and ±1 along three axes: variances 18, 8 and 2, of which the plane has 26 of 28.
        (IReadOnlyList<(double X, double Y)> places, double share) = Of([[-3, 0, 0], [3, 0, 0], [0, 2, 0], [0, -2, 0], [0, 0, 1], [0, 0, -1]]);
        Assert.Equal(26.0 / 28, share, 12);
        // The first point decides the sign where two lie equally far out.
        Assert.Equal(3, places[0].X, 12);
        Assert.Equal(-3, places[1].X, 12);
        Assert.Equal((2, -2), (Math.Round(places[2].Y, 9), Math.Round(places[3].Y, 9)));
        Assert.Equal((0, 0), (Math.Round(places[4].X, 9), Math.Round(places[4].Y, 9)));
    }

    [Fact]
    public void Points_without_variance_lie_in_the_middle()
    {
        foreach (int count in (int[])[0, 1, 3])
        {
            (IReadOnlyList<(double X, double Y)> places, double share) = Of(Enumerable.Repeat<float[]>([5, 6], count).ToArray());
            Assert.Equal(Enumerable.Repeat((0.0, 0.0), count), places);
            Assert.Equal(0, share);
        }

        // On a line: the second component is exactly nothing, not what rounding left of it.
        Assert.Equal([0.0, 0, 0], Of([[1, 1, 1], [2, 2, 2], [4, 4, 4]]).Places.Select(place => place.Y));
    }

    [Fact]
    public void Points_in_a_plane_keep_their_distances()
    {
        Gen.Single[-5, 5].Array[2].Array[2, 12].Sample(points =>
        {
            IReadOnlyList<(double X, double Y)> places = Of(points).Places;
            for (int i = 0; i < points.Length; i++)
            {
                for (int j = 0; j < i; j++)
                    Assert.Equal(Math.Sqrt(Math.Pow((double)points[i][0] - points[j][0], 2) + Math.Pow((double)points[i][1] - points[j][1], 2)), Math.Sqrt(Math.Pow(places[i].X - places[j].X, 2) + Math.Pow(places[i].Y - places[j].Y, 2)), 1e-5);
            }
        }, iter: 300);
    }

    [Fact]
    public void Turning_or_mirroring_all_points_changes_nothing()
    {
        // The axes have variances that differ clearly: where they do not, no order of components is better than another.
        Gen.Select(Gen.Double[-1, 1].Array[4].Array[20], Gen.Double[0, 6.28].Array[6], Gen.Bool).Sample((raw, angles, mirrored) =>
        {
            double[][] points = [.. raw.Select(p => p.Select((v, d) => v * Math.Pow(4, -d)).ToArray())];
            double[][] turned = [.. points.Select(p => Turn(p, angles, mirrored))];
            IReadOnlyList<(double X, double Y)> first = Of(points).Places, second = Of(turned).Places;
            double[] far = [.. first.Select(p => Math.Abs(p.X)).OrderDescending()], high = [.. first.Select(p => Math.Abs(p.Y)).OrderDescending()];
            if (far[0] - far[1] < 1e-4 || high[0] - high[1] < 1e-4)
                return; // rounding of the turned points may decide between these
            Assert.All(first.Zip(second), pair =>
            {
                Assert.Equal(pair.First.X, pair.Second.X, 1e-4);
                Assert.Equal(pair.First.Y, pair.Second.Y, 1e-4);
            });
        }, iter: 200);
    }

    [Fact]
    public void The_farthest_point_is_on_the_positive_side_in_whatever_order_points_come()
    {
        Gen.Single[-5, 5].Array[3].Array[3, 9].Sample(points =>
        {
            IReadOnlyList<(double X, double Y)> places = Of(points).Places, reversed = [.. Of([.. points.Reverse()]).Places.Reverse()];
            foreach (IReadOnlyList<(double X, double Y)> either in (IReadOnlyList<(double X, double Y)>[])[places, reversed])
            {
                Assert.True(either.Max(p => p.X) >= (1 - 1e-8) * -either.Min(p => p.X), string.Join(' ', either));
                Assert.True(either.Max(p => p.Y) >= (1 - 1e-8) * -either.Min(p => p.Y), string.Join(' ', either));
            }
        }, iter: 200);
    }

    [Fact]
    public void The_same_points_give_the_same_bits()
    {
        float[][] points = [.. Enumerable.Range(0, 60).Select(i => Enumerable.Range(0, 100).Select(d => MathF.Sin(i * 17 + d * d)).ToArray())];
        Assert.Equal(Of(points).Places, Of([.. points.Select(p => (float[])p.Clone())]).Places);
        Assert.InRange(Of(points).Share, 0.01, 1);
    }

    private static (IReadOnlyList<(double X, double Y)> Places, double Share) Of(float[][] points) => PrincipalPlane.Of([.. points.Select(p => (ReadOnlyMemory<float>)p)]);

    private static (IReadOnlyList<(double X, double Y)> Places, double Share) Of(double[][] points) => Of([.. points.Select(p => p.Select(v => (float)v).ToArray())]);

    private static double[] Turn(double[] point, double[] angles, bool mirrored)
    {
        double[] turned = [mirrored ? -point[0] : point[0], .. point[1..]];
        int angle = 0;
        for (int p = 0; p < 4; p++)
        {
            for (int q = p + 1; q < 4; q++, angle++)
                (turned[p], turned[q]) = (Math.Cos(angles[angle]) * turned[p] - Math.Sin(angles[angle]) * turned[q], Math.Sin(angles[angle]) * turned[p] + Math.Cos(angles[angle]) * turned[q]);
        }

        return turned;
    }
}
