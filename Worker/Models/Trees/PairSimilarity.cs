using DistEmbed.Protocol.Jobs;
using static TorchSharp.torch;

namespace DistEmbed.Worker.Models.Trees;

/// <summary>
/// The dense end of a model of pairs: a layer of logistic units, a linear layer, a softmax, and the Kullback-Leibler divergence from a wanted distribution, differentiated by torch.
/// Managed arrays go in and come out; no tensor outlives a call, and no operation takes a torch scalar (see <see cref="TorchSoftmax"/>).
/// </summary>
/// <param name="width">Features a pair.</param>
/// <param name="units">Logistic units.</param>
/// <param name="labels">Outcomes of the softmax.</param>
internal sealed class PairSimilarity(int width, int units, int labels)
{
    /// <summary><c>similarity.weight</c> [units x width], <c>similarity.bias</c>, <c>output.weight</c> [labels x units], <c>output.bias</c>.</summary>
    public IReadOnlyList<TableSpec> Tables { get; } =
    [
        Table("similarity.weight", "similarity", units, width, width), Table("similarity.bias", "similarity", 1, units, width),
        Table("output.weight", "output", labels, units, units), Table("output.bias", "output", 1, labels, units),
    ];

    /// <summary>Sum of the pairs' divergences, and the gradients of that sum divided by <paramref name="batchSize"/>, each only where there is an array.</summary>
    /// <param name="features">[pairs x width].</param>
    /// <param name="targets">[pairs x labels].</param>
    /// <param name="batchSize">Pairs of the whole step.</param>
    /// <param name="values">The tables.</param>
    /// <param name="featureGradient">Takes the gradient of the features, or null.</param>
    /// <param name="gradients">Take the gradients of the tables, or null.</param>
    public double Train(float[] features, float[] targets, int batchSize, IReadOnlyList<float[]> values, float[]? featureGradient, IReadOnlyList<float[]?> gradients)
    {
        using var scope = NewDisposeScope();
        int pairs = targets.Length / labels;
        Tensor x = TorchSoftmax.Matrix(features, pairs, width);
        Tensor[] tables = Read(values);
        (Tensor Leaf, float[]? Gradient)[] leaves = [(x, featureGradient), .. tables.Select((table, i) => (table, gradients[i]))];
        leaves = [.. leaves.Where(leaf => leaf.Gradient is not null)];
        foreach ((Tensor leaf, _) in leaves)
            leaf.requires_grad_();
        Tensor logs = Logits(x, tables).log_softmax(1);
        double sum = 0;
        ReadOnlySpan<float> log = TorchSoftmax.Floats(logs.detach());
        for (int i = 0; i < targets.Length; i++)
        {
            if (targets[i] > 0)
                sum += targets[i] * (Math.Log(targets[i]) - log[i]);
        }

        if (leaves.Length > 0)
        {
            Tensor reached = empty(pairs, labels, dtype: float32);
            Span<float> to = TorchSoftmax.Floats(reached);
            for (int i = 0; i < targets.Length; i++)
                to[i] = -targets[i] / batchSize;
            IList<Tensor> derivatives = autograd.grad([logs], [.. leaves.Select(leaf => leaf.Leaf)], [reached]);
            for (int i = 0; i < leaves.Length; i++)
                TorchSoftmax.Floats(derivatives[i].contiguous()).CopyTo(leaves[i].Gradient);
        }

        return sum;
    }

    /// <summary>Distributions of the pairs, [pairs x labels].</summary>
    public float[] Probabilities(float[] features, int pairs, IReadOnlyList<float[]> values)
    {
        using var scope = NewDisposeScope();
        using var evaluation = no_grad();
        return TorchSoftmax.Floats(Logits(TorchSoftmax.Matrix(features, pairs, width), Read(values)).softmax(1)).ToArray();
    }

    private static Tensor Logits(Tensor features, Tensor[] tables) =>
        nn.functional.linear(nn.functional.linear(features, tables[0], tables[1]).sigmoid(), tables[2], tables[3]);

    private static TableSpec Table(string name, string group, int rows, int columns, int reads) =>
        new(name, group, rows, columns, new RowInit.Uniform(1 / MathF.Sqrt(reads)), Dense: true);

    private Tensor[] Read(IReadOnlyList<float[]> values) =>
    [
        TorchSoftmax.Matrix(values[0], units, width), TorchSoftmax.Matrix(values[1], 1, units).reshape(units),
        TorchSoftmax.Matrix(values[2], labels, units), TorchSoftmax.Matrix(values[3], 1, labels).reshape(labels),
    ];
}
