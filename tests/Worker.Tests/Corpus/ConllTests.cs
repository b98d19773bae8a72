using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Testing;
using DistEmbed.Worker.Corpus;
using Xunit.Abstractions;

namespace DistEmbed.Worker.Tests.Corpus;

public sealed class ConllTests(ITestOutputHelper output) : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Words_tags_and_cases_are_read_from_their_columns()
    {
        PreparedData data = Prepare("-DOCSTART- -X- O\n\nIBM NNP I-ORG\nof IN  O\nUlm NNP I-LOC\n\n\nMr. NNP O\n1984 CD O\n");
        Assert.Equal(["O", "B-LOC", "I-LOC", "B-ORG", "I-ORG"], data.Labels);
        Assert.Equal([[3, 0, 1], [0, 0]], Tags(data.Train));
        Assert.Equal(["ibm of ulm", "mr. 1984"], Enumerable.Range(0, 2).Select(i => string.Join(' ', data.Train.Tokens(i).ToArray().Select(data.Vocabulary.Word))));
        Assert.Equal(
            [WordCase.Upper, WordCase.Lower, WordCase.InitialUpper, WordCase.InitialUpper, WordCase.Digits],
            Enumerable.Range(0, 2).SelectMany(i => TagAnnotations.Cases(data.Train, i).ToArray().Select(c => (WordCase)c)));
        Assert.Equal(-1, data.Train.Label(0));
        Assert.Contains("train: 2 sentences, 5 tokens; 2 entities (LOC 1, ORG 1)", data.Notes);
    }

    [Theory]
    [InlineData("I-PER I-PER O I-PER", "1 2 0 1")] // IO
    [InlineData("I-PER B-PER I-PER I-LOC", "3 3 4 1")] // IOB1: B only where two of a type touch
    [InlineData("B-PER I-PER B-LOC I-PER", "3 4 1 3")] // BIO, and an I that goes on with nothing
    [InlineData("B-PER I-LOC I-LOC O", "3 1 2 0")]
    public void Tags_become_BIO(string tags, string expected) =>
        Assert.Equal(expected.Split(' ').Select(int.Parse), Tags(Prepare(string.Join('\n', tags.Split(' ').Select(t => $"w {t}")) + "\n").Train)[0]);

    [Fact]
    public void Only_blanks_and_tabs_separate_and_comments_are_left_out_where_they_are_named()
    {
        PreparedData data = Prepare("# id = 1\n8\u00a01/2 O\nUlm I-LOC\n#tag I-LOC\n", d => d with { Comment = "# " });
        Assert.Throws<InvalidInputException>(() => Prepare("# id\nUlm I-LOC\n"));
        data = Prepare("#! remark of any length\n8\u00a01/2 O\nUlm I-LOC\n#tag I-LOC\n", d => d with { Comment = "#!" });
        Assert.Equal(["8\u00a01/2", "ulm", "#tag"], data.Train.Tokens(0).ToArray().Select(data.Vocabulary.Word));
        data = Prepare("B-LOC 1 Ulm\nO 2 is\n\nO 2 x y\n", d => d with { WordColumn = 3, TagColumn = 1, LowerCase = false });
        Assert.Equal(["Ulm", "is"], data.Train.Tokens(0).ToArray().Select(data.Vocabulary.Word));
    }

    [Fact]
    public void Long_sentences_are_cut_and_rare_words_unknown_with_their_tags_in_place()
    {
        PreparedData data = Prepare("a O\na O\nUlm I-LOC\na O\n\na I-LOC\n", d => d with { MaxTokens = 3, MinCount = 2 });
        Assert.Equal([[0, 0, 1], [1]], Tags(data.Train));
        Assert.Equal([2, 2, 1], data.Train.Tokens(0).ToArray());
        Assert.Equal(3, TagAnnotations.Cases(data.Train, 0).Length);
    }

    [Theory]
    [InlineData("a O\nb\n", 2, "has 1 of the 2 columns")]
    [InlineData("a O\n\nb x O\n", 3, "has 3 columns, but the lines before have 2")]
    [InlineData("a O\nb PER\n", 2, "The tag 'PER' is a bare type, but 'I-LOC'")]
    [InlineData("a O\nb I-\n", 2, "The tag 'I-' has no type")]
    public void A_line_that_is_wrong_is_named(string text, int line, string expected)
    {
        InputError error = Inspect.Error(() => Prepare(text + "Ulm I-LOC\n"));
        Assert.Equal($"{_folder.In("train.txt")}:{line}", error.Where);
        Assert.Contains(expected, error.What, StringComparison.Ordinal);
        Assert.Contains("data.tagColumn", error.Fix, StringComparison.Ordinal);
    }

    [Fact]
    public void Types_that_training_lacks_and_text_without_entities_are_errors()
    {
        _folder.Write("dev.txt", "a O\nUlm I-LOC\nx I-XYZ\n");
        InputError error = Inspect.Error(() => Prepare("Ulm I-LOC\n", d => d with { Dev = "dev.txt" }));
        Assert.Equal($"{_folder.In("dev.txt")}:3", error.Where);
        Assert.Contains("'XYZ' has no training example; the types are: LOC", error.What, StringComparison.Ordinal);
        Assert.Contains("None of its 1 sentences has an entity", Inspect.Error(() => Prepare("a O\n")).What, StringComparison.Ordinal);
        Assert.Contains("There is no sentence", Inspect.Error(() => Prepare("Ulm I-LOC\n", d => d with { Dev = Written("\n-DOCSTART- O\n\n") })).What, StringComparison.Ordinal);
    }

    [Fact]
    public void Parts_are_set_aside_by_the_seed_or_are_folds()
    {
        string text = string.Concat(Enumerable.Range(0, 50).Select(i => $"w{i} I-LOC\n\n"));
        ConllData Split(ConllData d) => d with { DevFraction = 0.1, TestFraction = 0.2, Vocabulary = VocabularyParts.AllParts };
        PreparedData one = Prepare(text, Split), two = Prepare(text, Split, seed: 2);
        Assert.Equal((35, 5, 10), (one.Train.Count, one.Dev!.Count, one.Test!.Count));
        Assert.NotEqual(one.Test.Tokens(0).ToArray(), two.Test!.Tokens(0).ToArray());
        Assert.True(DataPreparation.DependsOnSeed(Split(new ConllData { Train = "t" })));
        PreparedData fold = Prepare(text, d => d with { DevFraction = 0.1, Fold = new FoldSpec { Of = 5, Index = 2 } });
        Assert.Equal((36, 4, 10), (fold.Train.Count, fold.Dev!.Count, fold.Test!.Count));
    }

    [Fact]
    public void Another_file_is_read_with_the_words_and_tags_of_the_job()
    {
        PreparedData data = Prepare("Ulm I-LOC\nis O\n");
        var spec = new ConllData { Train = "train.txt" };
        ExampleSet other = DataPreparation.ReadExamples(spec, _folder.In(Written("Bonn B-LOC\nis O\n")), data.Vocabulary, data.Labels);
        Assert.Equal([[1, 0]], Tags(other));
        Assert.Equal([1, data.Vocabulary.RowOf("is")], other.Tokens(0).ToArray());
    }

    [Fact]
    public void WikiGold_has_the_sentences_and_entities_that_it_is_known_for()
    {
        if (!SharedData.TryFind("ner/wikigold/wikigold.conll.txt", out string path))
        {
            output.WriteLine($"not run: there is no {path}");
            return;
        }

        PreparedData data = DataPreparation.Prepare(new ConllData { Train = path, DevFraction = 0 }, 1);
        Assert.Equal(["O", "B-LOC", "I-LOC", "B-MISC", "I-MISC", "B-ORG", "I-ORG", "B-PER", "I-PER"], data.Labels);
        // 39,152 lines with a tag, of which 145 are -DOCSTART-; a sentence fewer than documents and sentences have together.
        output.WriteLine(string.Join("; ", data.Notes));
        Assert.Equal((1696, 39007), (data.Train.Count, data.Train.TokenCount));
    }

    private static int[][] Tags(ExampleSet data) => [.. Enumerable.Range(0, data.Count).Select(i => TagAnnotations.Tags(data, i).ToArray())];

    private string Written(string text)
    {
        _folder.Write("other.txt", text);
        return "other.txt";
    }

    private PreparedData Prepare(string text, Func<ConllData, ConllData>? change = null, ulong seed = 1)
    {
        _folder.Write("train.txt", text);
        var spec = new ConllData { Root = _folder.Path, Train = "train.txt", DevFraction = 0 };
        return DataPreparation.Prepare(change?.Invoke(spec) ?? spec, seed);
    }
}
