using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using DistEmbed.Protocol.Jobs;

namespace DistEmbed.ParameterServer.Optimizers;

/// <summary>
/// Stochastic gradient descent in PyTorch's formulation: d = g + l2 w; v = momentum v + d; d = v, or d + momentum v with Nesterov;
/// w = w - learningRate (decay w + d). State: v, if there is momentum.
/// </summary>
internal sealed class SgdOptimizer(SgdSpec spec, GroupTimeline timeline, double? maxNorm) : RowOptimizer(spec, timeline, maxNorm)
{
    private readonly double _momentum = spec.Momentum;
    private readonly bool _nesterov = spec.Nesterov;

    protected override bool StateOwes => _momentum > 0 || L2 > 0;

    protected override int OwnStateSize(int dimension) => _momentum > 0 ? dimension : 0;

    protected override void Update(Span<float> row, Span<float> state, ReadOnlySpan<float> gradient, StepRate rate)
    {
        var (learningRate, decay, l2, momentum) = (Lanes(rate.LearningRate), Lanes(rate.Decay), Lanes(L2), Lanes(_momentum));
        if (_momentum == 0)
            Elementwise.Run(new Plain(learningRate, decay, l2), row, state, gradient);
        else if (_nesterov)
            Elementwise.Run(new Nesterov(learningRate, decay, l2, momentum), row, state, gradient);
        else
            Elementwise.Run(new Momentum(learningRate, decay, l2, momentum), row, state, gradient);
    }

    // The equations above for g = 0, as a matrix on (w, v).
    protected override StepMatrix MatrixOf(double learningRate)
    {
        double pull = L2 * (_nesterov ? 1 + _momentum : 1);
        double push = _nesterov ? _momentum * _momentum : _momentum;
        return new StepMatrix(1 - learningRate * (Decay + pull), -learningRate * push, L2, _momentum);
    }

    protected override void UpdateUntouched(Span<float> row, Span<float> state, StepMatrix product, int steps)
    {
        if (_momentum == 0)
            base.UpdateUntouched(row, state, product, steps);
        else
            Elementwise.Run(new Untouched(Lanes(product.A - 1), Lanes(product.B), Lanes(product.C), Lanes(product.D)), row, state, row);
    }

    private static Vector256<float> Lanes(double value) => Vector256.Create((float)value);

    private readonly struct Plain(Vector256<float> learningRate, Vector256<float> decay, Vector256<float> l2) : IElementUpdate
    {
        public static int States => 0;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Update(ref Vector256<float> w, ref Vector256<float> first, ref Vector256<float> second, Vector256<float> gradient) =>
            w -= decay * w + learningRate * (gradient + l2 * w);
    }

    private readonly struct Momentum(Vector256<float> learningRate, Vector256<float> decay, Vector256<float> l2, Vector256<float> momentum) : IElementUpdate
    {
        public static int States => 1;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Update(ref Vector256<float> w, ref Vector256<float> v, ref Vector256<float> second, Vector256<float> gradient)
        {
            v = momentum * v + (gradient + l2 * w);
            w -= decay * w + learningRate * v;
        }
    }

    private readonly struct Nesterov(Vector256<float> learningRate, Vector256<float> decay, Vector256<float> l2, Vector256<float> momentum) : IElementUpdate
    {
        public static int States => 1;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Update(ref Vector256<float> w, ref Vector256<float> v, ref Vector256<float> second, Vector256<float> gradient)
        {
            Vector256<float> d = gradient + l2 * w;
            v = momentum * v + d;
            w -= decay * w + learningRate * (d + momentum * v);
        }
    }

    /// <summary>A product of steps, with A - 1 instead of A as in <see cref="Elementwise.Grow"/>.</summary>
    private readonly struct Untouched(Vector256<float> a1, Vector256<float> b, Vector256<float> c, Vector256<float> d) : IElementUpdate
    {
        public static int States => 1;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Update(ref Vector256<float> w, ref Vector256<float> v, ref Vector256<float> second, Vector256<float> gradient)
        {
            Vector256<float> before = w;
            w += a1 * before + b * v;
            v = c * before + d * v;
        }
    }
}
