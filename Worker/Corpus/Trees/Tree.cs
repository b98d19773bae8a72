namespace DistEmbed.Worker.Corpus.Trees;

/// <summary>
/// A tree over the words of a sentence. Its first nodes are the words in their order; other nodes follow and have children. A constituency tree of n words has its words at
/// the leaves; in a dependency tree every node is a word.
/// <para>
/// As annotations of an example it is two numbers a node, in the order of the nodes: the node of the parent, or -1 for the root; and the label, or -1 for none.
/// </para>
/// </summary>
public sealed class Tree
{
    private readonly int[] _parents;
    private readonly int[] _labels;
    private readonly int[] _childStarts;
    private readonly int[] _children;
    private readonly int[] _heights;

    private Tree(int[] parents, int[] labels, int[] childStarts, int[] children, int[] heights) =>
        (_parents, _labels, _childStarts, _children, _heights) = (parents, labels, childStarts, children, heights);

    /// <summary>Number of nodes.</summary>
    public int Nodes => _parents.Length;

    /// <summary>The root.</summary>
    public int Root => Array.IndexOf(_parents, -1);

    /// <summary>The parent of a node, or -1.</summary>
    public int Parent(int node) => _parents[node];

    /// <summary>The label of a node, or -1.</summary>
    public int Label(int node) => _labels[node];

    /// <summary>The children of a node, in the order of their first words.</summary>
    public ReadOnlySpan<int> Children(int node) => _children.AsSpan(_childStarts[node], _childStarts[node + 1] - _childStarts[node]);

    /// <summary>Longest way down: 0 for a node without children.</summary>
    public int Height(int node) => _heights[node];

    /// <summary>Numbers that a tree takes as annotations.</summary>
    public static int LengthOf(int nodes) => 2 * nodes;

    /// <summary>Reads annotations.</summary>
    /// <param name="annotations">What <see cref="Write"/> gave.</param>
    /// <param name="words">Words of the sentence.</param>
    /// <param name="labels">Number of labels.</param>
    /// <exception cref="InvalidDataException">They are no tree over so many words.</exception>
    public static Tree Read(ReadOnlySpan<int> annotations, int words, int labels)
    {
        if (annotations.Length % 2 != 0)
            throw new InvalidDataException($"{annotations.Length} numbers are no tree: it has two a node.");
        int nodes = annotations.Length / 2;
        var parents = new int[nodes];
        var marks = new int[nodes];
        for (int node = 0; node < nodes; node++)
        {
            parents[node] = annotations[2 * node];
            marks[node] = annotations[(2 * node) + 1];
            if (marks[node] < -1 || marks[node] >= labels)
                throw new InvalidDataException($"node {node + 1} has the label {marks[node]}, but there are {labels}.");
        }

        return TryOf(parents, marks, words, out Tree? tree, out string problem) ? tree! : throw new InvalidDataException($"an example's annotations are no tree: {problem}.");
    }

    /// <summary>A tree as annotations.</summary>
    public static int[] Write(ReadOnlySpan<int> parents, ReadOnlySpan<int> labels)
    {
        if (labels.Length != parents.Length)
            throw new ArgumentException("a label a node", nameof(labels));
        var annotations = new int[2 * parents.Length];
        for (int node = 0; node < parents.Length; node++)
            (annotations[2 * node], annotations[(2 * node) + 1]) = (parents[node], labels[node]);
        return annotations;
    }

    /// <summary>Makes a tree of its parents.</summary>
    /// <param name="parents">The parent of each node; -1 for the root.</param>
    /// <param name="labels">The label of each node; -1 for none.</param>
    /// <param name="words">Words of the sentence.</param>
    /// <param name="tree">The tree, or null.</param>
    /// <param name="problem">Why it is none, nodes counted from 1; empty where it is one.</param>
    public static bool TryOf(int[] parents, int[] labels, int words, out Tree? tree, out string problem)
    {
        (tree, problem) = (null, "");
        int nodes = parents.Length;
        if (nodes == 0 || words == 0 || nodes < words)
        {
            problem = $"it has {nodes} nodes, and the sentence {words} words";
            return false;
        }

        var starts = new int[nodes + 1];
        int root = -1;
        for (int node = 0; node < nodes; node++)
        {
            int parent = parents[node];
            if (parent < -1 || parent >= nodes || parent == node)
                problem = $"the parent of node {node + 1} is {parent + 1}, of {nodes} nodes";
            else if (parent < 0 && root >= 0)
                problem = $"nodes {root + 1} and {node + 1} are both roots";
            if (problem.Length > 0)
                return false;
            if (parent < 0)
                root = node;
            else
                starts[parent + 1]++;
        }

        for (int node = words; node < nodes; node++)
        {
            if (starts[node + 1] == 0)
                problem = $"node {node + 1} is no word and has no children";
        }

        if (root < 0)
            problem = "it has no root";
        if (problem.Length > 0)
            return false;
        for (int node = 0; node < nodes; node++)
            starts[node + 1] += starts[node];

        int[] down = Down(parents, starts, root, out int[] children);
        if (down.Length < nodes)
        {
            problem = $"{nodes - down.Length} of its {nodes} nodes are not below the root: they are in a circle";
            return false;
        }

        // Upwards every node comes after its children.
        int[] heights = new int[nodes], first = new int[nodes];
        for (int i = nodes - 1; i >= 0; i--)
        {
            int node = down[i];
            Span<int> below = children.AsSpan(starts[node], starts[node + 1] - starts[node]);
            first[node] = node < words ? node : int.MaxValue;
            foreach (int child in below)
            {
                heights[node] = Math.Max(heights[node], heights[child] + 1);
                first[node] = Math.Min(first[node], first[child]);
            }

            below.Sort((one, other) => first[one].CompareTo(first[other]));
        }

        tree = new Tree(parents, labels, starts, children, heights);
        return true;
    }

    /// <summary>The nodes that are reached from the root, each after its parent.</summary>
    private static int[] Down(int[] parents, int[] starts, int root, out int[] children)
    {
        children = new int[parents.Length - 1];
        int[] next = starts[..^1];
        for (int node = 0; node < parents.Length; node++)
        {
            if (parents[node] >= 0)
                children[next[parents[node]]++] = node;
        }

        var order = new List<int>(parents.Length) { root };
        for (int i = 0; i < order.Count; i++)
        {
            for (int child = starts[order[i]]; child < starts[order[i] + 1]; child++)
                order.Add(children[child]);
        }

        return [.. order];
    }
}
