using System.Runtime.Intrinsics;

namespace DistEmbed.Worker.Models;

/// <summary>
/// The inner loops of word2vec over rows of 8-float blocks. Every sum has one fixed order, whatever the processor: a dot product keeps eight lanes and adds
/// them at the end as ((0+4)+(2+6)) + ((1+5)+(3+7)); rows are added in the order of their list. Multiplications and additions are never fused, since a fused
/// one rounds differently. Rows are worked on four at a time to keep the processor's pipelines full; that does not change any order of addition.
/// Nothing is checked here: the caller guarantees that rows lie inside their tables and that the stride is a multiple of 8.
/// </summary>
internal static unsafe class Word2VecKernel
{
    private const int Lanes = 8;

    /// <summary>result = scale * (sum of the rows).</summary>
    public static void Sum(float* result, float* table, int* rows, int count, int stride, float scale)
    {
        var factor = Vector256.Create(scale);
        int i = 0;
        for (; i + 4 <= count; i += 4)
        {
            float* a = table + (nint)rows[i] * stride, b = table + (nint)rows[i + 1] * stride;
            float* c = table + (nint)rows[i + 2] * stride, d = table + (nint)rows[i + 3] * stride;
            for (int k = 0; k < stride; k += Lanes)
            {
                var sum = i == 0 ? Vector256.Load(a + k) : Vector256.Load(result + k) + Vector256.Load(a + k);
                sum = sum + Vector256.Load(b + k) + Vector256.Load(c + k) + Vector256.Load(d + k);
                (i + 4 == count ? sum * factor : sum).Store(result + k);
            }
        }
        for (; i < count; i++)
        {
            float* a = table + (nint)rows[i] * stride;
            for (int k = 0; k < stride; k += Lanes)
            {
                var sum = i == 0 ? Vector256.Load(a + k) : Vector256.Load(result + k) + Vector256.Load(a + k);
                (i + 1 == count ? sum * factor : sum).Store(result + k);
            }
        }
    }

    /// <summary>products[i] = vector . row i.</summary>
    public static void Dots(float* vector, float* table, int* rows, int count, int stride, float* products)
    {
        int i = 0;
        for (; i + 4 <= count; i += 4)
        {
            float* a = table + (nint)rows[i] * stride, b = table + (nint)rows[i + 1] * stride;
            float* c = table + (nint)rows[i + 2] * stride, d = table + (nint)rows[i + 3] * stride;
            Vector256<float> sumA = default, sumB = default, sumC = default, sumD = default;
            for (int k = 0; k < stride; k += Lanes)
            {
                var v = Vector256.Load(vector + k);
                sumA += v * Vector256.Load(a + k);
                sumB += v * Vector256.Load(b + k);
                sumC += v * Vector256.Load(c + k);
                sumD += v * Vector256.Load(d + k);
            }
            products[i] = Total(sumA);
            products[i + 1] = Total(sumB);
            products[i + 2] = Total(sumC);
            products[i + 3] = Total(sumD);
        }
        for (; i < count; i++)
        {
            float* a = table + (nint)rows[i] * stride;
            Vector256<float> sum = default;
            for (int k = 0; k < stride; k += Lanes)
                sum += Vector256.Load(vector + k) * Vector256.Load(a + k);
            products[i] = Total(sum);
        }
    }

    /// <summary>error += slope i * row i of the table, and row i of the gradients += slope i * vector, for every i.</summary>
    public static void Backward(
        float* vector, float* error, float* table, float* gradients, int* rows, float* slopes, int count, int stride)
    {
        int i = 0;
        for (; i + 4 <= count; i += 4)
        {
            nint a = (nint)rows[i] * stride, b = (nint)rows[i + 1] * stride, c = (nint)rows[i + 2] * stride, d = (nint)rows[i + 3] * stride;
            Vector256<float> slopeA = Vector256.Create(slopes[i]), slopeB = Vector256.Create(slopes[i + 1]);
            Vector256<float> slopeC = Vector256.Create(slopes[i + 2]), slopeD = Vector256.Create(slopes[i + 3]);
            for (int k = 0; k < stride; k += Lanes)
            {
                var v = Vector256.Load(vector + k);
                var sum = Vector256.Load(error + k) + slopeA * Vector256.Load(table + a + k);
                sum += slopeB * Vector256.Load(table + b + k);
                sum += slopeC * Vector256.Load(table + c + k);
                sum += slopeD * Vector256.Load(table + d + k);
                sum.Store(error + k);
                // In this order, one stored before the next is loaded: the same row may be drawn twice.
                (Vector256.Load(gradients + a + k) + slopeA * v).Store(gradients + a + k);
                (Vector256.Load(gradients + b + k) + slopeB * v).Store(gradients + b + k);
                (Vector256.Load(gradients + c + k) + slopeC * v).Store(gradients + c + k);
                (Vector256.Load(gradients + d + k) + slopeD * v).Store(gradients + d + k);
            }
        }
        for (; i < count; i++)
        {
            nint a = (nint)rows[i] * stride;
            var slope = Vector256.Create(slopes[i]);
            for (int k = 0; k < stride; k += Lanes)
            {
                var v = Vector256.Load(vector + k);
                (Vector256.Load(error + k) + slope * Vector256.Load(table + a + k)).Store(error + k);
                (Vector256.Load(gradients + a + k) + slope * v).Store(gradients + a + k);
            }
        }
    }

    /// <summary>target += factor * source.</summary>
    public static void AddScaled(float* target, float factor, float* source, int stride)
    {
        var scale = Vector256.Create(factor);
        for (int k = 0; k < stride; k += Lanes)
            (Vector256.Load(target + k) + scale * Vector256.Load(source + k)).Store(target + k);
    }

    /// <summary>
    /// The losses of a prediction whose first target is right and whose others are wrong: slopes[i] = d loss / d logits[i], and each target's likelihood.
    /// All arrays are as long as <paramref name="count"/> rounded up to 8.
    /// </summary>
    public static void Slopes(float* logits, int count, float* slopes, float* likelihoods)
    {
        var minus = Vector256.Create(0x80000000u).AsSingle();
        var first = Vector256.Create(0x80000000u, 0, 0, 0, 0, 0, 0, 0).AsSingle();
        for (int i = 0; i < count; i += Lanes)
        {
            var right = i == 0 ? first : Vector256<float>.Zero;
            // sigmoid(x) is the likelihood of the right target, sigmoid(-x) that of a wrong one; what it lacks to 1 is the slope but for the sign.
            var (likelihood, rest) = Word2VecMath.Sigmoid(Vector256.Load(logits + i) ^ minus ^ right);
            likelihood.Store(likelihoods + i);
            (rest ^ right).Store(slopes + i);
        }
    }

    /// <summary>
    /// The losses of a word's way down a Huffman tree, a 0 being right and a 1 wrong: slopes[i] = d loss / d logits[i], and each decision's likelihood. The arrays
    /// are as long as the number of bits rounded up to 8.
    /// </summary>
    public static void Slopes(float* logits, ReadOnlySpan<byte> bits, float* slopes, float* likelihoods)
    {
        var minus = Vector256.Create(0x80000000u);
        uint* signs = stackalloc uint[Lanes];
        for (int i = 0; i < bits.Length; i += Lanes)
        {
            for (int lane = 0; lane < Lanes; lane++)
                signs[lane] = i + lane < bits.Length && bits[i + lane] == 0 ? 0x80000000u : 0;
            var right = Vector256.Load(signs).AsSingle();
            var (likelihood, rest) = Word2VecMath.Sigmoid(Vector256.Load(logits + i) ^ minus.AsSingle() ^ right);
            likelihood.Store(likelihoods + i);
            (rest ^ right).Store(slopes + i);
        }
    }

    private static float Total(Vector256<float> lanes)
    {
        var four = lanes.GetLower() + lanes.GetUpper();
        var two = four + Vector128.Shuffle(four, Vector128.Create(2, 3, 0, 1));
        return two.GetElement(0) + two.GetElement(1);
    }
}
