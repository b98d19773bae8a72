using DistEmbed.Protocol.Jobs;
using DistEmbed.Worker.Corpus.Trees;
using static TorchSharp.torch;

namespace DistEmbed.Worker.Models.Trees;

/// <summary>
/// The binary Tree-LSTM over constituency trees (Tai et al. 2015, section 3.2 with N = 2), as their code has it. A leaf: <c>c = W_c x + b_c</c>, <c>o = s(W_o x + b_o)</c>,
/// <c>h = o tanh(c)</c>, without an input gate. Another node reads its children l and r alone: <c>[i f_l f_r o u] = U [h_l; h_r] + b</c>,
/// <c>c = s(i) tanh(u) + s(f_l) c_l + s(f_r) c_r</c>, <c>h = s(o) tanh(c)</c>; both forget gates read both children.
/// </summary>
internal sealed class BinaryComposer : TreeComposer
{
    private const int InputBias = 2;
    private const int Weight = 3;
    private const int Bias = 4;
    private const int LeafGates = 2;
    private const int Gates = 5;

    private readonly PaddedWeight _weight;
    private readonly PaddedWeight _leaf;
    private float[] _pairs = [];
    private float[] _gates = [];
    private float[] _gateGradients = [];
    private float[] _leafGates = [];
    private float[] _leafGradients = [];

    public BinaryComposer(int dimension, int hidden)
        : base(dimension, hidden, LeafGates)
    {
        _weight = new PaddedWeight(Gates, hidden, 2, hidden, padsInputs: true);
        _leaf = new PaddedWeight(LeafGates, hidden, 1, dimension, padsInputs: false);
        Tables =
        [
            Dense("input.weight", "input", LeafGates * hidden, dimension, dimension), Dense("input.bias", "input", 1, LeafGates * hidden, dimension),
            Dense("composition.weight", "composition", Gates * hidden, 2 * hidden, hidden), Dense("composition.bias", "composition", 1, Gates * hidden, hidden),
        ];
    }

    /// <summary>
    /// <c>input.weight</c> [2 hidden x dimension: c, o], <c>input.bias</c>, <c>composition.weight</c> [5 hidden x 2 hidden: i, f_l, f_r, o, u over left, right],
    /// <c>composition.bias</c>.
    /// </summary>
    public override IReadOnlyList<TableSpec> Tables { get; }

    private int GateWidth => Gates * Width;

    public override string? WhyNot(Tree tree, int words)
    {
        for (int node = 0; node < tree.Nodes; node++)
        {
            if (tree.Children(node).Length != (node < words ? 0 : 2))
                return $"node {node + 1} has {tree.Children(node).Length} children, and a binary tree has its words at the leaves and two at any other node";
        }

        return null;
    }

    protected override void Compose(TreeLevels levels, IReadOnlyList<float[]> values)
    {
        int leaves = levels.Childless, inner = levels.States - leaves;
        Clear(ref _leafGates, leaves * Width);
        Clear(ref _pairs, inner * 2 * Width);
        Clear(ref _gates, inner * GateWidth);
        ComputeLeaves(levels, _leaf.ReadBias(values[InputBias]));
        if (inner == 0)
            return;
        Tensor weight = _weight.Read(values[Weight]);
        float[] bias = _weight.ReadBias(values[Bias]);
        for (int level = 1; level < levels.Count; level++)
        {
            using var scope = NewDisposeScope();
            int first = levels.Start(level), count = levels.End(level) - first;
            for (int state = first; state < levels.End(level); state++)
            {
                ReadOnlySpan<int> children = levels.Children(state);
                Span<float> pair = _pairs.AsSpan((state - leaves) * 2 * Width, 2 * Width);
                States.Slice(children[0] * Width, Width).CopyTo(pair);
                States.Slice(children[1] * Width, Width).CopyTo(pair[Width..]);
            }

            Tensor read = empty(count, 2 * Width, dtype: float32);
            _pairs.AsSpan((first - leaves) * 2 * Width, count * 2 * Width).CopyTo(TorchSoftmax.Floats(read));
            ReadOnlySpan<float> sums = TorchSoftmax.Floats(nn.functional.linear(read, weight));
            for (int state = first; state < levels.End(level); state++)
                ComputeNode(levels, state, sums.Slice((state - first) * GateWidth, GateWidth), bias, _gates.AsSpan((state - leaves) * GateWidth, GateWidth));
        }
    }

    protected override void Decompose(TreeLevels levels, IReadOnlyList<float[]> values, IReadOnlyList<float[]?> gradients)
    {
        int leaves = levels.Childless, inner = levels.States - leaves;
        Clear(ref _gateGradients, inner * GateWidth);
        Clear(ref _leafGradients, leaves * LeafGates * Width);
        Tensor weight = _weight.Read(values[Weight]);
        for (int level = levels.Count - 1; level >= 1; level--)
        {
            using var scope = NewDisposeScope();
            int first = levels.Start(level), count = levels.End(level) - first;
            for (int state = first; state < levels.End(level); state++)
                DecomposeNode(levels, state, _gates.AsSpan((state - leaves) * GateWidth, GateWidth), _gateGradients.AsSpan((state - leaves) * GateWidth, GateWidth));
            Tensor reached = empty(count, GateWidth, dtype: float32);
            _gateGradients.AsSpan((first - leaves) * GateWidth, count * GateWidth).CopyTo(TorchSoftmax.Floats(reached));
            ReadOnlySpan<float> pairs = TorchSoftmax.Floats(reached.matmul(weight));
            for (int state = first; state < levels.End(level); state++)
            {
                ReadOnlySpan<int> children = levels.Children(state);
                for (int side = 0; side < 2; side++)
                    RowMath.AddScaled(StateGradient.Slice(children[side] * Width, Width), pairs.Slice((((state - first) * 2) + side) * Width, Width), 1);
            }
        }

        DecomposeLeaves(levels);
        if (gradients[InputBias] is { } inputBias)
            _leaf.WriteBias(_leafGradients.AsSpan(0, leaves * LeafGates * Width), inputBias);
        if (gradients[Bias] is { } bias)
            _weight.WriteBias(_gateGradients.AsSpan(0, inner * GateWidth), bias);
        if (gradients[Weight] is { } weightGradient)
        {
            if (inner == 0)
                weightGradient.AsSpan(0, Gates * Hidden * 2 * Hidden).Clear();
            else
                _weight.Write(TorchSoftmax.Floats(TorchSoftmax.Matrix(_gateGradients, inner, GateWidth).t().matmul(TorchSoftmax.Matrix(_pairs, inner, 2 * Width))), weightGradient);
        }
    }

    private void ComputeLeaves(TreeLevels levels, float[] bias)
    {
        for (int state = 0; state < levels.Childless; state++)
        {
            ReadOnlySpan<float> read = Projected.Slice(levels.Word(state) * ProjectedWidth, ProjectedWidth);
            for (int i = 0; i < Width; i += 8)
            {
                var cell = Load(read, i) + Load(bias, i);
                var output = Sigmoid(Load(read, Width + i) + Load(bias, Width + i));
                var tanh = Tanh(cell);
                int at = (state * Width) + i;
                Store(cell, Cells, at);
                Store(tanh, CellTanh, at);
                Store(output, _leafGates, at);
                Store(output * tanh, WritableStates, at);
            }
        }
    }

    private void DecomposeLeaves(TreeLevels levels)
    {
        for (int state = 0; state < levels.Childless; state++)
        {
            Span<float> to = _leafGradients.AsSpan(state * LeafGates * Width, LeafGates * Width);
            for (int i = 0; i < Width; i += 8)
            {
                int at = (state * Width) + i;
                var output = Load(_leafGates, at);
                var tanh = Load(CellTanh, at);
                var reached = Load(StateGradient, at);
                Store(Load(CellGradient, at) + (reached * output * TanhSlope(tanh)), to, i);
                Store(reached * tanh * Slope(output), to, Width + i);
            }

            to.CopyTo(ProjectedGradient.Slice(levels.Word(state) * ProjectedWidth, ProjectedWidth));
        }
    }

    private void ComputeNode(TreeLevels levels, int state, ReadOnlySpan<float> sums, float[] bias, Span<float> gates)
    {
        ReadOnlySpan<int> children = levels.Children(state);
        int left = children[0] * Width, right = children[1] * Width;
        for (int i = 0; i < Width; i += 8)
        {
            var input = Sigmoid(Load(sums, i) + Load(bias, i));
            var forgetLeft = Sigmoid(Load(sums, Width + i) + Load(bias, Width + i));
            var forgetRight = Sigmoid(Load(sums, (2 * Width) + i) + Load(bias, (2 * Width) + i));
            var output = Sigmoid(Load(sums, (3 * Width) + i) + Load(bias, (3 * Width) + i));
            var update = Tanh(Load(sums, (4 * Width) + i) + Load(bias, (4 * Width) + i));
            var cell = (input * update) + (forgetLeft * Load(Cells, left + i)) + (forgetRight * Load(Cells, right + i));
            var tanh = Tanh(cell);
            int at = (state * Width) + i;
            Store(input, gates, i);
            Store(forgetLeft, gates, Width + i);
            Store(forgetRight, gates, (2 * Width) + i);
            Store(output, gates, (3 * Width) + i);
            Store(update, gates, (4 * Width) + i);
            Store(cell, Cells, at);
            Store(tanh, CellTanh, at);
            Store(output * tanh, WritableStates, at);
        }
    }

    private void DecomposeNode(TreeLevels levels, int state, ReadOnlySpan<float> gates, Span<float> to)
    {
        ReadOnlySpan<int> children = levels.Children(state);
        int left = children[0] * Width, right = children[1] * Width;
        for (int i = 0; i < Width; i += 8)
        {
            var input = Load(gates, i);
            var forgetLeft = Load(gates, Width + i);
            var forgetRight = Load(gates, (2 * Width) + i);
            var output = Load(gates, (3 * Width) + i);
            var update = Load(gates, (4 * Width) + i);
            int at = (state * Width) + i;
            var tanh = Load(CellTanh, at);
            var reached = Load(StateGradient, at);
            var cell = Load(CellGradient, at) + (reached * output * TanhSlope(tanh));
            Store(cell * update * Slope(input), to, i);
            Store(cell * Load(Cells, left + i) * Slope(forgetLeft), to, Width + i);
            Store(cell * Load(Cells, right + i) * Slope(forgetRight), to, (2 * Width) + i);
            Store(reached * tanh * Slope(output), to, (3 * Width) + i);
            Store(cell * input * TanhSlope(update), to, (4 * Width) + i);
            // One after the other: both children may be the same state.
            Add(cell * forgetLeft, CellGradient, left + i);
            Add(cell * forgetRight, CellGradient, right + i);
        }
    }
}
