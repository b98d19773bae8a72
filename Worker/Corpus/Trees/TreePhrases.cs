namespace DistEmbed.Worker.Corpus.Trees;

/// <summary>The labelled phrases of trees as sentences of their own, as Kim 2014 trains on the Stanford Sentiment Treebank.</summary>
internal static class TreePhrases
{
    /// <summary>An example for every node that has one of the labels, sentence by sentence and node by node: the words below it, from the first to the last, with its label.</summary>
    /// <param name="sentences">Examples with trees.</param>
    /// <param name="labels">Number of labels.</param>
    /// <param name="symbols">What nodes may have beside the labels; such a node makes no example.</param>
    public static ExampleSet Of(ExampleSet sentences, int labels, int symbols)
    {
        var starts = new List<int> { 0 };
        var tokens = new List<int>(sentences.TokenCount);
        var marks = new List<int>(sentences.Count);
        for (int example = 0; example < sentences.Count; example++)
        {
            ReadOnlySpan<int> words = sentences.Tokens(example);
            Tree tree = Tree.Read(sentences.Annotations(example), words.Length, labels + symbols);
            (int First, int Last)[] spans = SpansOf(tree, words.Length);
            for (int node = 0; node < tree.Nodes; node++)
            {
                if (tree.Label(node) < 0 || tree.Label(node) >= labels)
                    continue;
                tokens.AddRange(words[spans[node].First..(spans[node].Last + 1)]);
                starts.Add(tokens.Count);
                marks.Add(tree.Label(node));
            }
        }

        return new ExampleSet([.. starts], [.. tokens], [.. marks]);
    }

    private static (int First, int Last)[] SpansOf(Tree tree, int words)
    {
        var spans = new (int First, int Last)[tree.Nodes];
        foreach (int node in Enumerable.Range(0, tree.Nodes).OrderBy(tree.Height))
        {
            (int first, int last) = node < words ? (node, node) : (int.MaxValue, -1);
            foreach (int child in tree.Children(node))
                (first, last) = (Math.Min(first, spans[child].First), Math.Max(last, spans[child].Last));
            spans[node] = (first, last);
        }

        return spans;
    }
}
