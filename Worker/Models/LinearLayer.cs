using static TorchSharp.torch;

namespace DistEmbed.Worker.Models;

/// <summary>A linear layer over rows, y = W x + b, and its derivatives: torch's matrix products, no scalar among them. Arrays may be longer than needed.</summary>
/// <param name="width">Numbers that it reads a row.</param>
/// <param name="units">Numbers that it gives a row.</param>
internal sealed class LinearLayer(int width, int units)
{
    /// <summary>Computes [rows x units].</summary>
    /// <param name="input">[rows x width].</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="weight">[units x width].</param>
    /// <param name="bias">[units].</param>
    public float[] Forward(float[] input, int rows, float[] weight, float[] bias)
    {
        if (rows == 0)
            return [];
        using var scope = NewDisposeScope();
        using var plain = no_grad();
        float[] output = TorchSoftmax.Floats(TorchSoftmax.Matrix(input, rows, width).matmul(TorchSoftmax.Matrix(weight, units, width).t())).ToArray();
        for (int row = 0; row < rows; row++)
            RowMath.AddScaled(output.AsSpan(row * units, units), bias.AsSpan(0, units), 1);
        return output;
    }

    /// <summary>Takes the gradient of the output back; each part only where there is an array, which is overwritten.</summary>
    /// <param name="input">Input of <see cref="Forward"/>.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="weight">The weight.</param>
    /// <param name="outputGradient">[rows x units].</param>
    /// <param name="inputGradient">Takes [rows x width].</param>
    /// <param name="weightGradient">Takes [units x width].</param>
    /// <param name="biasGradient">Takes [units].</param>
    public void Backward(float[] input, int rows, float[] weight, float[] outputGradient, float[]? inputGradient, float[]? weightGradient, float[]? biasGradient)
    {
        weightGradient?.AsSpan(0, units * width).Clear();
        biasGradient?.AsSpan(0, units).Clear();
        if (rows == 0)
            return;
        using var scope = NewDisposeScope();
        using var plain = no_grad();
        Tensor gradient = TorchSoftmax.Matrix(outputGradient, rows, units);
        if (inputGradient is not null)
            TorchSoftmax.Floats(gradient.matmul(TorchSoftmax.Matrix(weight, units, width))).CopyTo(inputGradient);
        if (weightGradient is not null)
            TorchSoftmax.Floats(gradient.t().matmul(TorchSoftmax.Matrix(input, rows, width)).contiguous()).CopyTo(weightGradient);
        for (int row = 0; row < rows && biasGradient is not null; row++)
            RowMath.AddScaled(biasGradient.AsSpan(0, units), outputGradient.AsSpan(row * units, units), 1);
    }
}
