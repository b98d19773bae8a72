using static TorchSharp.torch;

namespace DistEmbed.Worker.Models.Trees;

/// <summary>
/// A weight of gates, as a matrix whose blocks of units are padded with zeros to whole vectors of the processor, so that what computes gates has no rest to care for. Zeros
/// stay without effect: a unit of padding has the state zero and passes no gradient.
/// </summary>
/// <param name="gates">Blocks of rows.</param>
/// <param name="units">Rows a block, unpadded.</param>
/// <param name="inputs">Blocks of columns.</param>
/// <param name="size">Columns a block, unpadded.</param>
/// <param name="padsInputs">Whether columns are units too, and padded.</param>
internal sealed class PaddedWeight(int gates, int units, int inputs, int size, bool padsInputs)
{
    private readonly int _stride = Pad(units);
    private readonly int _columnStride = padsInputs ? Pad(size) : size;

    /// <summary>Rows with padding.</summary>
    public int Rows => gates * _stride;

    /// <summary>Columns with padding.</summary>
    public int Columns => inputs * _columnStride;

    /// <summary>Units with padding: the next multiple of eight.</summary>
    public static int Pad(int units) => (units + 7) / 8 * 8;

    /// <summary>The padded matrix of values [gates * units x inputs * size].</summary>
    public Tensor Read(float[] values)
    {
        Tensor matrix = empty(Rows, Columns, dtype: float32);
        Span<float> to = TorchSoftmax.Floats(matrix);
        to.Clear();
        for (int row = 0; row < gates * units; row++)
        {
            for (int input = 0; input < inputs; input++)
                values.AsSpan((row * inputs * size) + (input * size), size).CopyTo(to[((Padded(row) * Columns) + (input * _columnStride))..]);
        }

        return matrix;
    }

    /// <summary>Takes the padding off a gradient.</summary>
    public void Write(ReadOnlySpan<float> padded, float[] gradient)
    {
        for (int row = 0; row < gates * units; row++)
        {
            for (int input = 0; input < inputs; input++)
                padded.Slice((Padded(row) * Columns) + (input * _columnStride), size).CopyTo(gradient.AsSpan((row * inputs * size) + (input * size)));
        }
    }

    /// <summary>A bias [gates * units] with padding.</summary>
    public float[] ReadBias(float[] bias)
    {
        var padded = new float[Rows];
        for (int gate = 0; gate < gates; gate++)
            bias.AsSpan(gate * units, units).CopyTo(padded.AsSpan(gate * _stride));
        return padded;
    }

    /// <summary>The gradient of a bias: the sum of the rows of what reaches the gates, in order.</summary>
    public void WriteBias(ReadOnlySpan<float> gateGradients, float[] gradient)
    {
        var sum = new float[Rows];
        for (int from = 0; from < gateGradients.Length; from += Rows)
            RowMath.AddScaled(sum, gateGradients.Slice(from, Rows), 1);
        for (int gate = 0; gate < gates; gate++)
            sum.AsSpan(gate * _stride, units).CopyTo(gradient.AsSpan(gate * units));
    }

    private int Padded(int row) => (row / units * _stride) + (row % units);
}
