using System.Globalization;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Worker.Corpus.Reading;

namespace DistEmbed.Worker.Corpus.Trees;

/// <summary>Reads trees that are written as the numbers of the nodes' parents.</summary>
internal static class ParentTreeReader
{
    /// <summary>Trees with labels: files of words, parents and labels.</summary>
    public static IEnumerable<LabelledText> Read(SourceFile tokens, SourceFile parents, SourceFile labels, ParentTreesData spec)
    {
        foreach ((int line, string[] texts) in SideBySide.Read([tokens, parents, labels]))
        {
            GivenName.CheckWords(texts[0], tokens.Path, line);
            string[] words = SideBySide.Split(texts[0]);
            if (words.Length == 0)
            {
                yield return new LabelledText(tokens.Path, line, "", "");
                continue;
            }

            int[] tree = Parents(parents.Path, line, texts[1], words.Length, spec.Words);
            string[] names = SideBySide.Split(texts[2]);
            if (names.Length != tree.Length)
                throw new InvalidInputException($"{labels.Path}:{line}", $"There are {names.Length} labels for {tree.Length} nodes.", "Give a label for each node, # for none.");
            yield return NodeLabels.Label(spec, new LabelledTree(words, tree, names), tokens.Path, line);
        }
    }

    /// <summary>The parents of a line's nodes, from 0, and -1 for the root.</summary>
    /// <param name="file">The file of the parents.</param>
    /// <param name="line">The line.</param>
    /// <param name="text">Its text.</param>
    /// <param name="words">Words of the sentence.</param>
    /// <param name="kind">Which nodes are words.</param>
    /// <exception cref="InvalidInputException">They make no tree over the words.</exception>
    public static int[] Parents(string file, int line, string text, int words, TreeWords kind)
    {
        string[] numbers = SideBySide.Split(text);
        var parents = new int[numbers.Length];
        for (int node = 0; node < parents.Length; node++)
        {
            if (!int.TryParse(numbers[node], NumberStyles.None, CultureInfo.InvariantCulture, out int parent))
                throw Wrong($"'{numbers[node]}' is no number of a node");
            parents[node] = parent - 1;
        }

        int expected = kind == TreeWords.EveryNode ? words : (2 * words) - 1;
        if (words == 0)
            throw Wrong("the sentence has no words");
        if (parents.Length != expected)
            throw Wrong($"there are {parents.Length} nodes; a {(kind == TreeWords.EveryNode ? "dependency" : "binary constituency")} tree over {words} words has {expected}");
        if (!Tree.TryOf(parents, new int[parents.Length], words, out Tree? tree, out string problem))
            throw Wrong(problem);
        for (int node = 0; kind == TreeWords.Leaves && node < parents.Length; node++)
        {
            int children = tree!.Children(node).Length;
            if (children != (node < words ? 0 : 2))
                throw Wrong($"node {node + 1}, which is {(node < words ? "a word" : "none of the words")}, has {children} children");
        }

        return parents;

        InvalidInputException Wrong(string what) => new($"{file}:{line}", $"{char.ToUpperInvariant(what[0])}{what[1..]}.", "A line has for each node the number of its parent, counted from 1, and 0 for the root; the words are the first nodes.");
    }
}
