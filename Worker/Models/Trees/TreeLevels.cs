using DistEmbed.Worker.Corpus.Trees;

namespace DistEmbed.Worker.Models.Trees;

/// <summary>
/// The nodes of many trees in the order in which they can be computed: level by level, a level being all nodes of one height. A childless node's state depends on its word
/// alone, so equal words share one; states are numbered level by level.
/// </summary>
internal sealed class TreeLevels
{
    private readonly int[] _words;
    private readonly int[] _childStarts;
    private readonly int[] _children;
    private readonly int[] _levelStarts;
    private readonly int[][] _stateOf;

    private TreeLevels(int[] words, int[] childStarts, int[] children, int[] levelStarts, int[][] stateOf, int touched) =>
        (_words, _childStarts, _children, _levelStarts, _stateOf, Touched) = (words, childStarts, children, levelStarts, stateOf, touched);

    /// <summary>Number of states.</summary>
    public int States => _words.Length;

    /// <summary>Number of levels.</summary>
    public int Count => _levelStarts.Length - 1;

    /// <summary>Embedding rows that the slice touches.</summary>
    public int Touched { get; }

    /// <summary>Number of links from a state to a child.</summary>
    public int Links => _children.Length;

    /// <summary>States of level 0.</summary>
    public int Childless => Count == 0 ? 0 : _levelStarts[1];

    /// <summary>First state of a level.</summary>
    public int Start(int level) => _levelStarts[level];

    /// <summary>The state after a level's last.</summary>
    public int End(int level) => _levelStarts[level + 1];

    /// <summary>The word of a state as a position among the touched rows; <see cref="Touched"/>, whose vector is zero, for padding and where there is none.</summary>
    public int Word(int state) => _words[state];

    /// <summary>The states of a state's children.</summary>
    public ReadOnlySpan<int> Children(int state) => _children.AsSpan(_childStarts[state], _childStarts[state + 1] - _childStarts[state]);

    /// <summary>Number of a state's first link.</summary>
    public int FirstLink(int state) => _childStarts[state];

    /// <summary>The state of a tree's node.</summary>
    public int StateOf(int tree, int node) => _stateOf[tree][node];

    /// <summary>Orders the nodes of trees.</summary>
    /// <param name="trees">The trees, each with the positions of its words among the touched rows.</param>
    /// <param name="touched">Number of touched rows.</param>
    public static TreeLevels Of(IReadOnlyList<(Tree Tree, ReadOnlyMemory<int> Words)> trees, int touched)
    {
        int[][] stateOf = [.. trees.Select(t => new int[t.Tree.Nodes])];
        int levels = trees.Count == 0 ? 0 : trees.Max(t => t.Tree.Height(t.Tree.Root)) + 1;
        var nodes = new List<(int Tree, int Node)>[levels];
        for (int level = 0; level < levels; level++)
            nodes[level] = [];
        for (int tree = 0; tree < trees.Count; tree++)
        {
            for (int node = 0; node < trees[tree].Tree.Nodes; node++)
                nodes[trees[tree].Tree.Height(node)].Add((tree, node));
        }

        var words = new List<int>();
        var childStarts = new List<int> { 0 };
        var children = new List<int>();
        var levelStarts = new int[levels + 1];
        for (int level = 0; level < levels; level++)
        {
            if (level == 0)
            {
                var shared = new int[touched + 1];
                foreach ((int tree, int node) in nodes[0])
                    shared[trees[tree].Words.Span[node]] = 1;
                for (int word = 0; word <= touched; word++)
                {
                    if (shared[word] == 0)
                        continue;
                    shared[word] = words.Count;
                    words.Add(word);
                    childStarts.Add(0);
                }

                foreach ((int tree, int node) in nodes[0])
                    stateOf[tree][node] = shared[trees[tree].Words.Span[node]];
            }
            else
            {
                foreach ((int tree, int node) in nodes[level])
                {
                    stateOf[tree][node] = words.Count;
                    words.Add(node < trees[tree].Words.Length ? trees[tree].Words.Span[node] : touched);
                    foreach (int child in trees[tree].Tree.Children(node))
                        children.Add(stateOf[tree][child]);
                    childStarts.Add(children.Count);
                }
            }

            levelStarts[level + 1] = words.Count;
        }

        return new TreeLevels([.. words], [.. childStarts], [.. children], levelStarts, stateOf, touched);
    }
}
