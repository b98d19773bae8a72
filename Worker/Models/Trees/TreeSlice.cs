using DistEmbed.Worker.Corpus.Trees;

namespace DistEmbed.Worker.Models.Trees;

/// <summary>A prepared slice of trees.</summary>
internal sealed class TreeSlice : PreparedSlice
{
    private TreeSlice(Slice slice, ClassifierSlice words, Tree[] trees, TreeLevels levels, float[] scores)
        : base(slice, words.Rows) => (TokenCount, Trees, Levels, Scores) = (words.TokenCount, trees, levels, scores);

    /// <summary>Number of tokens.</summary>
    public int TokenCount { get; }

    /// <summary>The trees; of pairs both, one after the other.</summary>
    public IReadOnlyList<Tree> Trees { get; }

    /// <summary>Their nodes, level by level.</summary>
    public TreeLevels Levels { get; }

    /// <summary>The pairs' scores, as distances from the lowest label; empty for trees that are no pairs.</summary>
    public IReadOnlyList<float> Scores { get; }

    /// <summary>The state of a tree's root.</summary>
    public int RootState(int tree) => Levels.StateOf(tree, Trees[tree].Root);

    /// <summary>Prepares a tree an example.</summary>
    /// <param name="slice">The slice.</param>
    /// <param name="distinct">Of as many rows as the embedding.</param>
    /// <param name="labels">Number of labels.</param>
    /// <param name="composer">What the trees are for.</param>
    /// <param name="dense">Rows of the tables after the embedding.</param>
    /// <exception cref="InvalidDataException">An example has no tree, or one that cannot be composed.</exception>
    public static TreeSlice OfTrees(Slice slice, DistinctRows distinct, int labels, TreeComposer composer, int[][] dense)
    {
        ClassifierSlice words = ClassifierSlice.Prepare(slice, distinct, rows => [rows, .. dense]);
        var trees = new (Tree Tree, ReadOnlyMemory<int> Words)[words.Count];
        for (int i = 0; i < trees.Length; i++)
        {
            int[] tokens = words.Tokens(i).ToArray();
            trees[i] = (Tree.Read(slice.Data.Annotations(slice.Examples.Span[i]), tokens.Length, labels), tokens);
            if (composer.WhyNot(trees[i].Tree, tokens.Length) is { } problem)
                throw new InvalidDataException($"an example's tree: {problem}.");
        }

        return new TreeSlice(slice, words, [.. trees.Select(t => t.Tree)], TreeLevels.Of(trees, words.Touched), []);
    }

    /// <summary>Prepares a pair of trees an example.</summary>
    /// <param name="slice">The slice.</param>
    /// <param name="distinct">Of as many rows as the embedding.</param>
    /// <param name="labels">Number of labels.</param>
    /// <param name="dense">Rows of the tables after the embedding.</param>
    /// <exception cref="InvalidDataException">An example is no pair of trees.</exception>
    public static TreeSlice OfPairs(Slice slice, DistinctRows distinct, int labels, int[][] dense)
    {
        ClassifierSlice words = ClassifierSlice.Prepare(slice, distinct, rows => [rows, .. dense]);
        var trees = new List<(Tree Tree, ReadOnlyMemory<int> Words)>(2 * words.Count);
        var scores = new float[words.Count];
        for (int i = 0; i < scores.Length; i++)
        {
            int[] tokens = words.Tokens(i).ToArray();
            (scores[i], Tree first, Tree second) = TreePair.Read(slice.Data.Annotations(slice.Examples.Span[i]), tokens.Length, labels);
            trees.Add((first, tokens.AsMemory(0, first.Nodes)));
            trees.Add((second, tokens.AsMemory(first.Nodes)));
        }

        return new TreeSlice(slice, words, [.. trees.Select(t => t.Tree)], TreeLevels.Of(trees, words.Touched), scores);
    }
}
