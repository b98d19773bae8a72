using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using DistEmbed.Protocol.Jobs;

namespace DistEmbed.ParameterServer.Optimizers;

/// <summary>
/// AdaGrad with one accumulator a row (the row-wise AdaGrad of Caffe2 and FBGEMM): d = g + l2 w; G = G + mean(d^2);
/// w = w - learningRate (decay w + d / (sqrt(G) + epsilon)). State: G, one float. A step without a gradient changes nothing but the decay.
/// </summary>
internal sealed class RowAdaGradOptimizer(RowAdaGradSpec spec, GroupTimeline timeline, double? maxNorm) : RowOptimizer(spec, timeline, maxNorm)
{
    private readonly double _epsilon = spec.Epsilon;
    private readonly float _initialAccumulator = (float)spec.InitialAccumulator;

    protected override bool StateOwes => false;

    protected override int OwnStateSize(int dimension) => 1;

    protected override void InitializeOwn(Span<float> state) => state.Fill(_initialAccumulator);

    protected override void Update(Span<float> row, Span<float> state, ReadOnlySpan<float> gradient, StepRate rate)
    {
        double squares = L2 == 0 ? Elementwise.SumOfSquares(gradient) : SumOfPenalisedSquares(row, gradient);
        state[0] = (float)(state[0] + squares / row.Length);
        double learningRate = rate.LearningRate / (Math.Sqrt(state[0]) + _epsilon);
        Elementwise.Run(
            new Step(Vector256.Create((float)learningRate), Vector256.Create((float)rate.Decay), Vector256.Create((float)L2)), row, [], gradient);
    }

    private double SumOfPenalisedSquares(ReadOnlySpan<float> row, ReadOnlySpan<float> gradient)
    {
        Span<float> d = stackalloc float[256];
        double sum = 0;
        for (int start = 0; start < row.Length; start += d.Length)
        {
            Span<float> part = d[..Math.Min(d.Length, row.Length - start)];
            gradient.Slice(start, part.Length).CopyTo(part);
            for (int i = 0; i < part.Length; i++)
                part[i] += (float)L2 * row[start + i];
            sum += Elementwise.SumOfSquares(part);
        }
        return sum;
    }

    private readonly struct Step(Vector256<float> learningRate, Vector256<float> decay, Vector256<float> l2) : IElementUpdate
    {
        public static int States => 0;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Update(ref Vector256<float> w, ref Vector256<float> first, ref Vector256<float> second, Vector256<float> gradient) =>
            w -= decay * w + learningRate * (gradient + l2 * w);
    }
}
