using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using DistEmbed.Protocol.Jobs;
using static TorchSharp.torch;

namespace DistEmbed.Worker.Models.Trees;

/// <summary>
/// Computes the states of trees, level by level: what the nodes of a level read is gathered, torch multiplies it once by the weights, and the gates are computed here. Backward
/// likewise, from the roots down, by the derivatives written out. Managed arrays go in and come out, and no tensor outlives a call. Sums have the order of the states, so that equal
/// slices give equal bits.
/// <para>
/// The tables are the embedding, <c>input.weight</c> (what reads a word's vector) and those of the composition. One bias a gate, where Tai's code has two that are added: the same
/// function. Weights and biases start uniform in ±1/sqrt(numbers that a unit reads of one source), as the linear layers of that code.
/// </para>
/// </summary>
internal abstract class TreeComposer
{
    protected const int Embedding = 0;
    protected const int InputWeight = 1;

    private readonly PaddedWeight _input;
    private float[] _states = [];
    private float[] _cells = [];
    private float[] _cellTanh = [];
    private float[] _stateGradient = [];
    private float[] _cellGradient = [];
    private float[] _projected = [];
    private float[] _projectedGradient = [];

    /// <summary>Creates the composer.</summary>
    /// <param name="dimension">Numbers a word vector.</param>
    /// <param name="hidden">Numbers a state.</param>
    /// <param name="inputGates">Gates that read a word.</param>
    protected TreeComposer(int dimension, int hidden, int inputGates)
    {
        (Dimension, Hidden, Width) = (dimension, hidden, PaddedWeight.Pad(hidden));
        _input = new PaddedWeight(inputGates, hidden, 1, dimension, padsInputs: false);
    }

    /// <summary>The tables after the embedding, <c>input.weight</c> first.</summary>
    public abstract IReadOnlyList<TableSpec> Tables { get; }

    /// <summary>Numbers a word vector.</summary>
    protected int Dimension { get; }

    /// <summary>Numbers a state.</summary>
    public int Hidden { get; }

    /// <summary>Distance of one state from the next in <see cref="States"/>: <see cref="Hidden"/> and padding.</summary>
    public int Width { get; }

    /// <summary>The states that <see cref="Forward"/> computed, [states x <see cref="Width"/>].</summary>
    public ReadOnlySpan<float> States => _states;

    /// <summary>Where the gradient of the states goes before <see cref="Backward"/>, laid out as they are; <see cref="Forward"/> clears it.</summary>
    public Span<float> StateGradient => _stateGradient;

    protected Span<float> Cells => _cells;

    protected Span<float> CellTanh => _cellTanh;

    protected Span<float> CellGradient => _cellGradient;

    protected Span<float> WritableStates => _states;

    /// <summary>What gates read of each touched word, [touched + 1 x gates that read words * width]; the last row is zero.</summary>
    protected ReadOnlySpan<float> Projected => _projected;

    protected Span<float> ProjectedGradient => _projectedGradient;

    protected int ProjectedWidth => _input.Rows;

    /// <summary>Why a tree cannot be composed; null: it can.</summary>
    public abstract string? WhyNot(Corpus.Trees.Tree tree, int words);

    /// <summary>Computes the states of all nodes.</summary>
    public void Forward(TreeLevels levels, IReadOnlyList<float[]> values)
    {
        using var scope = NewDisposeScope();
        using var plain = no_grad();
        Clear(ref _states, levels.States * Width);
        Clear(ref _cells, levels.States * Width);
        Clear(ref _cellTanh, levels.States * Width);
        Clear(ref _stateGradient, levels.States * Width);
        Clear(ref _cellGradient, levels.States * Width);
        Clear(ref _projected, (levels.Touched + 1) * ProjectedWidth);
        Tensor vectors = TorchSoftmax.Matrix(values[Embedding], levels.Touched, Dimension);
        if (levels.Touched > 0)
            TorchSoftmax.Floats(nn.functional.linear(vectors, _input.Read(values[InputWeight]))).CopyTo(_projected);
        Compose(levels, values);
    }

    /// <summary>Takes the gradient of the states back to the tables; each only where there is an array.</summary>
    /// <param name="levels">What <see cref="Forward"/> computed last.</param>
    /// <param name="values">Its rows.</param>
    /// <param name="gradients">A table each, or null.</param>
    public void Backward(TreeLevels levels, IReadOnlyList<float[]> values, IReadOnlyList<float[]?> gradients)
    {
        using var scope = NewDisposeScope();
        using var plain = no_grad();
        Clear(ref _projectedGradient, (levels.Touched + 1) * ProjectedWidth);
        Decompose(levels, values, gradients);
        if (levels.Touched == 0)
        {
            gradients[InputWeight]?.AsSpan(0, _input.Rows / Width * Hidden * Dimension).Clear();
            return;
        }

        Tensor reached = TorchSoftmax.Matrix(_projectedGradient, levels.Touched, ProjectedWidth);
        if (gradients[Embedding] is { } embedding)
            TorchSoftmax.Floats(reached.matmul(_input.Read(values[InputWeight]))).CopyTo(embedding);
        if (gradients[InputWeight] is { } weight)
            _input.Write(TorchSoftmax.Floats(reached.t().matmul(TorchSoftmax.Matrix(values[Embedding], levels.Touched, Dimension))), weight);
    }

    /// <summary>Computes states and cells level by level.</summary>
    protected abstract void Compose(TreeLevels levels, IReadOnlyList<float[]> values);

    /// <summary>Takes <see cref="StateGradient"/> back to <see cref="ProjectedGradient"/> and to the composition's tables.</summary>
    protected abstract void Decompose(TreeLevels levels, IReadOnlyList<float[]> values, IReadOnlyList<float[]?> gradients);

    /// <summary>A dense table of the composition.</summary>
    protected static TableSpec Dense(string name, string group, int rows, int columns, int reads) =>
        new(name, group, rows, columns, new RowInit.Uniform(1 / MathF.Sqrt(reads)), Dense: true);

    /// <summary>An array of at least so many zeros in front.</summary>
    protected static void Clear(ref float[] array, int length)
    {
        if (array.Length < length)
            array = new float[length];
        else
            array.AsSpan(0, length).Clear();
    }

    protected static Vector256<float> Load(ReadOnlySpan<float> from, int index) => Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(from), (nuint)index);

    protected static void Store(Vector256<float> value, Span<float> to, int index) => value.StoreUnsafe(ref MemoryMarshal.GetReference(to), (nuint)index);

    protected static void Add(Vector256<float> value, Span<float> to, int index) => Store(Load(to, index) + value, to, index);

    protected static Vector256<float> Sigmoid(Vector256<float> x) => Word2VecMath.Sigmoid(x).Sigmoid;

    /// <summary>tanh x = 2 s(2x) - 1, with the complement of s in place of the one, which loses no digits at the ends.</summary>
    protected static Vector256<float> Tanh(Vector256<float> x)
    {
        (Vector256<float> sigmoid, Vector256<float> complement) = Word2VecMath.Sigmoid(x + x);
        return sigmoid - complement;
    }

    /// <summary>The derivative of the logistic function at its value.</summary>
    protected static Vector256<float> Slope(Vector256<float> gate) => gate * (Vector256<float>.One - gate);

    /// <summary>The derivative of tanh at its value.</summary>
    protected static Vector256<float> TanhSlope(Vector256<float> value) => Vector256<float>.One - (value * value);
}
