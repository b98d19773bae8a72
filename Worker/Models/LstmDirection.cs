using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using static TorchSharp.torch;

namespace DistEmbed.Worker.Models;

/// <summary>
/// One layer of LSTM cells (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000) that reads sentences in one direction:
/// i, f, o = sigmoid(W x + U h + b), g = tanh(W x + U h + b), c = f c + i g, h = o tanh(c), from c = h = 0. Sentences are stepped together
/// (<see cref="SentenceSteps"/>); the products with x are one matrix product for all words, those with h one a step. Torch multiplies matrices; gates and their
/// derivatives are managed code, since a tensor operation costs more than the arithmetic of so few numbers. Back-propagation goes through whole sentences.
/// <para>
/// A gate's units are padded with units of zero weight to whole vectors of eight: their cells stay zero.
/// </para>
/// </summary>
internal sealed class LstmDirection
{
    private const int Gates = 4;

    private readonly int _inputs;
    private readonly int _hidden;
    private readonly int _stride;
    private readonly bool _fromEnd;
    private readonly float[] _row;
    private float[] _gates = [];
    private float[] _cells = [];
    private float[] _squashed = [];
    private float[] _outputs = [];
    private float[] _gateGradient = [];
    private float[] _cellGradient = [];

    /// <summary>Creates the layer.</summary>
    /// <param name="inputs">Numbers that it reads a word.</param>
    /// <param name="hidden">Units.</param>
    /// <param name="fromEnd">Whether it reads sentences from their end.</param>
    public LstmDirection(int inputs, int hidden, bool fromEnd)
    {
        (_inputs, _hidden, _fromEnd) = (inputs, hidden, fromEnd);
        _stride = (hidden + Vector256<float>.Count - 1) / Vector256<float>.Count * Vector256<float>.Count;
        _row = new float[_stride];
    }

    /// <summary>Reads the sentences and keeps what <see cref="Backward"/> needs.</summary>
    /// <param name="steps">The sentences.</param>
    /// <param name="input">[rows x inputs].</param>
    /// <param name="weights">The weights.</param>
    /// <param name="output">[rows x <paramref name="width"/>]: takes h of every word from <paramref name="first"/> on in its row.</param>
    /// <param name="first">Where h starts in a row.</param>
    /// <param name="width">Numbers a row.</param>
    public void Forward(SentenceSteps steps, float[] input, LstmWeights<float[]> weights, float[] output, int first, int width)
    {
        using var scope = NewDisposeScope();
        using var plain = no_grad();
        Grow(steps);
        Tensor fromInput = InOrder(steps, input).matmul(Padded(weights.Input, _inputs, _inputs).t());
        Tensor recurrent = Padded(weights.Recurrent, _hidden, _stride).t();
        float[] bias = PaddedBias(weights.Bias);
        ReadOnlySpan<float> products = TorchSoftmax.Floats(fromInput);
        for (int step = 0; step < steps.Steps; step++)
        {
            using var inStep = NewDisposeScope();
            int at = steps.First(step), before = step == 0 ? 0 : steps.First(step - 1), count = steps.Count(step);
            ReadOnlySpan<float> fromState = step == 0 ? default : TorchSoftmax.Floats(Rows(_outputs, before, count, _stride).matmul(recurrent));
            for (int i = 0; i < count; i++)
            {
                int row = at + i;
                ReadOnlySpan<float> state = step == 0 ? default : fromState.Slice(i * Gates * _stride, Gates * _stride);
                Cell(row, step == 0 ? -1 : before + i, products.Slice(row * Gates * _stride, Gates * _stride), state, bias);
                _outputs.AsSpan(row * _stride, _hidden).CopyTo(output.AsSpan((Source(steps, row) * width) + first));
            }
        }
    }

    /// <summary>Takes the gradient of what <see cref="Forward"/> computed last back to weights and inputs; each only where there is an array, to which it is added.</summary>
    /// <param name="steps">The sentences of <see cref="Forward"/>.</param>
    /// <param name="input">Its input.</param>
    /// <param name="weights">Its weights.</param>
    /// <param name="outputGradient">Gradient of its output, laid out as that is.</param>
    /// <param name="first">As in <see cref="Forward"/>.</param>
    /// <param name="width">As in <see cref="Forward"/>.</param>
    /// <param name="gradients">Gradients of the weights.</param>
    /// <param name="inputGradient">Gradient of the input, [rows x inputs].</param>
    public void Backward(
        SentenceSteps steps, float[] input, LstmWeights<float[]> weights, float[] outputGradient, int first, int width, LstmWeights<float[]?> gradients, float[]? inputGradient)
    {
        using var scope = NewDisposeScope();
        using var plain = no_grad();
        Tensor recurrent = Padded(weights.Recurrent, _hidden, _stride);
        for (int step = steps.Steps - 1; step >= 0; step--)
        {
            using var inStep = NewDisposeScope();
            int at = steps.First(step), before = step == 0 ? 0 : steps.First(step - 1), later = step + 1 < steps.Steps ? steps.Count(step + 1) : 0;
            ReadOnlySpan<float> fromLater = later == 0 ? default
                : TorchSoftmax.Floats(Rows(_gateGradient, steps.First(step + 1), later, Gates * _stride).matmul(recurrent));
            for (int i = 0; i < steps.Count(step); i++)
            {
                outputGradient.AsSpan((Source(steps, at + i) * width) + first, _hidden).CopyTo(_row);
                if (i >= later)
                    _cellGradient.AsSpan(i * _stride, _stride).Clear();
                CellBackward(at + i, step == 0 ? -1 : before + i, i < later ? fromLater.Slice(i * _stride, _stride) : default, _cellGradient.AsSpan(i * _stride, _stride));
            }
        }

        AddWeightGradients(steps, input, gradients);
        if (inputGradient is not null)
            AddInputGradient(steps, weights.Input, inputGradient);
    }

    private int Source(SentenceSteps steps, int row) => _fromEnd ? steps.Mirror(row) : row;

    private void Cell(int row, int before, ReadOnlySpan<float> fromInput, ReadOnlySpan<float> fromState, ReadOnlySpan<float> bias)
    {
        Span<float> gates = _gates.AsSpan(row * Gates * _stride, Gates * _stride);
        ReadOnlySpan<float> cellBefore = before < 0 ? default : _cells.AsSpan(before * _stride, _stride);
        for (int k = 0; k < _stride; k += Vector256<float>.Count)
        {
            Vector256<float> i = Sigmoid(Sum(fromInput, fromState, bias, k));
            Vector256<float> f = Sigmoid(Sum(fromInput, fromState, bias, _stride + k));
            Vector256<float> g = Tanh(Sum(fromInput, fromState, bias, (2 * _stride) + k));
            Vector256<float> o = Sigmoid(Sum(fromInput, fromState, bias, (3 * _stride) + k));
            Vector256<float> c = i * g;
            if (before >= 0)
                c += f * At(cellBefore, k);
            Vector256<float> squashed = Tanh(c);
            i.CopyTo(gates[k..]);
            f.CopyTo(gates[(_stride + k)..]);
            g.CopyTo(gates[((2 * _stride) + k)..]);
            o.CopyTo(gates[((3 * _stride) + k)..]);
            c.CopyTo(_cells.AsSpan((row * _stride) + k));
            squashed.CopyTo(_squashed.AsSpan((row * _stride) + k));
            (o * squashed).CopyTo(_outputs.AsSpan((row * _stride) + k));
        }
    }

    /// <summary>The gradient of h is that of the output (in the scratch row) and of the step after; that of c goes on to the step before.</summary>
    private void CellBackward(int row, int before, ReadOnlySpan<float> fromLater, Span<float> cellGradient)
    {
        ReadOnlySpan<float> gates = _gates.AsSpan(row * Gates * _stride, Gates * _stride);
        Span<float> gradient = _gateGradient.AsSpan(row * Gates * _stride, Gates * _stride);
        ReadOnlySpan<float> cellBefore = before < 0 ? default : _cells.AsSpan(before * _stride, _stride);
        Vector256<float> one = Vector256<float>.One;
        for (int k = 0; k < _stride; k += Vector256<float>.Count)
        {
            Vector256<float> i = At(gates, k), f = At(gates, _stride + k), g = At(gates, (2 * _stride) + k), o = At(gates, (3 * _stride) + k);
            Vector256<float> squashed = At(_squashed, (row * _stride) + k);
            Vector256<float> h = At(_row, k);
            if (!fromLater.IsEmpty)
                h += At(fromLater, k);
            Vector256<float> c = At(cellGradient, k) + (h * o * (one - (squashed * squashed)));
            (c * g * i * (one - i)).CopyTo(gradient[k..]);
            (before < 0 ? Vector256<float>.Zero : c * At(cellBefore, k) * f * (one - f)).CopyTo(gradient[(_stride + k)..]);
            (c * i * (one - (g * g))).CopyTo(gradient[((2 * _stride) + k)..]);
            (h * squashed * o * (one - o)).CopyTo(gradient[((3 * _stride) + k)..]);
            (c * f).CopyTo(cellGradient[k..]);
        }
    }

    private void AddWeightGradients(SentenceSteps steps, float[] input, LstmWeights<float[]?> gradients)
    {
        int columns = Gates * _stride;
        if (gradients.Input is { } ofInput)
            AddUnpadded(Rows(_gateGradient, 0, steps.Rows, columns).t().matmul(InOrder(steps, input)), _inputs, ofInput, _inputs);
        if (gradients.Recurrent is { } ofRecurrent && steps.Steps > 1)
        {
            int start = steps.First(1);
            Tensor before = empty(steps.Rows - start, _stride, dtype: float32);
            Span<float> to = TorchSoftmax.Floats(before);
            for (int step = 1; step < steps.Steps; step++)
                _outputs.AsSpan(steps.First(step - 1) * _stride, steps.Count(step) * _stride).CopyTo(to[((steps.First(step) - start) * _stride)..]);
            AddUnpadded(Rows(_gateGradient, start, steps.Rows - start, columns).t().matmul(before), _stride, ofRecurrent, _hidden);
        }

        if (gradients.Bias is { } ofBias)
        {
            for (int row = 0; row < steps.Rows; row++)
            {
                for (int gate = 0; gate < Gates; gate++)
                    RowMath.AddScaled(ofBias.AsSpan(gate * _hidden, _hidden), _gateGradient.AsSpan((row * columns) + (gate * _stride), _hidden), 1);
            }
        }
    }

    private void AddInputGradient(SentenceSteps steps, float[] weight, float[] inputGradient)
    {
        ReadOnlySpan<float> product = TorchSoftmax.Floats(Rows(_gateGradient, 0, steps.Rows, Gates * _stride).matmul(Padded(weight, _inputs, _inputs)));
        for (int row = 0; row < steps.Rows; row++)
            RowMath.AddScaled(inputGradient.AsSpan(Source(steps, row) * _inputs, _inputs), product.Slice(row * _inputs, _inputs), 1);
    }

    /// <summary>The input in the order in which it is read.</summary>
    private Tensor InOrder(SentenceSteps steps, float[] input)
    {
        Tensor matrix = empty(steps.Rows, _inputs, dtype: float32);
        Span<float> to = TorchSoftmax.Floats(matrix);
        for (int row = 0; row < steps.Rows; row++)
            input.AsSpan(Source(steps, row) * _inputs, _inputs).CopyTo(to[(row * _inputs)..]);
        return matrix;
    }

    /// <summary>A table [4 hidden x <paramref name="columns"/>] with units of zero weight: [4 stride x <paramref name="paddedColumns"/>].</summary>
    private Tensor Padded(float[] table, int columns, int paddedColumns)
    {
        Tensor matrix = empty(Gates * _stride, paddedColumns, dtype: float32);
        Span<float> to = TorchSoftmax.Floats(matrix);
        to.Clear();
        for (int gate = 0; gate < Gates; gate++)
        {
            for (int unit = 0; unit < _hidden; unit++)
                table.AsSpan(((gate * _hidden) + unit) * columns, columns).CopyTo(to[(((gate * _stride) + unit) * paddedColumns)..]);
        }

        return matrix;
    }

    private float[] PaddedBias(float[] table)
    {
        var bias = new float[Gates * _stride];
        for (int gate = 0; gate < Gates; gate++)
            table.AsSpan(gate * _hidden, _hidden).CopyTo(bias.AsSpan(gate * _stride));
        return bias;
    }

    private void AddUnpadded(Tensor padded, int paddedColumns, float[] to, int columns)
    {
        ReadOnlySpan<float> from = TorchSoftmax.Floats(padded.contiguous());
        for (int gate = 0; gate < Gates; gate++)
        {
            for (int unit = 0; unit < _hidden; unit++)
                RowMath.AddScaled(to.AsSpan(((gate * _hidden) + unit) * columns, columns), from.Slice(((gate * _stride) + unit) * paddedColumns, columns), 1);
        }
    }

    private void Grow(SentenceSteps steps)
    {
        if (_cells.Length >= steps.Rows * _stride)
            return;
        int size = steps.Rows * _stride;
        (_cells, _squashed, _outputs, _cellGradient) = (new float[size], new float[size], new float[size], new float[size]);
        (_gates, _gateGradient) = (new float[Gates * size], new float[Gates * size]);
    }

    private static Tensor Rows(float[] values, int first, int rows, int columns)
    {
        Tensor matrix = empty(rows, columns, dtype: float32);
        values.AsSpan(first * columns, rows * columns).CopyTo(TorchSoftmax.Floats(matrix));
        return matrix;
    }

    private static Vector256<float> At(ReadOnlySpan<float> values, int index) => Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(values), (nuint)index);

    private static Vector256<float> Sum(ReadOnlySpan<float> fromInput, ReadOnlySpan<float> fromState, ReadOnlySpan<float> bias, int index)
    {
        Vector256<float> sum = At(fromInput, index) + At(bias, index);
        return fromState.IsEmpty ? sum : sum + At(fromState, index);
    }

    private static Vector256<float> Sigmoid(Vector256<float> x) => Word2VecMath.Sigmoid(x).Sigmoid;

    // tanh x = sigmoid(2x) - sigmoid(-2x).
    private static Vector256<float> Tanh(Vector256<float> x)
    {
        (Vector256<float> sigmoid, Vector256<float> complement) = Word2VecMath.Sigmoid(x + x);
        return sigmoid - complement;
    }
}

/// <summary>The three tables of an LSTM layer and direction, gates in the order i, f, g, o.</summary>
/// <param name="Input">[4 hidden x inputs].</param>
/// <param name="Recurrent">[4 hidden x hidden].</param>
/// <param name="Bias">[4 hidden].</param>
internal readonly record struct LstmWeights<T>(T Input, T Recurrent, T Bias);
