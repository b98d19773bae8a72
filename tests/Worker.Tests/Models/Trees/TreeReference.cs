using DistEmbed.Worker.Corpus.Trees;
using DistEmbed.Worker.Models;

namespace DistEmbed.Worker.Tests.Models.Trees;

/// <summary>The equations of Tai et al. 2015 node by node in double precision, and derivatives by differences: nothing of the models' own arithmetic.</summary>
internal sealed class TreeReference(TextCnnParameters parameters, bool binary, bool outputGate)
{
    private readonly Dictionary<string, double[]> _values = parameters.Model.Tables.Zip(parameters.Values).ToDictionary(t => t.First.Name, t => t.Second.Select(v => (double)v).ToArray());

    private int Dimension => parameters.Model.Tables[0].Dimension;

    private int Hidden => parameters.Model.Tables.Single(t => t.Name == "composition.bias").Dimension / (binary ? 5 : outputGate ? 4 : 3);

    /// <summary>The summed loss of all labelled nodes, without dropout.</summary>
    public double Loss(Slice slice)
    {
        double sum = 0;
        foreach (int example in slice.Examples.Span)
        {
            int[] tokens = slice.Data.Tokens(example).ToArray();
            var tree = Tree.Read(slice.Data.Annotations(example), tokens.Length, Labels);
            (double[] H, double[] C)[] states = States(tree, tokens);
            for (int node = 0; node < tree.Nodes; node++)
            {
                if (tree.Label(node) >= 0)
                    sum -= Math.Log(Softmax(Affine("output.weight", "output.bias", 0, Labels, [.. states[node].H]))[tree.Label(node)]);
            }
        }

        return sum;
    }

    /// <summary>The label distributions at the roots.</summary>
    public double[] Probabilities(Slice slice) =>
    [
        .. slice.Examples.ToArray().SelectMany(example =>
        {
            int[] tokens = slice.Data.Tokens(example).ToArray();
            var tree = Tree.Read(slice.Data.Annotations(example), tokens.Length, Labels);
            return Softmax(Affine("output.weight", "output.bias", 0, Labels, States(tree, tokens)[tree.Root].H));
        }),
    ];

    /// <summary>The summed divergence of pairs.</summary>
    public double PairLoss(Slice slice)
    {
        double sum = 0;
        foreach (int example in slice.Examples.Span)
        {
            int[] tokens = slice.Data.Tokens(example).ToArray();
            (float score, Tree first, Tree second) = TreePair.Read(slice.Data.Annotations(example), tokens.Length, Labels);
            double[] one = States(first, tokens[..first.Nodes])[first.Root].H, other = States(second, tokens[first.Nodes..])[second.Root].H;
            double[] features = [.. one.Zip(other, (l, r) => l * r), .. one.Zip(other, (l, r) => Math.Abs(l - r))];
            int units = parameters.Model.Tables.Single(t => t.Name == "similarity.bias").Dimension;
            double[] p = Softmax(Affine("output.weight", "output.bias", 0, Labels, [.. Affine("similarity.weight", "similarity.bias", 0, units, features).Select(Sigmoid)]));
            for (int label = 0; label < Labels; label++)
            {
                double target = Math.Max(0, 1 - Math.Abs(score - label));
                if (target > 0)
                    sum += target * Math.Log(target / p[label]);
            }
        }

        return sum;
    }

    /// <summary>The derivative of a loss by every number of every table.</summary>
    public double[][] Derivatives(Func<double> loss)
    {
        const double Step = 1e-5;
        return [.. parameters.Model.Tables.Select(table =>
        {
            double[] values = _values[table.Name], derivatives = new double[values.Length];
            for (int i = 0; i < values.Length; i++)
            {
                if (i / table.Dimension == table.PaddingRow)
                    continue;
                double kept = values[i];
                values[i] = kept + Step;
                double above = loss();
                values[i] = kept - Step;
                derivatives[i] = (above - loss()) / (2 * Step);
                values[i] = kept;
            }

            return derivatives;
        })];
    }

    private int Labels => parameters.Model.Tables[^1].Dimension;

    private (double[] H, double[] C)[] States(Tree tree, int[] tokens)
    {
        var states = new (double[] H, double[] C)[tree.Nodes];
        foreach (int node in Enumerable.Range(0, tree.Nodes).OrderBy(tree.Height))
        {
            double[] x = node < tokens.Length ? [.. _values["embedding"].Skip(tokens[node] * Dimension).Take(Dimension)] : new double[Dimension];
            (double[] H, double[] C)[] children = [.. tree.Children(node).ToArray().Select(child => states[child])];
            states[node] = binary ? children.Length == 0 ? Leaf(x) : Node(children[0], children[1]) : ChildSum(x, children);
        }

        return states;
    }

    private (double[] H, double[] C) Leaf(double[] x)
    {
        double[] c = Affine("input.weight", "input.bias", 0, Hidden, x), o = Affine("input.weight", "input.bias", Hidden, Hidden, x);
        return ([.. c.Zip(o, (cell, gate) => Sigmoid(gate) * Math.Tanh(cell))], c);
    }

    private (double[] H, double[] C) Node((double[] H, double[] C) left, (double[] H, double[] C) right)
    {
        double[][] gate = [.. Enumerable.Range(0, 5).Select(g => Affine("composition.weight", "composition.bias", g * Hidden, Hidden, [.. left.H, .. right.H]))];
        double[] c = [.. Enumerable.Range(0, Hidden).Select(j =>
            (Sigmoid(gate[0][j]) * Math.Tanh(gate[4][j])) + (Sigmoid(gate[1][j]) * left.C[j]) + (Sigmoid(gate[2][j]) * right.C[j]))];
        return ([.. c.Select((cell, j) => Sigmoid(gate[3][j]) * Math.Tanh(cell))], c);
    }

    private (double[] H, double[] C) ChildSum(double[] x, (double[] H, double[] C)[] children)
    {
        double[] sum = [.. Enumerable.Range(0, Hidden).Select(j => children.Sum(child => child.H[j]))];
        double[] Gate(int gate, double[] h) =>
            [.. Affine("composition.weight", "composition.bias", gate * Hidden, Hidden, h).Zip(Affine("input.weight", null, gate * Hidden, Hidden, x), (u, w) => u + w)];
        double[] i = Gate(0, sum), u = Gate(1, sum);
        double[][] f = [.. children.Select(child => Gate(2, child.H))];
        double[] c = [.. Enumerable.Range(0, Hidden).Select(j => (Sigmoid(i[j]) * Math.Tanh(u[j])) + children.Select((child, k) => Sigmoid(f[k][j]) * child.C[j]).Sum())];
        double[] o = outputGate ? Gate(3, sum) : [];
        return ([.. c.Select((cell, j) => (outputGate ? Sigmoid(o[j]) : 1) * Math.Tanh(cell))], c);
    }

    private double[] Affine(string weight, string? bias, int first, int count, double[] x)
    {
        double[] w = _values[weight];
        return [.. Enumerable.Range(first, count).Select(row => (bias is null ? 0 : _values[bias][row]) + x.Select((v, j) => v * w[(row * x.Length) + j]).Sum())];
    }

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    private static double[] Softmax(double[] logits)
    {
        double sum = logits.Sum(Math.Exp);
        return [.. logits.Select(logit => Math.Exp(logit) / sum)];
    }
}
