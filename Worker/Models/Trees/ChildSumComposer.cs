using DistEmbed.Protocol.Jobs;
using DistEmbed.Worker.Corpus.Trees;
using static TorchSharp.torch;

namespace DistEmbed.Worker.Models.Trees;

/// <summary>
/// The child-sum Tree-LSTM (Tai et al. 2015, section 3.1): <c>h~ = sum h_k</c>, <c>i = s(W_i x + U_i h~ + b_i)</c>, <c>f_k = s(W_f x + U_f h_k + b_f)</c>,
/// <c>u = tanh(W_u x + U_u h~ + b_u)</c>, <c>o = s(W_o x + U_o h~ + b_o)</c>, <c>c = i u + sum f_k c_k</c>, <c>h = o tanh(c)</c>; without an output gate <c>h = tanh(c)</c>. A childless
/// node has one child of zeros in their code, which is the same as none. A node that is no word reads x = 0.
/// <para>
/// Sums and products commute, so each state is multiplied by all of U once, when its level is done, and a parent adds up products of its children.
/// </para>
/// </summary>
internal sealed class ChildSumComposer : TreeComposer
{
    private const int Weight = 2;
    private const int Bias = 3;

    private readonly bool _outputGate;
    private readonly int _gateCount;
    private readonly PaddedWeight _weight;
    private float[] _products = [];
    private float[] _productGradients = [];
    private float[] _gates = [];
    private float[] _forget = [];
    private float[] _gateGradients = [];

    public ChildSumComposer(int dimension, int hidden, bool outputGate)
        : base(dimension, hidden, outputGate ? 4 : 3)
    {
        _outputGate = outputGate;
        _gateCount = outputGate ? 4 : 3;
        _weight = new PaddedWeight(_gateCount, hidden, 1, hidden, padsInputs: true);
        Tables =
        [
            Dense("input.weight", "input", _gateCount * hidden, dimension, dimension),
            Dense("composition.weight", "composition", _gateCount * hidden, hidden, hidden), Dense("composition.bias", "composition", 1, _gateCount * hidden, hidden),
        ];
    }

    /// <summary><c>input.weight</c> [4 hidden x dimension: i, u, f, o], <c>composition.weight</c> [4 hidden x hidden], <c>composition.bias</c>; without an output gate 3 in place of 4.</summary>
    public override IReadOnlyList<TableSpec> Tables { get; }

    private int GateWidth => _gateCount * Width;

    public override string? WhyNot(Tree tree, int words) => null;

    protected override void Compose(TreeLevels levels, IReadOnlyList<float[]> values)
    {
        Clear(ref _products, levels.States * GateWidth);
        Clear(ref _gates, levels.States * GateWidth);
        Clear(ref _forget, levels.Links * Width);
        Tensor weight = _weight.Read(values[Weight]);
        float[] bias = _weight.ReadBias(values[Bias]);
        for (int level = 0; level < levels.Count; level++)
        {
            using var scope = NewDisposeScope();
            int first = levels.Start(level), count = levels.End(level) - first;
            for (int state = first; state < levels.End(level); state++)
                ComputeNode(levels, state, bias);
            if (level == levels.Count - 1)
                break;
            Tensor read = empty(count, Width, dtype: float32);
            States.Slice(first * Width, count * Width).CopyTo(TorchSoftmax.Floats(read));
            TorchSoftmax.Floats(nn.functional.linear(read, weight)).CopyTo(_products.AsSpan(first * GateWidth));
        }
    }

    protected override void Decompose(TreeLevels levels, IReadOnlyList<float[]> values, IReadOnlyList<float[]?> gradients)
    {
        Clear(ref _productGradients, levels.States * GateWidth);
        Clear(ref _gateGradients, levels.States * GateWidth);
        Tensor weight = _weight.Read(values[Weight]);
        for (int level = levels.Count - 1; level >= 0; level--)
        {
            using var scope = NewDisposeScope();
            int first = levels.Start(level), count = levels.End(level) - first;
            if (level < levels.Count - 1)
            {
                Tensor reached = empty(count, GateWidth, dtype: float32);
                _productGradients.AsSpan(first * GateWidth, count * GateWidth).CopyTo(TorchSoftmax.Floats(reached));
                RowMath.AddScaled(StateGradient.Slice(first * Width, count * Width), TorchSoftmax.Floats(reached.matmul(weight)), 1);
            }

            for (int state = first; state < levels.End(level); state++)
                DecomposeNode(levels, state);
        }

        if (gradients[Bias] is { } bias)
            _weight.WriteBias(_gateGradients.AsSpan(0, levels.States * GateWidth), bias);
        if (gradients[Weight] is { } weightGradient)
            _weight.Write(TorchSoftmax.Floats(TorchSoftmax.Matrix(_productGradients, levels.States, GateWidth).t().matmul(StatesMatrix(levels))), weightGradient);
    }

    private Tensor StatesMatrix(TreeLevels levels)
    {
        Tensor matrix = empty(levels.States, Width, dtype: float32);
        States[..(levels.States * Width)].CopyTo(TorchSoftmax.Floats(matrix));
        return matrix;
    }

    private void ComputeNode(TreeLevels levels, int state, float[] bias)
    {
        ReadOnlySpan<float> read = Projected.Slice(levels.Word(state) * ProjectedWidth, ProjectedWidth);
        ReadOnlySpan<int> children = levels.Children(state);
        Span<float> gates = _gates.AsSpan(state * GateWidth, GateWidth);
        int link = levels.FirstLink(state);
        for (int i = 0; i < Width; i += 8)
        {
            var input = Load(read, i) + Load(bias, i);
            var update = Load(read, Width + i) + Load(bias, Width + i);
            var forgetBase = Load(read, (2 * Width) + i) + Load(bias, (2 * Width) + i);
            foreach (int child in children)
            {
                input += Load(_products, (child * GateWidth) + i);
                update += Load(_products, (child * GateWidth) + Width + i);
            }

            input = Sigmoid(input);
            update = Tanh(update);
            var cell = input * update;
            for (int k = 0; k < children.Length; k++)
            {
                var forget = Sigmoid(forgetBase + Load(_products, (children[k] * GateWidth) + (2 * Width) + i));
                Store(forget, _forget, ((link + k) * Width) + i);
                cell += forget * Load(Cells, (children[k] * Width) + i);
            }

            var tanh = Tanh(cell);
            var hidden = tanh;
            if (_outputGate)
            {
                var output = Load(read, (3 * Width) + i) + Load(bias, (3 * Width) + i);
                foreach (int child in children)
                    output += Load(_products, (child * GateWidth) + (3 * Width) + i);
                output = Sigmoid(output);
                Store(output, gates, (3 * Width) + i);
                hidden *= output;
            }

            int at = (state * Width) + i;
            Store(input, gates, i);
            Store(update, gates, Width + i);
            Store(cell, Cells, at);
            Store(tanh, CellTanh, at);
            Store(hidden, WritableStates, at);
        }
    }

    private void DecomposeNode(TreeLevels levels, int state)
    {
        ReadOnlySpan<int> children = levels.Children(state);
        ReadOnlySpan<float> gates = _gates.AsSpan(state * GateWidth, GateWidth);
        Span<float> to = _gateGradients.AsSpan(state * GateWidth, GateWidth);
        int link = levels.FirstLink(state);
        for (int i = 0; i < Width; i += 8)
        {
            int at = (state * Width) + i;
            var input = Load(gates, i);
            var update = Load(gates, Width + i);
            var tanh = Load(CellTanh, at);
            var reached = Load(StateGradient, at);
            var throughCell = reached;
            if (_outputGate)
            {
                var output = Load(gates, (3 * Width) + i);
                Store(reached * tanh * Slope(output), to, (3 * Width) + i);
                throughCell *= output;
            }

            var cell = Load(CellGradient, at) + (throughCell * TanhSlope(tanh));
            Store(cell * update * Slope(input), to, i);
            Store(cell * input * TanhSlope(update), to, Width + i);
            var forgets = System.Runtime.Intrinsics.Vector256<float>.Zero;
            for (int k = 0; k < children.Length; k++)
            {
                int child = (children[k] * Width) + i;
                var forget = Load(_forget, ((link + k) * Width) + i);
                var one = cell * Load(Cells, child) * Slope(forget);
                Add(one, _productGradients, (children[k] * GateWidth) + (2 * Width) + i);
                Add(cell * forget, CellGradient, child);
                forgets += one;
            }

            Store(forgets, to, (2 * Width) + i);
        }

        foreach (int child in children)
        {
            Span<float> product = _productGradients.AsSpan(child * GateWidth, GateWidth);
            RowMath.AddScaled(product[..(2 * Width)], to[..(2 * Width)], 1);
            RowMath.AddScaled(product[(3 * Width)..], to[(3 * Width)..], 1);
        }

        RowMath.AddScaled(ProjectedGradient.Slice(levels.Word(state) * ProjectedWidth, ProjectedWidth), to, 1);
    }
}
