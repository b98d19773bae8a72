using CsCheck;
using DistEmbed.Worker.Corpus.Trees;
using DistEmbed.Worker.Tests.Models.Trees;

namespace DistEmbed.Worker.Tests.Corpus.Trees;

public class TreeTests
{
    private static readonly Gen<int> Seeds = Gen.Int[1, 1 << 30];

    [Fact]
    public void Any_tree_comes_back_from_its_annotations() => Seeds.Sample(seed =>
    {
        var random = new Random(seed);
        int words = random.Next(1, 30);
        int[] parents = seed % 2 == 0 ? RandomTrees.Constituency(random, words) : RandomTrees.Dependencies(random, words);
        int[] labels = [.. parents.Select(_ => random.Next(-1, 5))];
        var tree = Tree.Read(Tree.Write(parents, labels), words, 5);
        Assert.Equal(parents, Enumerable.Range(0, tree.Nodes).Select(tree.Parent));
        Assert.Equal(labels, Enumerable.Range(0, tree.Nodes).Select(tree.Label));
        for (int node = 0; node < tree.Nodes; node++)
        {
            int[] children = tree.Children(node).ToArray();
            Assert.All(children, child => Assert.Equal(node, tree.Parent(child)));
            Assert.Equal(children.Length, parents.Count(parent => parent == node));
            Assert.Equal(children.Length == 0 ? 0 : children.Max(tree.Height) + 1, tree.Height(node));
            Assert.Equal(children.OrderBy(child => First(tree, child, words)), children);
        }

        Assert.Equal(-1, tree.Parent(tree.Root));
    }, iter: 300);

    [Fact]
    public void Any_pair_comes_back_from_its_annotations() => Gen.Select(Seeds, Gen.Float[0, 4]).Sample((seed, score) =>
    {
        var random = new Random(seed);
        int[] one = RandomTrees.Dependencies(random, random.Next(1, 12)), other = RandomTrees.Dependencies(random, random.Next(1, 12));
        (float read, Tree first, Tree second) = TreePair.Read(TreePair.Write(score, one, other), one.Length + other.Length, 5);
        Assert.Equal(score, read);
        Assert.Equal(one, Enumerable.Range(0, first.Nodes).Select(first.Parent));
        Assert.Equal(other, Enumerable.Range(0, second.Nodes).Select(second.Parent));
    }, iter: 200);

    /// <summary>What a damaged file may hold: numbers changed, lost or added.</summary>
    [Fact]
    public void Garbled_annotations_are_a_tree_or_one_exception() => Seeds.Sample(seed =>
    {
        var random = new Random(seed);
        int words = random.Next(1, 10);
        List<int> numbers = [.. seed % 2 == 0
            ? Tree.Write(RandomTrees.Constituency(random, words), new int[(2 * words) - 1])
            : TreePair.Write(2, RandomTrees.Dependencies(random, words), RandomTrees.Dependencies(random, words))];
        for (int i = random.Next(1, 4); i > 0; i--)
        {
            int at = random.Next(numbers.Count);
            switch (random.Next(3))
            {
                case 0:
                    numbers[at] = random.Next(3) == 0 ? random.Next() * 2 : random.Next(-2, numbers.Count + 1);
                    break;
                case 1 when numbers.Count > 1:
                    numbers.RemoveAt(at);
                    break;
                default:
                    numbers.Insert(at, random.Next(-2, 9));
                    break;
            }
        }

        int[] garbled = [.. numbers];
        Assert.Null(Record.Exception(() => Tree.Read(garbled, words, 5)) is { } one and not InvalidDataException ? one : null);
        Assert.Null(Record.Exception(() => TreePair.Read(garbled, 2 * words, 5)) is { } other and not InvalidDataException ? other : null);
    }, iter: 3000);

    [Theory]
    [InlineData(new[] { -1, 0, 0, 0, 0 }, 2, "two a node")]
    [InlineData(new int[0], 0, "0 nodes")]
    [InlineData(new[] { -1, 0 }, 2, "1 nodes, and the sentence 2 words")]
    [InlineData(new[] { -1, 7 }, 1, "label 7")]
    [InlineData(new[] { -1, 0, -1, 0 }, 2, "nodes 1 and 2 are both roots")]
    [InlineData(new[] { 1, 0, 0, 0 }, 2, "no root")]
    [InlineData(new[] { -1, 0, 2, 0, 1, 0 }, 3, "in a circle")]
    [InlineData(new[] { -1, 0, 5, 0 }, 2, "the parent of node 2 is 6")]
    [InlineData(new[] { -1, 0, 1, 0 }, 2, "the parent of node 2 is 2")]
    [InlineData(new[] { 1, 0, -1, 0, 1, 0 }, 1, "node 3 is no word and has no children")]
    public void What_is_no_tree_is_told(int[] annotations, int words, string problem) =>
        Assert.Contains(problem, Assert.Throws<InvalidDataException>(() => Tree.Read(annotations, words, 5)).Message, StringComparison.Ordinal);

    private static int First(Tree tree, int node, int words)
    {
        int first = node < words ? node : int.MaxValue;
        foreach (int child in tree.Children(node))
            first = Math.Min(first, First(tree, child, words));
        return first;
    }
}
