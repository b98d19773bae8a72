using DistEmbed.Worker.Corpus.Trees;
using DistEmbed.Worker.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace DistEmbed.Benchmarks;

/// <summary>
/// The binary Tree-LSTM as one writes it with torch: a node at a time, differentiated by autograd. Reads and fills what <see cref="TreeLstm"/> does, without dropout.
/// </summary>
internal sealed class TreeNodeByNode(int dimension, int hidden, int outcomes)
{
    // Kept alive: TorchSharp frees a number that is made on the fly while torch still reads it.
    private static readonly Scalar s_one = 1.ToScalar();

    /// <summary>Summed loss of a slice, and the gradients of its tables.</summary>
    public (double Sum, float[][] Gradients) Train(Slice slice, int[] rows, IReadOnlyList<float[]> values)
    {
        using var scope = NewDisposeScope();
        (int Rows, int Columns)[] shapes = [(rows.Length, dimension), (2 * hidden, dimension), (1, 2 * hidden), (5 * hidden, 2 * hidden), (1, 5 * hidden), (outcomes, hidden), (1, outcomes)];
        Tensor[] leaves = [.. shapes.Select((shape, i) => tensor(values[i].AsSpan(0, shape.Rows * shape.Columns).ToArray(), shape.Rows, shape.Columns).requires_grad_())];
        Tensor[] biases = [.. new[] { 2, 4, 6 }.Select(table => leaves[table].squeeze(0))];
        var losses = new List<Tensor>();
        foreach (int example in slice.Examples.Span)
        {
            int[] words = slice.Data.Tokens(example).ToArray();
            var tree = Tree.Read(slice.Data.Annotations(example), words.Length, outcomes);
            var states = new (Tensor H, Tensor C)[tree.Nodes];
            foreach (int node in Enumerable.Range(0, tree.Nodes).OrderBy(tree.Height))
            {
                if (node < words.Length)
                {
                    Tensor both = nn.functional.linear(leaves[0].narrow(0, Array.BinarySearch(rows, words[node]), 1), leaves[1], biases[0]);
                    Tensor cell = both.narrow(1, 0, hidden);
                    states[node] = (both.narrow(1, hidden, hidden).sigmoid() * cell.tanh(), cell);
                }
                else
                {
                    ((Tensor H, Tensor C) left, (Tensor H, Tensor C) right) = (states[tree.Children(node)[0]], states[tree.Children(node)[1]]);
                    Tensor gates = nn.functional.linear(cat([left.H, right.H], 1), leaves[3], biases[1]);
                    Tensor Gate(int gate) => gates.narrow(1, gate * hidden, hidden);
                    Tensor cell = (Gate(0).sigmoid() * Gate(4).tanh()).add(Gate(1).sigmoid() * left.C, alpha: s_one).add(Gate(2).sigmoid() * right.C, alpha: s_one);
                    states[node] = (Gate(3).sigmoid() * cell.tanh(), cell);
                }

                if (tree.Label(node) >= 0)
                    losses.Add(nn.functional.cross_entropy(nn.functional.linear(states[node].H, leaves[5], biases[2]), tensor([(long)tree.Label(node)]), reduction: nn.Reduction.None));
            }
        }

        Tensor all = cat([.. losses], 0);
        Tensor share = tensor(Enumerable.Repeat(1f / slice.BatchSize, losses.Count).ToArray());
        IList<Tensor> gradients = autograd.grad([all], leaves, [share]);
        return (all.data<float>().ToArray().Sum(loss => (double)loss), [.. gradients.Select(g => g.contiguous().data<float>().ToArray())]);
    }
}
