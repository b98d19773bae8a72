using CsCheck;
using DistEmbed.Protocol;
using DistEmbed.Worker.Models;

namespace DistEmbed.Worker.Tests.Models;

public class HuffmanTreeTests
{
    // By hand: 1 and 1 make node 0 of 2; that goes before the word of 2, and makes node 1 of 4; that goes before the word of 4, and makes node 2 of 8; 7 goes before it.
    [Fact]
    public void Codes_of_a_small_vocabulary_are_those_worked_out_by_hand()
    {
        var tree = new HuffmanTree([7, 4, 2, 1, 1]);
        Assert.Equal(["0", "11", "101", "1001", "1000"], Enumerable.Range(0, 5).Select(word => string.Concat(tree.Code(word).ToArray())));
        Assert.Equal(["3", "32", "321", "3210", "3210"], Enumerable.Range(0, 5).Select(word => string.Concat(tree.Path(word).ToArray())));
        Assert.Equal((5, 4, 4), (tree.Words, tree.Nodes, tree.LongestCode));
    }

    [Fact]
    public void Codes_equal_those_of_a_search_for_the_two_lightest_nodes() => s_counts.Sample(counts =>
    {
        var tree = new HuffmanTree(counts);
        string[] expected = Naive(counts);
        for (int word = 0; word < counts.Length; word++)
            Assert.Equal(expected[word], string.Concat(tree.Code(word).ToArray()));
    }, iter: 200);

    [Fact]
    public void Codes_fill_the_tree_and_are_as_short_as_the_entropy_allows() => s_counts.Sample(counts =>
    {
        var tree = new HuffmanTree(counts);
        double total = counts.Sum(), kraft = 0, mean = 0, entropy = 0;
        for (int word = 0; word < counts.Length; word++)
        {
            kraft += Math.Pow(2, -tree.Code(word).Length);
            mean += counts[word] / total * tree.Code(word).Length;
            entropy -= counts[word] / total * Math.Log2(counts[word] / total);
        }

        Assert.Equal(1, kraft);
        Assert.InRange(mean, entropy - 1e-9, Math.BitIncrement(entropy + 1));
    }, iter: 200);

    [Fact]
    public void A_tree_of_many_levels_and_one_of_equal_counts_are_built()
    {
        // Fibonacci numbers make the deepest tree there is.
        var fibonacci = new List<long> { 1, 1 };
        while (fibonacci.Count < 80)
            fibonacci.Add(fibonacci[^1] + fibonacci[^2]);
        fibonacci.Reverse();
        Assert.Equal(79, new HuffmanTree(fibonacci).LongestCode);
        var flat = new HuffmanTree([.. Enumerable.Repeat(3L, 1024)]);
        Assert.All(Enumerable.Range(0, 1024), word => Assert.Equal(10, flat.Code(word).Length));
    }

    [Fact]
    public void Counts_that_make_no_tree_are_refused()
    {
        Assert.Equal("model.output", Assert.Throws<InvalidInputException>(() => new HuffmanTree([5])).Errors[0].Where);
        Assert.Throws<ArgumentException>(() => new HuffmanTree([3, 4]));
        Assert.Throws<ArgumentException>(() => new HuffmanTree([3, -1]));
    }

    // Few different counts, so that ties are many.
    private static readonly Gen<long[]> s_counts = Gen.Long[1, 12].Array[2, 60].Select(counts => counts.OrderDescending().ToArray());

    // Of nodes of the same weight: inner ones first, the older before the younger; then words, the later before the earlier.
    private static string[] Naive(long[] counts)
    {
        string[] codes = [.. counts.Select(_ => "")];
        var nodes = counts.Select((count, word) => (Weight: count, Order: counts.Length - word + 1_000_000, Words: (int[])[word])).ToList();
        for (int made = 0; nodes.Count > 1; made++)
        {
            var lightest = nodes.OrderBy(node => node.Weight).ThenBy(node => node.Order).Take(2).ToArray();
            for (int bit = 0; bit < 2; bit++)
            {
                foreach (int word in lightest[bit].Words)
                    codes[word] = bit + codes[word];
                nodes.Remove(lightest[bit]);
            }

            nodes.Add((lightest[0].Weight + lightest[1].Weight, made, [.. lightest[0].Words, .. lightest[1].Words]));
        }

        return codes;
    }
}
