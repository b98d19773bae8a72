using System.Runtime.Intrinsics;

namespace DistEmbed.Worker.Training;

/// <summary>The sum of the squares of numbers, in double and in an order that no processor's vector width changes: what is measured may end a phase, and so decides bits.</summary>
internal static class SumOfSquares
{
    /// <summary>The sum.</summary>
    public static double Of(ReadOnlySpan<float> values)
    {
        Vector256<double> lanes = Vector256<double>.Zero;
        int i = 0;
        for (; i <= values.Length - Vector256<double>.Count; i += Vector256<double>.Count)
        {
            Vector256<double> v = Vector256.Create((double)values[i], values[i + 1], values[i + 2], values[i + 3]);
            lanes += v * v;
        }

        double sum = (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
        for (; i < values.Length; i++)
            sum += (double)values[i] * values[i];
        return sum;
    }
}
