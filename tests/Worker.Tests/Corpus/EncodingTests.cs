using CsCheck;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Testing;
using DistEmbed.Worker.Corpus;

namespace DistEmbed.Worker.Tests.Corpus;

public sealed class EncodingTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Whitespace_tokenised_lines_survive_encoding_and_decoding()
    {
        Gen<string> word = Gen.Char["abcXYZ'\"\\,é\u00a0\u2003東<>{}#"].Array[1, 5].Select(c => new string(c));
        Gen<string> line = word.Array[2, 12].Select(words => string.Join(' ', words));
        line.Array[1, 20].Sample(
            lines =>
            {
                string file = _folder.Write($"{Guid.NewGuid()}.txt", string.Join('\n', lines));
                var spec = new PlainTextData { Files = [file], Tokenizer = TokenizerKind.Whitespace, LowerCase = false };
                PreparedData data = DataPreparation.Prepare(spec, 1);
                Assert.Equal(lines, data.Lines(data.Train));
                var encoder = new LineEncoder(spec, data.Vocabulary);
                for (int i = 0; i < lines.Length; i++)
                    Assert.Equal(data.Train.Tokens(i).ToArray(), encoder.Encode(lines[i]));
            },
            iter: 200,
            threads: 1);
    }

    [Fact]
    public void New_lines_are_encoded_like_the_data()
    {
        var vocabulary = new WordVocabulary(["film", "good", "n't"], [3, 2, 1]);
        var labelled = new LabelledLinesData { Train = "-", Tokenizer = TokenizerKind.Kim, MaxTokens = 4 };
        Assert.Equal([3, 2, 1, 4], new LineEncoder(labelled, vocabulary).Encode("Good FILM, n't good"));
        Assert.Equal([1, 1], new LineEncoder(labelled with { LowerCase = false }, vocabulary).Encode("Good FILM"));
        Assert.Empty(new LineEncoder(labelled, vocabulary).Encode("..."));
        var text = new PlainTextData { Files = [], Tokenizer = TokenizerKind.Kim, MaxTokens = 4 };
        Assert.Equal([3, 2, 4], new LineEncoder(text, vocabulary).Encode("Good FILM, n't good"));
        Assert.Equal(["good", "film", ",", "n't", "good"], new LineEncoder(text, vocabulary).Tokenize("Good FILM, n't good"));
    }

    [Fact]
    public void Text_is_normalised_before_it_is_split_in_data_and_in_new_lines()
    {
        string file = _folder.Write("text.txt", "cafe\u0301 \uFF21\u00A0b\n");
        var spec = new PlainTextData { Files = [file], Tokenizer = TokenizerKind.Whitespace };
        Assert.Equal(["cafe\u0301 \uFF41\u00A0b"], DataPreparation.Prepare(spec, 1).Lines());
        Assert.Equal(["café \uFF41\u00A0b"], DataPreparation.Prepare(spec with { Normalization = Normalization.Nfc }, 1).Lines());
        PreparedData data = DataPreparation.Prepare(spec with { Normalization = Normalization.Nfkc }, 1);
        Assert.Equal(["café a b"], data.Lines());
        Assert.Equal(["café", "a"], new LineEncoder(spec with { Normalization = Normalization.Nfkc }, data.Vocabulary).Tokenize("cafe\u0301\u00A0\uFF21"));
    }

    [Fact]
    public void One_more_file_is_read_in_the_form_of_the_job()
    {
        var vocabulary = new WordVocabulary(["a", "b"], [3, 2]);
        string csv = _folder.Write("more.csv", "text,label\n\"b, a\",x\nnew,y\n");
        ExampleSet examples = DataPreparation.ReadExamples(new DelimitedData { Train = "-" }, csv, vocabulary, ["x", "y"]);
        Assert.Equal([3, 1, 2], examples.Tokens(0).ToArray());
        Assert.Equal([1], examples.Tokens(1).ToArray());
        Assert.Equal((0, 1), (examples.Label(0), examples.Label(1)));

        string lines = _folder.Write("more.txt", "y a\nx b\n");
        var perClass = new FilePerClassData { Train = new Dictionary<string, string>() };
        Assert.Equal(1, DataPreparation.ReadExamples(perClass, lines, vocabulary, ["x", "y"]).Label(0));
        InputError error = Inspect.Error(() => DataPreparation.ReadExamples(perClass, lines, vocabulary, ["x", "z"]));
        Assert.Equal(lines + ":1", error.Where);

        ExampleSet text = DataPreparation.ReadExamples(new PlainTextData { Files = [] }, lines, vocabulary, []);
        Assert.Equal((2, 2, -1), (text.Count, text.TokenCount, text.Label(0)));
        Assert.Contains("no-such", Inspect.Error(() => DataPreparation.ReadExamples(perClass, "no-such", vocabulary, ["x"])).Where);
    }
}
