using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace DistEmbed.Worker.Models;

/// <summary>
/// The dense end of a classifier: features, dropout, a linear layer and the cross entropy of its softmax, differentiated by torch. Managed arrays go in and
/// come out; no tensor outlives a call. Arrays may be longer than needed.
/// <para>
/// No operation here takes a torch scalar, and <c>tensor + tensor</c> does: TorchSharp 0.107 makes a finalizable object of the number (there, of the factor
/// one) and does not keep it alive during the native call, so a garbage collection at the wrong moment frees it there; training loops die of it within
/// thousands of steps with "Expected false to be true".
/// </para>
/// </summary>
internal static class TorchSoftmax
{
    /// <summary>Loss of a slice and its gradients, each of which is computed only where there is an array for it.</summary>
    /// <param name="features">[examples x width].</param>
    /// <param name="mask">What each feature is multiplied by, [examples x width]; null: dropout is off.</param>
    /// <param name="labels">One an example.</param>
    /// <param name="width">Features an example.</param>
    /// <param name="weight">[labels x width].</param>
    /// <param name="bias">[labels].</param>
    /// <param name="batchSize">What the summed loss is divided by before it is differentiated.</param>
    /// <param name="featureGradient">Takes the gradient of <paramref name="features"/>, or null.</param>
    /// <param name="weightGradient">Takes the gradient of <paramref name="weight"/>, or null.</param>
    /// <param name="biasGradient">Takes the gradient of <paramref name="bias"/>, or null.</param>
    /// <param name="judged">How many examples, from the first, are counted where the most probable of so many labels, from the first, is theirs; null: all of all.</param>
    /// <returns>Sum of the losses, and how many of the judged examples are classified correctly.</returns>
    public static (double Sum, int Correct) Train(
        float[] features, float[]? mask, long[] labels, int width, (float[] Values, int Labels) weight, float[] bias, int batchSize,
        float[]? featureGradient, float[]? weightGradient, float[]? biasGradient, (int Examples, int Labels)? judged = null)
    {
        using var scope = NewDisposeScope();
        Tensor x = Matrix(features, labels.Length, width);
        Tensor w = Matrix(weight.Values, weight.Labels, width);
        Tensor b = Vector(bias, weight.Labels);
        var leaves = new List<(Tensor Leaf, float[] Gradient)>(3);
        if (featureGradient is not null)
            leaves.Add((x.requires_grad_(), featureGradient));
        if (weightGradient is not null)
            leaves.Add((w.requires_grad_(), weightGradient));
        if (biasGradient is not null)
            leaves.Add((b.requires_grad_(), biasGradient));

        Tensor logits = Logits(mask is null ? x : x * Matrix(mask, labels.Length, width), w, b);
        Tensor losses = nn.functional.cross_entropy(logits, tensor(labels), reduction: nn.Reduction.None);
        if (leaves.Count > 0)
        {
            Tensor share = empty(labels.Length, dtype: float32);
            Floats(share).Fill(1f / batchSize);
            IList<Tensor> gradients = autograd.grad([losses], [.. leaves.Select(l => l.Leaf)], [share]);
            for (int i = 0; i < leaves.Count; i++)
                Floats(gradients[i].contiguous()).CopyTo(leaves[i].Gradient);
        }

        double sum = 0;
        foreach (float loss in Floats(losses))
            sum += loss;
        (int examples, int among) = judged ?? (labels.Length, weight.Labels);
        return (sum, Correct(Floats(logits), labels.AsSpan(0, examples), weight.Labels, among));
    }

    /// <summary>Probabilities of the labels, [examples x labels].</summary>
    public static float[] Probabilities(float[] features, int examples, int width, (float[] Values, int Labels) weight, float[] bias)
    {
        using var scope = NewDisposeScope();
        using var evaluation = no_grad();
        Tensor logits = Logits(Matrix(features, examples, width), Matrix(weight.Values, weight.Labels, width), Vector(bias, weight.Labels));
        return Floats(logits.softmax(1)).ToArray();
    }

    /// <summary>A tensor with a copy of the first values: copying costs a hundredth of what is computed from them, and torch aligns its own memory.</summary>
    public static Tensor Matrix(float[] values, int rows, int columns)
    {
        Tensor matrix = empty(rows, columns, dtype: float32);
        values.AsSpan(0, rows * columns).CopyTo(Floats(matrix));
        return matrix;
    }

    private static Tensor Vector(float[] values, int count)
    {
        Tensor vector = empty(count, dtype: float32);
        values.AsSpan(0, count).CopyTo(Floats(vector));
        return vector;
    }

    /// <summary>The memory of a contiguous tensor; valid as long as the tensor.</summary>
    public static Span<float> Floats(Tensor tensor) => MemoryMarshal.Cast<byte, float>(tensor.bytes);

    private static Tensor Logits(Tensor features, Tensor weight, Tensor bias) => nn.functional.linear(features, weight, bias);

    private static int Correct(ReadOnlySpan<float> logits, ReadOnlySpan<long> labels, int labelCount, int among)
    {
        int correct = 0;
        for (int i = 0; i < labels.Length; i++)
        {
            ReadOnlySpan<float> row = logits.Slice(i * labelCount, labelCount);
            int best = 0;
            for (int label = 1; label < among; label++)
            {
                if (row[label] > row[best])
                    best = label;
            }

            if (best == labels[i])
                correct++;
        }

        return correct;
    }
}
