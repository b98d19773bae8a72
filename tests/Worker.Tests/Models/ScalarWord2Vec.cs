using DistEmbed.Worker.Models;

namespace DistEmbed.Worker.Tests.Models;

/// <summary>
/// word2vec.c's inner loop in plain scalar code, one float at a time, on values that do not move during the slice, with the order of additions that the
/// kernel promises. Every product is rounded through a double, so no compiler can fuse it with the addition that follows.
/// </summary>
internal static class ScalarWord2Vec
{
    public static float[][] Gradients(Word2VecSlice slice, float[][] values, int dimension, bool fullError)
    {
        float[] syn0 = values[0], syn1 = values[1], gradient0 = new float[syn0.Length], gradient1 = new float[syn1.Length];
        for (int prediction = 0; prediction < slice.Predictions; prediction++)
        {
            var contexts = slice.Contexts(prediction);
            float share = 1f / contexts.Length;
            var h = new float[dimension];
            foreach (int context in contexts)
            {
                for (int k = 0; k < dimension; k++)
                    h[k] += syn0[context * dimension + k];
            }
            // A single vector is its own mean, and takes its error target by target; the mean's error is gathered first.
            bool single = contexts.Length == 1;
            var error = single ? gradient0 : new float[dimension];
            int at = single ? contexts[0] * dimension : 0;
            for (int k = 0; k < dimension && !single; k++)
                h[k] = Product(h[k], share);

            var targets = slice.Targets(prediction);
            for (int t = 0; t < targets.Length; t++)
            {
                int row = targets[t] * dimension;
                var lanes = new float[8];
                for (int k = 0; k < dimension; k++)
                    lanes[k % 8] += Product(h[k], syn1[row + k]);
                float logit = lanes[0] + lanes[4] + (lanes[2] + lanes[6]) + (lanes[1] + lanes[5] + (lanes[3] + lanes[7]));
                bool right = slice.Bits(prediction) is { IsEmpty: false } bits ? bits[t] == 0 : t == 0;
                float slope = right ? -Complement(logit) : Complement(-logit);
                for (int k = 0; k < dimension; k++)
                    error[at + k] += Product(slope, syn1[row + k]);
                for (int k = 0; k < dimension; k++)
                    gradient1[row + k] += Product(slope, h[k]);
            }
            foreach (int context in contexts)
            {
                for (int k = 0; k < dimension && !single; k++)
                    gradient0[context * dimension + k] += fullError ? error[k] : Product(error[k], share);
            }
        }
        return [gradient0, gradient1];
    }

    /// <summary>The loss of negative sampling in double precision.</summary>
    public static double Loss(Word2VecSlice slice, float[][] values, int dimension)
    {
        double loss = 0;
        for (int prediction = 0; prediction < slice.Predictions; prediction++)
        {
            int[] contexts = slice.Contexts(prediction).ToArray(), targets = slice.Targets(prediction).ToArray();
            double[] h = [.. Enumerable.Range(0, dimension).Select(k => contexts.Average(context => (double)values[0][(context * dimension) + k]))];
            for (int t = 0; t < targets.Length; t++)
            {
                double logit = Enumerable.Range(0, dimension).Sum(k => h[k] * values[1][(targets[t] * dimension) + k]);
                loss += Math.Log(1 + Math.Exp(t == 0 ? -logit : logit));
            }
        }

        return loss;
    }

    private static float Product(float a, float b) => (float)((double)a * b);

    // 1 - sigmoid(x).
    private static float Complement(float x)
    {
        float magnitude = -Math.Min(Math.Abs(x), 30);
        float n = MathF.Floor(Product(magnitude, 1.44269504f) + 0.5f);
        float r = magnitude - Product(n, 0.693359375f);
        r -= Product(n, -2.12194440e-4f);
        float small = 1f / 5040;
        foreach (float term in new[] { 1f / 720, 1f / 120, 1f / 24, 1f / 6, 1f / 2, 1f, 1f })
            small = Product(small, r) + term;
        small = Product(small, BitConverter.Int32BitsToSingle(((int)n + 127) << 23));
        float large = 1 / (1 + small);
        return x >= 0 ? Product(small, large) : large;
    }
}
