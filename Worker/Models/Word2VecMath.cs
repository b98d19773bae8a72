using System.Runtime.Intrinsics;

namespace DistEmbed.Worker.Models;

/// <summary>
/// Exponential functions from additions, multiplications and divisions alone. Those are exactly rounded everywhere, while the functions of a platform's
/// mathematics library differ in the last bit between platforms, and what word2vec, LSTM cells and tag chains compute has to be the same on every machine.
/// </summary>
internal static class Word2VecMath
{
    private const double Log2 = 0.69314718055994530942;

    /// <summary>Largest |x| that <see cref="Sigmoid"/> tells apart: beyond it the result differs from 0 or 1 by less than 1e-13.</summary>
    public const float SigmoidLimit = 30;

    /// <summary>Natural logarithm of a positive normal number; relative error about 1e-15. NaN of NaN.</summary>
    public static double Log(double x)
    {
        if (!(x > 0) || double.IsInfinity(x))
            return x == 0 ? double.NegativeInfinity : x > 0 ? x : double.NaN;
        // x = m 2^e with m in [sqrt(1/2), sqrt(2)); then ln m = 2 artanh((m-1)/(m+1)).
        long bits = BitConverter.DoubleToInt64Bits(x);
        int exponent = (int)(bits >> 52) - 1023;
        double m = BitConverter.Int64BitsToDouble((bits & 0xFFFFFFFFFFFFF) | (1023L << 52));
        if (m > 1.4142135623730951)
        {
            m *= 0.5;
            exponent++;
        }
        double s = (m - 1) / (m + 1), square = s * s, sum = 0;
        for (int k = 23; k >= 1; k -= 2)
            sum = sum * square + 1.0 / k;
        return exponent * Log2 + 2 * s * sum;
    }

    /// <summary>e^x for |x| below 700; relative error about 1e-14.</summary>
    public static double Exp(double x)
    {
        double whole = Math.Floor(x / Log2 + 0.5), r = x - whole * Log2, sum = 1;
        for (int k = 16; k >= 1; k--)
            sum = 1 + r / k * sum;
        return sum * BitConverter.Int64BitsToDouble((1023L + (long)whole) << 52);
    }

    /// <summary>A positive number to a power.</summary>
    public static double Power(double x, double exponent) => Exp(exponent * Log(x));

    /// <summary>
    /// The logistic function of each lane and what it lacks to 1, both to about 1e-7 of their size, so that neither loses its digits where the other is
    /// near 1. |x| beyond <see cref="SigmoidLimit"/> counts as the limit; NaN gives NaN.
    /// </summary>
    public static (Vector256<float> Sigmoid, Vector256<float> Complement) Sigmoid(Vector256<float> x)
    {
        var magnitude = Vector256.Abs(x);
        // A comparison with NaN is false and leaves it in place.
        magnitude = Vector256.ConditionalSelect(Vector256.GreaterThan(magnitude, Vector256.Create(SigmoidLimit)), Vector256.Create(SigmoidLimit), magnitude);
        var small = Exp(-magnitude);
        var large = Vector256<float>.One / (Vector256<float>.One + small);
        small *= large;
        var positive = Vector256.GreaterThanOrEqual(x, Vector256<float>.Zero);
        return (Vector256.ConditionalSelect(positive, large, small), Vector256.ConditionalSelect(positive, small, large));
    }

    // e^x for x in -30 .. 0. x = n ln 2 + r with |r| <= ln(2)/2; ln 2 is cut in two so that n times its first part is exact; Taylor's series to the seventh power.
    private static Vector256<float> Exp(Vector256<float> x)
    {
        var n = Vector256.Floor(x * 1.44269504f + Vector256.Create(0.5f));
        var r = x - n * 0.693359375f;
        r -= n * -2.12194440e-4f;
        var sum = Vector256.Create(1f / 5040);
        sum = sum * r + Vector256.Create(1f / 720);
        sum = sum * r + Vector256.Create(1f / 120);
        sum = sum * r + Vector256.Create(1f / 24);
        sum = sum * r + Vector256.Create(1f / 6);
        sum = sum * r + Vector256.Create(1f / 2);
        sum = sum * r + Vector256<float>.One;
        sum = sum * r + Vector256<float>.One;
        var power = Vector256.ShiftLeft(Vector256.ConvertToInt32(n) + Vector256.Create(127), 23);
        return sum * power.AsSingle();
    }
}
