using DistEmbed.Worker.Corpus;
using DistEmbed.Worker.Corpus.Trees;

namespace DistEmbed.Worker.Tests.Models.Trees;

/// <summary>Trees at random, as the parents of their nodes.</summary>
internal static class RandomTrees
{
    /// <summary>A binary tree over its leaves.</summary>
    public static int[] Constituency(Random random, int words)
    {
        var parents = new int[(2 * words) - 1];
        Array.Fill(parents, -1);
        List<int> roots = [.. Enumerable.Range(0, words)];
        for (int node = words; node < parents.Length; node++)
        {
            int at = random.Next(roots.Count - 1);
            parents[roots[at]] = parents[roots[at + 1]] = node;
            roots[at] = node;
            roots.RemoveAt(at + 1);
        }

        return parents;
    }

    /// <summary>A tree whose nodes are the words, crossing edges included.</summary>
    public static int[] Dependencies(Random random, int words)
    {
        var parents = new int[words];
        int[] order = [.. Enumerable.Range(0, words)];
        random.Shuffle(order);
        for (int i = 0; i < words; i++)
            parents[order[i]] = i == 0 ? -1 : order[random.Next(i)];
        return parents;
    }

    /// <summary>Sentences with trees; the first has one word, the second padding, and some nodes have no label.</summary>
    public static ExampleSet Sentences(int seed, int count, int rows, int labels, bool constituency, int? rootLabels = null)
    {
        var random = new Random(seed);
        return Set(Enumerable.Range(0, count).Select(example =>
        {
            int[] tokens = [.. Enumerable.Range(0, example == 0 ? 1 : random.Next(2, 9)).Select(_ => random.Next(2, rows))];
            if (example == 1)
                tokens[^1] = 0;
            int[] parents = constituency ? Constituency(random, tokens.Length) : Dependencies(random, tokens.Length);
            int[] marks = [.. parents.Select(parent => random.Next(parent < 0 ? 0 : -1, parent < 0 ? rootLabels ?? labels : labels))];
            return (marks[Array.IndexOf(parents, -1)], tokens, Tree.Write(parents, marks));
        }));
    }

    /// <summary>Sentences over binary trees whose nodes all have the label of the sentence's first word.</summary>
    public static ExampleSet FirstWordDecides(int seed, int count, int rows, int labels)
    {
        var random = new Random(seed);
        return Set(Enumerable.Range(0, count).Select(_ =>
        {
            int label = random.Next(labels);
            int[] tokens = [2 + label, .. Enumerable.Range(0, random.Next(1, 5)).Select(_ => random.Next(2 + labels, rows))];
            int[] parents = Constituency(random, tokens.Length);
            int[] marks = [.. parents.Select(parent => parent < 0 ? label : -1)];
            return (label, tokens, Tree.Write(parents, marks));
        }));
    }

    /// <summary>Pairs of sentences with dependency trees and scores.</summary>
    public static ExampleSet Pairs(int seed, int count, int rows, int labels)
    {
        var random = new Random(seed);
        return Set(Enumerable.Range(0, count).Select(example =>
        {
            int[] one = Dependencies(random, random.Next(1, 8)), other = Dependencies(random, random.Next(1, 8));
            int[] tokens = [.. one.Concat(other).Select(_ => random.Next(2, rows))];
            float score = example switch { 0 => 0, 1 => labels - 1, 2 => 1, _ => random.NextSingle() * (labels - 1) };
            return (-1, tokens, TreePair.Write(score, one, other));
        }));
    }

    private static ExampleSet Set(IEnumerable<(int Label, int[] Tokens, int[] Annotations)> examples)
    {
        (int Label, int[] Tokens, int[] Annotations)[] all = [.. examples];
        int[] Starts(Func<(int Label, int[] Tokens, int[] Annotations), int> length) => [0, .. all.Select((_, i) => all.Take(i + 1).Sum(length))];
        return new ExampleSet(
            Starts(e => e.Tokens.Length), [.. all.SelectMany(e => e.Tokens)], [.. all.Select(e => e.Label)], Starts(e => e.Annotations.Length), [.. all.SelectMany(e => e.Annotations)]);
    }
}
