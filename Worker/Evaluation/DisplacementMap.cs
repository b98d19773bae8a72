using System.Runtime.Intrinsics;
using MathNet.Numerics.Providers.LinearAlgebra;

namespace DistEmbed.Worker.Evaluation;

/// <summary>
/// An affine map from the vector that a row started with to how far training moved it, fitted by ridge regression (Hoerl and Kennard 1970) on rows that moved: of
/// all W and b the ones with the least sum of |displacement - (first W + b)|² + lambda |W|², so that what the rows do not tell draws the map towards moving every row
/// by the same. b is not penalised. Immutable.
/// </summary>
public sealed class DisplacementMap
{
    private readonly double[] _center;
    private readonly double[] _mean;
    private readonly double[] _weights;

    private DisplacementMap(double[] center, double[] mean, double[] weights) => (_center, _mean, _weights) = (center, mean, weights);

    /// <summary>Fits a map for each of several ridges.</summary>
    /// <param name="moved">Rows that moved, at least one.</param>
    /// <param name="ridges">
    /// Each more than 0, in units of the rows' own spread: lambda is the ridge times the mean, over the dimensions, of the sum of squares around the mean. At 1 a direction of
    /// average spread is mapped at half.
    /// </param>
    /// <returns>In the order of the ridges; the same bits on every machine.</returns>
    /// <exception cref="ArgumentException">No row moved, or a ridge is not above 0.</exception>
    public static IReadOnlyList<DisplacementMap> Fit(MovedVectors moved, IReadOnlyList<double> ridges)
    {
        if (moved.Count == 0)
            throw new ArgumentException("no row moved", nameof(moved));
        if (ridges.Any(ridge => !(ridge > 0)))
            throw new ArgumentException("a ridge is not above 0", nameof(ridges));
        int d = moved.Dimension;
        double[] center = new double[d], mean = new double[d], x = new double[d], y = new double[d];
        for (int i = 0; i < moved.Count; i++)
        {
            moved.Displacement(i, y);
            for (int j = 0; j < d; j++)
            {
                center[j] += moved.First(i)[j];
                mean[j] += y[j];
            }
        }

        for (int j = 0; j < d; j++)
            (center[j], mean[j]) = (center[j] / moved.Count, mean[j] / moved.Count);

        // Normal equations of the centred rows: (X'X + lambda) W = X'Y.
        double[] squares = new double[d * d], products = new double[d * d];
        for (int i = 0; i < moved.Count; i++)
        {
            moved.Displacement(i, y);
            for (int j = 0; j < d; j++)
                (x[j], y[j]) = (moved.First(i)[j] - center[j], y[j] - mean[j]);
            for (int j = 0; j < d; j++)
            {
                AddScaled(squares.AsSpan(j * d, d), x[j], x);
                AddScaled(products.AsSpan(j * d, d), y[j], x); // a column of X'Y
            }
        }

        double spread = Enumerable.Range(0, d).Sum(j => squares[j * d + j]) / d;
        // Rows that are all alike tell nothing of directions. Their mean is exact: a double holds the sum of as many equal floats as there can be rows.
        return [.. ridges.Select(ridge => new DisplacementMap(center, mean, spread > 0 ? Solve(squares, products, ridge * spread) : new double[d * d]))];
    }

    /// <summary>How far a row that started with a vector would have moved.</summary>
    /// <param name="first">The vector that it started with.</param>
    /// <param name="displacement">Takes the answer.</param>
    public void Apply(ReadOnlySpan<float> first, Span<double> displacement)
    {
        int d = _center.Length;
        for (int j = 0; j < d; j++)
        {
            double sum = _mean[j];
            for (int i = 0; i < d; i++)
                sum += (first[i] - _center[i]) * _weights[j * d + i];
            displacement[j] = sum;
        }
    }

    private static double[] Solve(double[] squares, double[] products, double lambda)
    {
        int d = (int)Math.Sqrt(squares.Length);
        double[] left = [.. squares], right = [.. products];
        for (int j = 0; j < d; j++)
            left[j * d + j] += lambda;
        // Named here, not left to MathNet's choice of a provider, which would decide over the last bits.
        ManagedLinearAlgebraProvider.Instance.CholeskySolve(left, d, right, d);
        return right;
    }

    /// <summary>Multiplies and adds without fusing, so that the width of a processor's registers changes no bit.</summary>
    private static void AddScaled(Span<double> target, double factor, ReadOnlySpan<double> values)
    {
        var factors = Vector256.Create(factor);
        int i = 0;
        for (; i <= values.Length - Vector256<double>.Count; i += Vector256<double>.Count)
            (Vector256.Create<double>(target[i..]) + factors * Vector256.Create(values[i..])).CopyTo(target[i..]);
        for (; i < values.Length; i++)
            target[i] += factor * values[i];
    }
}
