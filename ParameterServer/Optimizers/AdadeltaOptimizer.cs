using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using DistEmbed.Protocol.Jobs;

namespace DistEmbed.ParameterServer.Optimizers;

/// <summary>
/// Adadelta (Zeiler 2012, algorithm 1) with PyTorch's learning rate: d = g + l2 w; E = rho E + (1 - rho) d^2; x = d sqrt((X + epsilon) / (E + epsilon));
/// X = rho X + (1 - rho) x^2; w = w - learningRate (decay w + x). State: E, then X. A step without a gradient multiplies both by rho.
/// </summary>
internal sealed class AdadeltaOptimizer(AdadeltaSpec spec, GroupTimeline timeline, double? maxNorm) : RowOptimizer(spec, timeline, maxNorm)
{
    private readonly double _rho = spec.Rho;
    private readonly float _epsilon = (float)spec.Epsilon;

    protected override bool StateOwes => true;

    protected override bool ValuesOwe => false;

    protected override int OwnStateSize(int dimension) => 2 * dimension;

    protected override void Update(Span<float> row, Span<float> state, ReadOnlySpan<float> gradient, StepRate rate) =>
        Elementwise.Run(
            new Step(
                Vector256.Create((float)rate.LearningRate), Vector256.Create((float)rate.Decay), Vector256.Create((float)L2),
                Vector256.Create((float)_rho), Vector256.Create((float)(1 - _rho)), Vector256.Create(_epsilon)),
            row, state, gradient);

    protected override void UpdateUntouched(Span<float> row, Span<float> state, StepMatrix product, int steps)
    {
        base.UpdateUntouched(row, state, product, steps);
        Elementwise.Scale(state, (float)Power(_rho, steps));
    }

    private readonly struct Step(
        Vector256<float> learningRate, Vector256<float> decay, Vector256<float> l2, Vector256<float> rho, Vector256<float> rest, Vector256<float> epsilon)
        : IElementUpdate
    {
        public static int States => 2;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Update(ref Vector256<float> w, ref Vector256<float> squares, ref Vector256<float> changes, Vector256<float> gradient)
        {
            Vector256<float> d = gradient + l2 * w;
            squares = rho * squares + rest * (d * d);
            Vector256<float> x = Vector256.Sqrt((changes + epsilon) / (squares + epsilon)) * d;
            changes = rho * changes + rest * (x * x);
            w -= decay * w + learningRate * x;
        }
    }
}
