using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Testing;
using DistEmbed.Worker.Corpus;
using DistEmbed.Worker.Corpus.Trees;
using Xunit.Abstractions;

namespace DistEmbed.Worker.Tests.Corpus.Trees;

public sealed class TreeDataTests(ITestOutputHelper output) : IDisposable
{
    private const string Two = "(3 (2 It) (4 works))\n(1 (2 (2 It) (2 broke)) (0 .))\n";

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static BracketedTreesData Bracketed => new() { Train = "train.txt", DevFraction = 0 };

    private static ParentTreesData Parents => new() { Train = new ParentTreeFiles { Tokens = "toks", Parents = "parents", Labels = "labels" }, DevFraction = 0 };

    private static TreePairsData Pairs => new()
    {
        Train = new TreePairFiles { TokensA = "a.toks", ParentsA = "a.parents", TokensB = "b.toks", ParentsB = "b.parents", Scores = "sim" },
        DevFraction = 0,
    };

    private PreparedData Prepare(DataSpec spec) => DataPreparation.Prepare(spec with { Root = _folder.Path }, seed: 7);

    private PreparedData PrepareTrees(string text, Func<BracketedTreesData, BracketedTreesData>? change = null)
    {
        _folder.Write("train.txt", text);
        return Prepare(change?.Invoke(Bracketed) ?? Bracketed);
    }

    [Fact]
    public void Trees_in_brackets_are_sentences_with_the_roots_label_and_the_tree()
    {
        PreparedData data = PrepareTrees("\n  (3 (2 It)(4\tworks) ) \r\n\n(1 (2 (2 It) (2 broke)) (0 8\u00a01/2))\n");
        Assert.Equal(["0", "1", "2", "3", "4"], data.Labels);
        Assert.Equal(["3: it works", "1: it broke 8\u00a01/2"], data.Lines(data.Train));
        Assert.Equal([2, 2, 2, 4, -1, 3], data.Train.Annotations(0).ToArray());
        // Words first, then the other nodes, each after its children.
        Assert.Equal([3, 2, 3, 2, 4, 0, 4, 2, -1, 1], data.Train.Annotations(1).ToArray());
        Assert.Equal(["3: It works", "1: It broke ."], Cased());

        string[] Cased()
        {
            PreparedData cased = PrepareTrees(Two, s => s with { LowerCase = false });
            return cased.Lines(cased.Train);
        }
    }

    [Theory]
    [InlineData("(3 (2 It) (4 works)", "At column 20 1 brackets are not closed")]
    [InlineData("(3 (2 It) (4 works)))", "At column 21 ')' comes after the end of the tree")]
    [InlineData(")", "At column 1 a bracket is closed that was not opened")]
    [InlineData("(3 (2 It) (4 works)) x", "'x' comes after the end of the tree")]
    [InlineData("It works", "At column 1 'It' stands outside of brackets")]
    [InlineData("(3 (2 It) (4 works) (2 .))", "At column 21 a node has a third child")]
    [InlineData("(3 (2 It))", "At column 1 a node has one child")]
    [InlineData("(3 (2) (4 works))", "At column 4 a node has neither a word nor children")]
    [InlineData("(3 (2 It is) (4 works))", "At column 10 a node has a second word, 'is'")]
    [InlineData("(3 (2 It (2 is)) (4 works))", "the node of the word 'It' has a child")]
    [InlineData("(3 (2 It) works)", "a node with children has the word 'works'")]
    [InlineData("((2 It) (4 works))", "At column 1 a node has no label")]
    public void What_is_no_tree_is_told_with_line_and_column(string tree, string what)
    {
        InputError error = Inspect.Error(() => PrepareTrees(Two + "\n" + tree));
        Assert.Equal(_folder.In("train.txt") + ":4", error.Where);
        Assert.Contains(what, error.What, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tree_may_be_of_any_depth()
    {
        const int Depth = 20_000;
        PreparedData data = PrepareTrees(Two + string.Concat(Enumerable.Repeat("(1 (0 a) ", Depth)) + "(2 b)" + new string(')', Depth));
        Assert.Equal(Depth + 1, data.Train.Tokens(2).Length);
        Assert.Equal(Depth, Tree.Read(data.Train.Annotations(2), Depth + 1, 5).Height(2 * Depth));
    }

    [Fact]
    public void Around_a_neutral_label_there_are_two_and_neutral_sentences_are_left_out()
    {
        PreparedData data = PrepareTrees("(3 (2 It) (4 works))\n(2 (2 It) (3 is))\n(0 (1 It) (2 broke))\n", s => s with { Neutral = 2 });
        Assert.Equal(["negative", "positive"], data.Labels);
        Assert.Equal(["positive: it works", "negative: it broke"], data.Lines(data.Train));
        Assert.Equal(["neutral"], data.Symbols);
        Assert.Equal([2, 2, 2, 1, -1, 1], data.Train.Annotations(0).ToArray());
        Assert.Contains("1 neutral examples are left out", data.Notes);
        Assert.Contains("'good' is no whole number", Inspect.Error(() => PrepareTrees("(good (2 a) (2 b))", s => s with { Neutral = 2 })).What, StringComparison.Ordinal);
    }

    [Fact]
    public void Phrases_are_examples_of_the_training_part_alone()
    {
        _folder.Write("dev.txt", Two);
        PreparedData data = PrepareTrees(Two, s => s with { LabelledPhrases = true, Neutral = 2, Dev = "dev.txt" });
        Assert.Equal(["positive: works", "positive: it works", "negative: .", "negative: it broke ."], data.Lines(data.Train));
        Assert.Equal(["positive: it works", "negative: it broke ."], data.Lines(data.Dev!));
    }

    [Fact]
    public void Another_file_is_read_in_the_same_form_and_its_labels_have_to_be_known()
    {
        PreparedData data = PrepareTrees(Two);
        string other = _folder.Write("other.txt", "(4 (2 It) (2 works))");
        ExampleSet read = DataPreparation.ReadExamples(Bracketed, other, data.Vocabulary, data.Labels);
        Assert.Equal([2, 2, 2, 2, -1, 4], read.Annotations(0).ToArray());
        _folder.Write("other.txt", "(4 (7 It) (2 works))");
        Assert.Contains("'7' has no training example", Inspect.Error(() => DataPreparation.ReadExamples(Bracketed, other, data.Vocabulary, data.Labels)).What, StringComparison.Ordinal);
        Assert.Contains("lies in several", Inspect.Error(() => DataPreparation.ReadExamples(Parents, other, data.Vocabulary, data.Labels)).What, StringComparison.Ordinal);
    }

    [Fact]
    public void Trees_as_parents_are_read_as_dependencies_and_as_constituency_trees()
    {
        Write(("toks", "It works\nNo , it broke\n"), ("parents", "2 0\n4 1 4 0\n"), ("labels", "# 1\n-1 # 0 -1\n"));
        PreparedData data = Prepare(Parents);
        Assert.Equal(["1: it works", "-1: no , it broke"], data.Lines(data.Train));
        Assert.Equal(["-1", "0", "1"], data.Labels);
        Assert.Equal([1, -1, -1, 2], data.Train.Annotations(0).ToArray());
        Write(("parents", "3 3 0\n5 5 6 7 6 7 0\n"), ("labels", "0 1 1\n0 0 0 -2 -1 -1 -2\n"));
        PreparedData trees = Prepare(Parents with { Words = TreeWords.Leaves, Neutral = 0 });
        Assert.Equal([2, 2, 2, 1, -1, 1], trees.Train.Annotations(0).ToArray());
    }

    [Theory]
    [InlineData("It works\nIt broke\n", "2 0\n0 0\n", "1 1\n0 0\n", "parents:2", "Nodes 1 and 2 are both roots")]
    [InlineData("It works\nIt broke\n", "2 0\n2 1\n", "1 1\n0 0\n", "parents:2", "It has no root")]
    [InlineData("It works\nIt broke\n", "2 0\n3 0\n", "1 1\n0 0\n", "parents:2", "The parent of node 1 is 3, of 2 nodes")]
    [InlineData("It works\nIt broke\n", "2 0\nx 0\n", "1 1\n0 0\n", "parents:2", "'x' is no number of a node")]
    [InlineData("It works\nIt\n", "2 0\n2 0\n", "1 1\n0 0\n", "parents:2", "There are 2 nodes; a dependency tree over 1 words has 1")]
    [InlineData("It works\n\n", "2 0\n\n", "1 1\n\n", "toks:2", "The example has no text")]
    [InlineData("It works\nIt broke\n", "2 0\n2 0\n", "1 1\n0\n", "labels:2", "There are 1 labels for 2 nodes")]
    [InlineData("It works\nIt broke\n", "2 0\n2 0\n", "1 1\n0 #\n", "toks:2", "The root has no label")]
    [InlineData("It works\nIt broke\n", "2 0\n", "1 1\n0 0\n", "parents", "It ends before line 2")]
    public void Files_that_do_not_fit_together_are_told_with_their_line(string words, string parents, string labels, string where, string what)
    {
        Write(("toks", words), ("parents", parents), ("labels", labels));
        InputError error = Inspect.Error(() => Prepare(Parents));
        Assert.Equal(_folder.In(where), error.Where);
        Assert.Contains(what, error.What, StringComparison.Ordinal);
    }

    [Fact]
    public void A_constituency_tree_has_its_words_at_the_leaves()
    {
        Write(("toks", "a b\na b c\n"), ("parents", "3 3 0\n5 1 4 5 0\n"), ("labels", "0 0 0\n0 0 0 0 0\n"));
        Assert.Contains("Node 1, which is a word, has 1 children", Inspect.Error(() => Prepare(Parents with { Words = TreeWords.Leaves })).What, StringComparison.Ordinal);
    }

    [Fact]
    public void Pairs_have_both_trees_and_a_score_between_the_labels()
    {
        Write(("a.toks", "A man sings\nNo\n"), ("a.parents", "2 3 0\n0\n"), ("b.toks", "He sings\nYes , a man\n"), ("b.parents", "2 0\n0 1 4 1\n"), ("sim", "4.5\n1\n"));
        PreparedData data = Prepare(Pairs);
        Assert.Equal(["1", "2", "3", "4", "5"], data.Labels);
        Assert.Equal(["a man sings he sings", "no yes , a man"], data.Lines(data.Train));
        (float score, Tree first, Tree second) = TreePair.Read(data.Train.Annotations(0), 5, 5);
        Assert.Equal((3.5f, 2, 1, 2), (score, first.Root, second.Root, first.Parent(1)));

        Write(("sim", "4.5\n5.1\n"));
        InputError error = Inspect.Error(() => Prepare(Pairs));
        Assert.Equal((_folder.In("sim:2"), "'5.1' is no score from 1 to 5."), (error.Where, error.What));
        Assert.Contains("There is no file", Inspect.Error(() => Prepare(Pairs with { Test = Pairs.Train with { Scores = "none" } })).What, StringComparison.Ordinal);
    }

    [Fact]
    public void Parts_are_set_aside_from_pairs_and_trees()
    {
        Write(("a.toks", Lines(20, "a b")), ("a.parents", Lines(20, "2 0")), ("b.toks", Lines(20, "c")), ("b.parents", Lines(20, "0")), ("sim", Lines(20, "3")));
        PreparedData pairs = Prepare(Pairs with { DevFraction = 0.1, TestFraction = 0.2 });
        Assert.Equal((14, 2, 4), (pairs.Train.Count, pairs.Dev!.Count, pairs.Test!.Count));
        PreparedData fold = Prepare(Pairs with { DevFraction = 0, Fold = new FoldSpec { Of = 4, Index = 2 } });
        Assert.Equal((15, 5, 20), (fold.Train.Count, fold.Test!.Count, fold.Folds!.Count));
        PreparedData trees = PrepareTrees(Lines(10, "(1 (0 a) (1 b))\n(0 (0 a) (1 b))"), s => s with { DevFraction = 0.1 });
        Assert.Equal((18, 2, true, true), (trees.Train.Count, trees.Dev!.Count, trees.Train.IsAnnotated, trees.Dev.IsAnnotated));

        static string Lines(int count, string line) => string.Concat(Enumerable.Repeat(line + "\n", count));
    }

    /// <summary>The counts of Socher et al. 2013, and that the two forms of the treebank are the same trees.</summary>
    [LongFact]
    public void The_sentiment_treebank_is_read_whole()
    {
        if (!SharedData.TryFind("sst/trees/train.txt", out string train) || !SharedData.TryFind("sst/treelstm/dev/sents.txt", out _))
        {
            output.WriteLine($"not run: there is no {train}");
            return;
        }

        PreparedData fine = DataPreparation.Prepare(new BracketedTreesData { Root = SharedData.Root, Train = "sst/trees/train.txt", Dev = "sst/trees/dev.txt", Test = "sst/trees/test.txt" }, 1);
        Assert.Equal((8544, 1101, 2210), (fine.Train.Count, fine.Dev!.Count, fine.Test!.Count));
        Assert.Equal((318582, 41447, 82600), (fine.Train.AnnotationCount / 2, fine.Dev.AnnotationCount / 2, fine.Test.AnnotationCount / 2));
        Assert.Equal([1092, 2218, 1624, 2322, 1288], Enumerable.Range(0, 5).Select(label => Enumerable.Range(0, 8544).Count(e => fine.Train.Label(e) == label)));
        PreparedData binary = DataPreparation.Prepare(new BracketedTreesData { Root = SharedData.Root, Train = "sst/trees/train.txt", Dev = "sst/trees/dev.txt", Test = "sst/trees/test.txt", Neutral = 2 }, 1);
        Assert.Equal((6920, 872, 1821), (binary.Train.Count, binary.Dev!.Count, binary.Test!.Count));

        ParentTreeFiles Files(string part) => new() { Tokens = $"sst/treelstm/{part}/sents.txt", Parents = $"sst/treelstm/{part}/parents.txt", Labels = $"sst/treelstm/{part}/labels.txt" };
        PreparedData parents = DataPreparation.Prepare(new ParentTreesData { Root = SharedData.Root, Train = Files("dev"), Test = Files("test"), Words = TreeWords.Leaves, DevFraction = 0, LowerCase = false }, 1);
        Assert.Equal((1101, 2210), (parents.Train.Count, parents.Test!.Count));
        Assert.Equal(41447, parents.Train.AnnotationCount / 2);
    }

    private void Write(params (string Name, string Text)[] files)
    {
        foreach ((string name, string text) in files)
            _folder.Write(name, text);
    }
}
