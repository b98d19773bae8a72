namespace DistEmbed.Worker.Evaluation;

/// <summary>
/// Points in the plane that shows most of their variance: principal component analysis, by the eigenvectors of the points' matrix of inner products, which for
/// few points of many numbers is the smaller of the two that can be asked. They are found by Jacobi's rotations, row by row (Golub and Van Loan, Matrix
/// Computations, section 8.5): plain sums, products and roots in one order, so the same bits on every processor.
/// </summary>
public static class PrincipalPlane
{
    private const int MostSweeps = 60;

    /// <summary>Projects points on their first two principal components.</summary>
    /// <param name="points">The points, each of equally many numbers; a few hundred at most, since time grows with the cube of their number.</param>
    /// <returns>
    /// The place of each point, the mean of all at (0, 0), and the share of the variance that the plane shows, 0 to 1. Of the two signs that a component may have
    /// the one counts with which the point that lies farthest out along it (the first of equal ones) lies on the positive side: turning or mirroring all points in their
    /// space does not change the picture.
    /// </returns>
    public static (IReadOnlyList<(double X, double Y)> Places, double Share) Of(IReadOnlyList<ReadOnlyMemory<float>> points)
    {
        int count = points.Count;
        if (count == 0)
            return ([], 0);
        double[,] products = Products(Centred(points));
        double total = 0;
        for (int i = 0; i < count; i++)
            total += products[i, i];
        double[,] vectors = Diagonalize(products);

        // The largest two, of equal ones the first.
        int[] order = [.. Enumerable.Range(0, count).OrderByDescending(i => products[i, i]).Take(2)];
        double[] x = Scores(order[0]), y = count > 1 ? Scores(order[1]) : new double[count];
        double shown = order.Sum(i => Math.Max(0, products[i, i]));
        return ([.. x.Zip(y)], total > 0 ? Math.Min(1, shown / total) : 0);

        double[] Scores(int component)
        {
            double length = Math.Sqrt(Math.Max(0, products[component, component]));
            // A component without variance is what rounding left of zero.
            if (products[component, component] <= 1e-12 * total)
                length = 0;
            double[] scores = [.. Enumerable.Range(0, count).Select(i => vectors[i, component] * length)];
            double farthest = scores.Max(Math.Abs);
            // Nearly equal ones count as equal: which of two is larger by rounding must not turn the picture.
            double deciding = scores.First(s => Math.Abs(s) >= farthest * (1 - 1e-9));
            return deciding < 0 ? [.. scores.Select(s => 0 - s)] : scores;
        }
    }

    private static double[][] Centred(IReadOnlyList<ReadOnlyMemory<float>> points)
    {
        double[][] centred = [.. points.Select(p => Array.ConvertAll(p.ToArray(), v => (double)v))];
        for (int d = 0; d < centred[0].Length; d++)
        {
            double sum = 0;
            foreach (double[] point in centred)
                sum += point[d];
            foreach (double[] point in centred)
                point[d] -= sum / centred.Length;
        }

        return centred;
    }

    private static double[,] Products(double[][] points)
    {
        var products = new double[points.Length, points.Length];
        for (int i = 0; i < points.Length; i++)
        {
            for (int j = 0; j <= i; j++)
            {
                double sum = 0;
                for (int d = 0; d < points[i].Length; d++)
                    sum += points[i][d] * points[j][d];
                products[i, j] = products[j, i] = sum;
            }
        }

        return products;
    }

    /// <summary>Rotates a symmetric matrix until it is diagonal, which leaves its eigenvalues there.</summary>
    /// <returns>The eigenvectors, each a column.</returns>
    private static double[,] Diagonalize(double[,] matrix)
    {
        int n = matrix.GetLength(0);
        var vectors = new double[n, n];
        for (int i = 0; i < n; i++)
            vectors[i, i] = 1;
        for (int sweep = 0; sweep < MostSweeps; sweep++)
        {
            double off = 0, diagonal = 0;
            for (int p = 0; p < n; p++)
            {
                diagonal += matrix[p, p] * matrix[p, p];
                for (int q = p + 1; q < n; q++)
                    off += matrix[p, q] * matrix[p, q];
            }

            if (off <= 1e-30 * diagonal)
                break;
            for (int p = 0; p < n - 1; p++)
            {
                for (int q = p + 1; q < n; q++)
                    Rotate(matrix, vectors, p, q);
            }
        }

        return vectors;
    }

    /// <summary>Turns the plane of axes p and q so that their product becomes zero.</summary>
    private static void Rotate(double[,] matrix, double[,] vectors, int p, int q)
    {
        if (matrix[p, q] == 0)
            return;
        double tau = (matrix[q, q] - matrix[p, p]) / (2 * matrix[p, q]);
        double tangent = (tau >= 0 ? 1 : -1) / (Math.Abs(tau) + Math.Sqrt(1 + tau * tau));
        double cosine = 1 / Math.Sqrt(1 + tangent * tangent), sine = tangent * cosine;
        int n = matrix.GetLength(0);
        for (int k = 0; k < n; k++)
            (matrix[k, p], matrix[k, q]) = (cosine * matrix[k, p] - sine * matrix[k, q], sine * matrix[k, p] + cosine * matrix[k, q]);
        for (int k = 0; k < n; k++)
            (matrix[p, k], matrix[q, k]) = (cosine * matrix[p, k] - sine * matrix[q, k], sine * matrix[p, k] + cosine * matrix[q, k]);
        matrix[p, q] = matrix[q, p] = 0;
        for (int k = 0; k < n; k++)
            (vectors[k, p], vectors[k, q]) = (cosine * vectors[k, p] - sine * vectors[k, q], sine * vectors[k, p] + cosine * vectors[k, q]);
    }
}
