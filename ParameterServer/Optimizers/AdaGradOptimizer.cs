using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using DistEmbed.Protocol.Jobs;

namespace DistEmbed.ParameterServer.Optimizers;

/// <summary>
/// AdaGrad (Duchi, Hazan, Singer, JMLR 2011) as PyTorch computes it: d = g + l2 w; G = G + d^2; w = w - learningRate (decay w + d / (sqrt(G) + epsilon)).
/// State: G. A step without a gradient changes nothing but the decay.
/// </summary>
internal sealed class AdaGradOptimizer(AdaGradSpec spec, GroupTimeline timeline, double? maxNorm) : RowOptimizer(spec, timeline, maxNorm)
{
    private readonly float _epsilon = (float)spec.Epsilon;
    private readonly float _initialAccumulator = (float)spec.InitialAccumulator;

    protected override bool StateOwes => false;

    protected override int OwnStateSize(int dimension) => dimension;

    protected override void InitializeOwn(Span<float> state) => state.Fill(_initialAccumulator);

    protected override void Update(Span<float> row, Span<float> state, ReadOnlySpan<float> gradient, StepRate rate) =>
        Elementwise.Run(
            new Step(Vector256.Create((float)rate.LearningRate), Vector256.Create((float)rate.Decay), Vector256.Create((float)L2), Vector256.Create(_epsilon)),
            row, state, gradient);

    private readonly struct Step(Vector256<float> learningRate, Vector256<float> decay, Vector256<float> l2, Vector256<float> epsilon) : IElementUpdate
    {
        public static int States => 1;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Update(ref Vector256<float> w, ref Vector256<float> sum, ref Vector256<float> second, Vector256<float> gradient)
        {
            Vector256<float> d = gradient + l2 * w;
            sum += d * d;
            w -= decay * w + learningRate * d / (Vector256.Sqrt(sum) + epsilon);
        }
    }
}
