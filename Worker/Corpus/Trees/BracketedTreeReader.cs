using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Worker.Corpus.Reading;

namespace DistEmbed.Worker.Corpus.Trees;

/// <summary>
/// Reads binary trees in brackets, one a line: <c>(3 (2 It) (4 works))</c>. A node is its label and either a word or two nodes. Words are split at blanks and tabs of ASCII alone,
/// since the treebank has words with a no-break space. Blank lines are skipped.
/// </summary>
internal static class BracketedTreeReader
{
    private const string Form = "A node is (LABEL word) or (LABEL node node).";

    public static IEnumerable<LabelledText> Read(SourceFile file, TreeData spec)
    {
        using TextReader text = file.OpenText();
        var lines = new LineReader(text);
        while (lines.Read(out string line))
        {
            if (string.IsNullOrWhiteSpace(line) || file.Skips(line))
                continue;
            GivenName.CheckWords(line, file.Path, lines.Line);
            yield return NodeLabels.Label(spec, Parse(line, $"{file.Path}:{lines.Line}"), file.Path, lines.Line);
        }
    }

    /// <summary>Reads one tree.</summary>
    /// <param name="line">The text.</param>
    /// <param name="where">Where it is, for errors.</param>
    /// <exception cref="InvalidInputException">It is no tree; says what is wrong at which column.</exception>
    public static LabelledTree Parse(string line, string where)
    {
        var words = new List<Leaf>();
        var inner = new List<Inner>();
        var open = new Stack<Open>();
        bool done = false;
        for (int i = 0; i < line.Length;)
        {
            char letter = line[i];
            if (letter is ' ' or '\t')
            {
                i++;
                continue;
            }

            if (done)
                throw Wrong(i, $"'{Start(line, i)}' comes after the end of the tree");
            if (letter == '(')
            {
                if (open.TryPeek(out Open? parent) && (parent.Word is not null || parent.Children.Count == 2))
                    throw Wrong(i, parent.Word is not null ? $"the node of the word '{parent.Word}' has a child" : "a node has a third child");
                string label = Until(line, i + 1);
                if (label.Length == 0)
                    throw Wrong(i, "a node has no label");
                open.Push(new Open(label, i));
                i += 1 + label.Length;
            }
            else if (letter == ')')
            {
                if (open.Count == 0)
                    throw Wrong(i, "a bracket is closed that was not opened");
                Open node = open.Pop();
                done = open.Count == 0;
                int number = Close(node);
                if (!done)
                    open.Peek().Children.Add(number);
                i++;
            }
            else
            {
                string word = Until(line, i);
                if (open.Count == 0)
                    throw Wrong(i, $"'{word}' stands outside of brackets");
                Open node = open.Peek();
                if (node.Word is not null || node.Children.Count > 0)
                    throw Wrong(i, node.Word is not null ? $"a node has a second word, '{word}'" : $"a node with children has the word '{word}'");
                node.Word = word;
                i += word.Length;
            }
        }

        if (!done)
            throw Wrong(line.Length, open.Count == 0 ? "the line has no tree" : $"{open.Count} brackets are not closed");
        var parents = new int[words.Count + inner.Count];
        Array.Fill(parents, -1);
        for (int node = 0; node < inner.Count; node++)
        {
            parents[Place(inner[node].Left)] = words.Count + node;
            parents[Place(inner[node].Right)] = words.Count + node;
        }

        return new LabelledTree([.. words.Select(w => w.Word)], parents, [.. words.Select(w => w.Label), .. inner.Select(n => n.Label)]);

        // Words count up from 0, other nodes down from -1: their place is known when all words are.
        int Place(int number) => number >= 0 ? number : words.Count + ~number;

        int Close(Open node)
        {
            if (node.Word is { } word)
            {
                words.Add(new Leaf(node.Label, word));
                return words.Count - 1;
            }

            if (node.Children.Count != 2)
                throw Wrong(node.Column, node.Children.Count == 0 ? "a node has neither a word nor children" : "a node has one child");
            inner.Add(new Inner(node.Label, node.Children[0], node.Children[1]));
            return ~(inner.Count - 1);
        }

        InvalidInputException Wrong(int column, string what) => new(where, $"At column {column + 1} {what}.", Form);
    }

    private static string Until(string line, int from)
    {
        int length = line.AsSpan(from).IndexOfAny(" \t()");
        return length < 0 ? line[from..] : line.Substring(from, length);
    }

    private static string Start(string line, int from) => line.Length - from <= 20 ? line[from..] : $"{line.AsSpan(from, 20)}...";

    private sealed class Open(string label, int column)
    {
        public string Label { get; } = label;

        public int Column { get; } = column;

        public List<int> Children { get; } = new(2);

        public string? Word { get; set; }
    }

    private readonly record struct Leaf(string Label, string Word);

    private readonly record struct Inner(string Label, int Left, int Right);
}
