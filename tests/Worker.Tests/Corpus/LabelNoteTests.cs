using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Testing;
using DistEmbed.Worker.Corpus;

namespace DistEmbed.Worker.Tests.Corpus;

/// <summary>What the user is warned of before training, since it is legal and yet likely a slip.</summary>
public sealed class LabelNoteTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("(7 (0 a) (1 b))", "warning: 1 labels stand at one node and no other: '7' (data:31)")]
    [InlineData("(1 (01 a) (1 b))", "warning: 1 labels stand at one node and no other: '01' (data:31)")]
    [InlineData("(S (NP a) (NP b))", "warning: 1 labels stand at one node and no other: 'S' (data:31)")]
    [InlineData("(S (NP a) (NP b))", "warning: 1 labels are no whole numbers, as the others are: 'NP' (data:31)")]
    public void Stray_labels_of_trees_are_told_with_their_line(string tree, string warning)
    {
        string text = string.Concat(Enumerable.Repeat("(1 (0 a) (1 b))\n(0 (0 a) (1 b))\n", 15)) + tree + "\n";
        Assert.Contains(warning, Prepare(new BracketedTreesData { Train = "data", DevFraction = 0 }, text).Notes);
    }

    [Fact]
    public void So_is_a_label_of_one_example_in_many() =>
        Assert.Contains("warning: 1 labels stand at one example and no other: 'psotive' (data:21)",
            Prepare(new LabelledLinesData { Train = "data", DevFraction = 0 }, string.Concat(Enumerable.Repeat("pos a\nneg b\n", 10)) + "psotive c\n").Notes);

    [Fact]
    public void Labels_are_compared_without_what_cannot_be_seen_around_them()
    {
        PreparedData data = Prepare(new DelimitedData { Train = "data", DevFraction = 0 }, "label,text\npos,a\n pos ,b\n\uFEFFneg,c\nneg\u00A0,d\n");
        Assert.Equal(["neg", "pos"], data.Labels);
        data = Prepare(new DelimitedData { Train = "data", DevFraction = 0, LabelColumn = "label ", TextColumns = ["text"] }, "label, text\npos,a\nneg,b\n");
        Assert.Equal(["neg", "pos"], data.Labels);
    }

    [Fact]
    public void Labels_that_dev_lacks_and_a_small_dev_part_are_told()
    {
        _folder.Write("dev", "pos a\n");
        IReadOnlyList<string> notes = Prepare(new LabelledLinesData { Train = "data", Dev = "dev" }, "pos a\nneg b\nodd c\n").Notes;
        Assert.Contains("warning: dev has no example of 2 of the 3 labels: neg, odd", notes);
        Assert.Contains("warning: the dev part has 1 examples; scores of fewer than 20 say little, and they choose the weights", notes);
    }

    [Fact]
    public void Records_that_quotes_hold_together_and_quotes_that_are_kept_are_told()
    {
        Assert.Contains("data: 1 records with line ends in quotes; the longest, at line 2, has 3 lines",
            Prepare(new DelimitedData { Train = "data", DevFraction = 0 }, "label,text\npos,\"a\nb\nc\"\nneg,d\n").Notes);
        Assert.Contains("data: 1 records with a field in quotes, which are kept as characters (data.quotes)",
            Prepare(new DelimitedData { Train = "data", DevFraction = 0, Separator = "tab" }, "label\ttext\npos\t\"a\"\nneg\t5\"\n").Notes);
    }

    [Fact]
    public void A_quote_in_a_TSV_file_is_a_character()
    {
        PreparedData data = Prepare(new DelimitedData { Train = "data", DevFraction = 0, Separator = "tab", Tokenizer = TokenizerKind.Whitespace }, "label\ttext\npos\t\"a b\nneg\tc\npos\td 50\"\n");
        Assert.Equal(["pos: \"a b", "neg: c", "pos: d 50\""], data.Lines());
    }

    [Fact]
    public void Text_of_one_word_lines_has_nothing_to_learn_from()
    {
        InputError error = Inspect.Error(() => Prepare(new PlainTextData { Files = ["data"] }, "a\nb\n\nc\n"));
        Assert.Contains("None of the 3 lines has two words", error.What);
        Assert.Contains("data.minCount", Inspect.Error(() => Prepare(new PlainTextData { Files = ["data"], MinCount = 2 }, "a b\na c\nd a\n")).Fix);
    }

    private PreparedData Prepare(DataSpec spec, string text)
    {
        _folder.Write("data", text);
        return DataPreparation.Prepare(spec with { Root = _folder.Path }, seed: 1);
    }
}
