using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Testing;
using DistEmbed.Worker.Corpus;

namespace DistEmbed.Worker.Tests.Corpus;

/// <summary>Examples without text are the same in every format.</summary>
public sealed class EmptyTextTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string, int> Formats => new() { { "lines", 2 }, { "class", 2 }, { "csv", 3 }, { "tsv", 3 }, { "json", 2 }, { "json null", 2 } };

    [Theory]
    [MemberData(nameof(Formats))]
    public void They_are_refused_with_their_line_left_out_or_kept_as_the_job_says(string format, int line)
    {
        InputError error = Inspect.Error(() => Prepare(format, EmptyText.Refuse));
        Assert.Equal($"{_folder.In("data")}:{line}", error.Where);
        Assert.Equal("The example has no text.", error.What);
        Assert.Contains("data.emptyText", error.Fix);

        PreparedData skipped = Prepare(format, EmptyText.Skip);
        Assert.Equal(3, skipped.Train.Count);
        Assert.Contains("emptyText skip: 1 examples without text are left out", skipped.Notes);

        PreparedData kept = Prepare(format, EmptyText.Keep);
        Assert.Equal(4, kept.Train.Count);
        Assert.Contains(Enumerable.Range(0, 4), i => kept.Train.Tokens(i).IsEmpty);
        Assert.Contains("1 examples have no token; they are kept", kept.Notes);
    }

    [Fact]
    public void So_is_a_text_of_which_the_tokenizer_leaves_nothing_and_the_number_is_told()
    {
        _folder.Write("data", "pos a\nneg --\nneg ..\npos b\nneg c\n");
        var spec = new LabelledLinesData { Root = _folder.Path, Train = "data", DevFraction = 0, Tokenizer = TokenizerKind.Kim };
        InputError error = Inspect.Error(() => DataPreparation.Prepare(spec, 1));
        Assert.Equal("The tokenizer leaves nothing of the example's text '--'. 1 more are like it.", error.What);
        Assert.Equal(3, DataPreparation.Prepare(spec with { EmptyText = EmptyText.Skip }, 1).Train.Count);
    }

    [Fact]
    public void A_label_that_has_no_other_example_is_none()
    {
        _folder.Write("data", "pos a\nneg b\nodd \n");
        PreparedData data = DataPreparation.Prepare(new LabelledLinesData { Root = _folder.Path, Train = "data", DevFraction = 0, EmptyText = EmptyText.Skip }, 1);
        Assert.Equal(["neg", "pos"], data.Labels);
    }

    [Fact]
    public void Sentences_without_words_are_examples_without_text_where_files_are_parallel()
    {
        _folder.WriteLines("t", "a b", "", "c d");
        _folder.WriteLines("p", "2 0", "", "0 1");
        _folder.WriteLines("l", "1 1", "", "0 0");
        var trees = new ParentTreesData { Root = _folder.Path, Train = new ParentTreeFiles { Tokens = "t", Parents = "p", Labels = "l" }, DevFraction = 0 };
        Assert.Equal(_folder.In("t") + ":2", Inspect.Error(() => DataPreparation.Prepare(trees, 1)).Where);
        Assert.Equal(2, DataPreparation.Prepare(trees with { EmptyText = EmptyText.Skip }, 1).Train.Count);

        _folder.WriteLines("s", "1", "2", "3");
        var pairs = new TreePairsData { Root = _folder.Path, Train = new TreePairFiles { TokensA = "t", ParentsA = "p", TokensB = "t", ParentsB = "p", Scores = "s" }, DevFraction = 0 };
        Assert.Equal(_folder.In("t") + ":2", Inspect.Error(() => DataPreparation.Prepare(pairs, 1)).Where);
        Assert.Equal(2, DataPreparation.Prepare(pairs with { EmptyText = EmptyText.Skip }, 1).Train.Count);

        _folder.WriteLines("d.toks", "a b", "", "c d");
        _folder.WriteLines("d.parents", "2 0", "", "0 1");
        _folder.WriteLines("d.rels", "x root", "", "root x");
        var heads = new DependencyData { Root = _folder.Path, Train = ["d"], Layout = DependencyLayout.Parallel, DevFraction = 0 };
        Assert.Equal(_folder.In("d.toks") + ":2", Inspect.Error(() => DataPreparation.Prepare(heads, 1)).Where);
        Assert.Equal(2, DataPreparation.Prepare(heads with { EmptyText = EmptyText.Skip }, 1).Train.Count);
    }

    private PreparedData Prepare(string format, EmptyText empty)
    {
        _folder.Write("data", format switch
        {
            "lines" => "pos a\nneg \npos b\nneg c\n",
            "class" => "a\n\nb\n\n\n",
            "csv" => "label,text\npos,a\nneg, \npos,b\nneg,c\n",
            "tsv" => "label\ttext\npos\ta\nneg\t\npos\tb\nneg\tc\n",
            "json" => "{\"label\":1,\"text\":\"a\"}\n{\"label\":2,\"text\":\"\"}\n{\"label\":1,\"text\":\"b\"}\n{\"label\":2,\"text\":\"c\"}\n",
            _ => "{\"label\":1,\"text\":\"a\"}\n{\"label\":2,\"text\":null}\n{\"label\":1,\"text\":\"b\"}\n{\"label\":2,\"text\":\"c\"}\n",
        });
        _folder.Write("other", "c\n");
        LabelledData spec = format switch
        {
            "lines" => new LabelledLinesData { Train = "data" },
            "class" => new FilePerClassData { Train = new Dictionary<string, string> { ["a"] = "data", ["b"] = "other" } },
            "csv" => new DelimitedData { Train = "data" },
            "tsv" => new DelimitedData { Train = "data", Separator = "tab" },
            _ => new JsonLinesData { Train = "data" },
        };
        return DataPreparation.Prepare(spec with { Root = _folder.Path, DevFraction = 0, EmptyText = empty }, 1);
    }
}
