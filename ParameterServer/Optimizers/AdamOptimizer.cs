using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using DistEmbed.Protocol.Jobs;

namespace DistEmbed.ParameterServer.Optimizers;

/// <summary>
/// Adam (Kingma and Ba, ICLR 2015, algorithm 1) and AdamW (Loshchilov and Hutter, ICLR 2019, algorithm 2): d = g + l2 w; m = beta1 m + (1 - beta1) d;
/// v = beta2 v + (1 - beta2) d^2; w = w - learningRate (decay w + m^ / (sqrt(v^) + epsilon)) with m^ = m / (1 - beta1^t), v^ = v / (1 - beta2^t).
/// State: m, then v. Rows that a step does not touch keep value and moments, while t counts all steps in which the group is tuned: PyTorch's SparseAdam, but with
/// epsilon where its Adam has it, so that a table touched whole in every step is dense Adam.
/// </summary>
internal sealed class AdamOptimizer(OptimizerSpec spec, double beta1, double beta2, double epsilon, GroupTimeline timeline, double? maxNorm)
    : RowOptimizer(spec, timeline, maxNorm)
{
    private readonly double _beta1 = beta1;
    private readonly double _beta2 = beta2;
    private readonly float _epsilon = (float)epsilon;
    private Correction _correction = new(0, 0, 0);

    protected override bool StateOwes => false;

    protected override int OwnStateSize(int dimension) => 2 * dimension;

    protected override void Update(Span<float> row, Span<float> state, ReadOnlySpan<float> gradient, StepRate rate)
    {
        Correction correction = _correction;
        if (correction.Step != rate.Step)
        {
            int t = Timeline.TunedSteps(rate.Step) - Timeline.TunedSteps(Timeline.FreshFrom(rate.Step) - 1);
            _correction = correction = new Correction(
                rate.Step, (float)(rate.LearningRate / (1 - Power(_beta1, t))), (float)(1 / Math.Sqrt(1 - Power(_beta2, t))));
        }
        Elementwise.Run(
            new Step(
                Vector256.Create(correction.StepSize), Vector256.Create(correction.RootScale), Vector256.Create((float)rate.Decay), Vector256.Create((float)L2),
                Vector256.Create((float)_beta1), Vector256.Create((float)(1 - _beta1)), Vector256.Create((float)_beta2), Vector256.Create((float)(1 - _beta2)),
                Vector256.Create(_epsilon)),
            row, state, gradient);
    }

    /// <summary>The bias corrections of one step, drawn into the learning rate and the factor on sqrt(v).</summary>
    private sealed record Correction(int Step, float StepSize, float RootScale);

    private readonly struct Step(
        Vector256<float> stepSize, Vector256<float> rootScale, Vector256<float> decay, Vector256<float> l2,
        Vector256<float> beta1, Vector256<float> rest1, Vector256<float> beta2, Vector256<float> rest2, Vector256<float> epsilon) : IElementUpdate
    {
        public static int States => 2;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Update(ref Vector256<float> w, ref Vector256<float> m, ref Vector256<float> v, Vector256<float> gradient)
        {
            Vector256<float> d = gradient + l2 * w;
            m = beta1 * m + rest1 * d;
            v = beta2 * v + rest2 * (d * d);
            w -= decay * w + stepSize * m / (Vector256.Sqrt(v) * rootScale + epsilon);
        }
    }
}
