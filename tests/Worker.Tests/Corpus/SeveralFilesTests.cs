using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Testing;
using DistEmbed.Worker.Corpus;

namespace DistEmbed.Worker.Tests.Corpus;

/// <summary>A part may be several files, a pattern, or a folder for each class.</summary>
public sealed class SeveralFilesTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Files_of_a_list_are_read_in_its_order_and_those_of_a_pattern_in_that_of_their_names()
    {
        Write("b.txt", "pos b\n");
        Write("a.txt", "neg a\n");
        Write("more/c.txt", "neg c\n");
        Write("more/deep/d.txt", "neg d\n");
        Write("more/.hidden.txt", "no label");

        Assert.Equal(["pos: b", "neg: a"], Lines(new FilePaths("b.txt", "a.txt")));
        Assert.Equal(["neg: a", "pos: b"], Lines("*.txt"));
        Assert.Equal(["neg: a", "pos: b", "neg: c"], Lines(new FilePaths("?.txt", "more/*")));
        Assert.Equal(["neg: a", "pos: b", "neg: c", "neg: d"], Lines("**/*.txt"));
        Assert.Equal(["neg: a", "pos: b"], Lines(new FilePaths("a.txt", "*.txt"))); // each once
        Write("odd[*].txt", "pos odd\nneg odder\n");
        Assert.Equal(["pos: odd", "neg: odder"], Lines("odd[*].txt")); // the name of a file is no pattern
    }

    [Fact]
    public void A_pattern_that_meets_nothing_and_a_folder_are_refused_with_what_to_do()
    {
        Write("folder/a.txt", "pos a\n");
        Assert.Contains("No file is named as", Inspect.Error(() => Lines("*.csv")).What, StringComparison.Ordinal);
        InputError error = Inspect.Error(() => Lines("folder"));
        Assert.Contains("is a folder", error.What, StringComparison.Ordinal);
        Assert.Contains("folder/*.txt", error.Fix, StringComparison.Ordinal);
        Assert.Equal("data.train[1]", Inspect.Error(() => Lines(new FilePaths("folder/a.txt", "none.txt"))).Where);
    }

    [Fact]
    public void Each_delimited_file_has_its_own_header()
    {
        Write("a.csv", "label,text\npos,one\n");
        Write("b.csv", "text,label\ntwo,neg\n");
        PreparedData data = Prepare(new DelimitedData { Train = "*.csv", DevFraction = 0 });
        Assert.Equal(["pos: one", "neg: two"], data.Lines(data.Train));
    }

    [Fact]
    public void A_label_of_file_per_class_and_plain_text_may_be_patterns()
    {
        Write("pos-1.txt", "one day\n");
        Write("pos-2.txt", "two days\n");
        Write("neg.txt", "three days\n");
        PreparedData data = Prepare(new FilePerClassData { Train = new Dictionary<string, string> { ["pos"] = "pos-*.txt", ["neg"] = "neg.txt" }, DevFraction = 0 });
        Assert.Equal(["neg: three days", "pos: one day", "pos: two days"], data.Lines(data.Train));
        Assert.Equal(6, Prepare(new PlainTextData { Files = ["*.txt"] }).Train.TokenCount);
    }

    [Fact]
    public void A_folder_a_class_is_read_file_by_file_with_the_folders_as_labels()
    {
        Write("train/pos/2.txt", "second\nline");
        Write("train/pos/10.txt", "first");
        Write("train/neg/1.txt", "third");
        Write("train/unsup/1.txt", "none");
        Write("train/urls.txt", "beside");
        Write("test/pos/1.txt", "tested");
        Write("test/neg/1.txt", "too");
        var spec = new FolderPerClassData
        {
            Train = "train",
            Test = "test",
            Labels = ["neg", "pos"],
            DevFraction = 0,
            Vocabulary = VocabularyParts.AllParts,
        };

        PreparedData data = Prepare(spec);
        Assert.Equal(["neg", "pos"], data.Labels);
        Assert.Equal(["neg: third", "pos: first", "pos: second line"], data.Lines(data.Train)); // in the order of their names
        Assert.Equal(["neg: too", "pos: tested"], data.Lines(data.Test!));
        Assert.Equal(["neg", "pos", "unsup"], Prepare(spec with { Labels = null, Test = null }).Labels);
        ExampleSet read = DataPreparation.ReadExamples(spec with { Root = _folder.Path }, _folder.In("test"), data.Vocabulary, data.Labels);
        Assert.Equal(2, read.Count);

        Assert.Contains("There is no folder", Inspect.Error(() => Prepare(spec with { Labels = ["neg", "neutral"], Test = null })).What, StringComparison.Ordinal);
        Assert.Contains("has no folders in it", Inspect.Error(() => Prepare(spec with { Train = "train/pos", Labels = null, Test = null })).What, StringComparison.Ordinal);
        Assert.Contains("No file of", Inspect.Error(() => Prepare(spec with { Files = "*.csv", Labels = ["neg"], Test = null })).What, StringComparison.Ordinal);
    }

    [Fact]
    public void Texts_in_columns_and_fields_are_read_without_labels()
    {
        Write("a.csv", "id,text\n1,one\n2,\n");
        Write("b.jsonl", "{\"text\": \"two\"}\n{\"text\": \"\", \"label\": 7}\n");
        Assert.Equal(["one", ""], DataPreparation.ReadTexts(new DelimitedData { Train = "x" }, _folder.In("a.csv")));
        Assert.Equal(["two", ""], DataPreparation.ReadTexts(new JsonLinesData { Train = "x" }, _folder.In("b.jsonl")));
        Assert.Contains("There is no column 'text'", Inspect.Error(() => Assert.Empty(DataPreparation.ReadTexts(new DelimitedData { Train = "x", Separator = ";" }, _folder.In("a.csv")))).What, StringComparison.Ordinal);
    }

    private IReadOnlyList<string> Lines(FilePaths train)
    {
        PreparedData data = Prepare(new LabelledLinesData { Train = train, DevFraction = 0 });
        return [.. data.Lines(data.Train)];
    }

    private PreparedData Prepare(DataSpec spec) => DataPreparation.Prepare(spec with { Root = _folder.Path }, seed: 7);

    private void Write(string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder.In(name))!);
        File.WriteAllText(_folder.In(name), text);
    }
}
