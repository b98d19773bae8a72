using CsCheck;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Testing;
using DistEmbed.Worker.Corpus;

namespace DistEmbed.Worker.Tests.Corpus;

/// <summary>Which words of labelled data have a row, and which are unknown where.</summary>
public sealed class PartVocabularyTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Words_of_the_train_part_come_by_their_counts_there_and_words_of_others_that_have_a_vector_behind_them()
    {
        PreparedData data = Prepare(
            ["x b a", "y b"], ["x a zz zz", "y vec other vec"], ["x vec b late b b"], new() { Train = "", DevFraction = 0 });
        Assert.Equal([("b", 2L), ("a", 1L), ("late", 0L), ("vec", 0L)], Words(data.Vocabulary));
        Assert.Equal(["b a", "b"], Text(data, data.Train));
        Assert.Equal(["a <unk> <unk>", "vec <unk> vec"], Text(data, data.Dev!));
        Assert.Equal(["vec b late b b"], Text(data, data.Test!));
        Assert.Contains("vocabulary: 2 words of the train part, and 2 of other parts that have a vector", data.Notes);
        Assert.Contains("3 of 11 tokens of the other parts are unknown, as they will be to predict", data.Notes);
    }

    [Fact]
    public void All_parts_have_the_words_of_all_parts_whether_they_have_a_vector_or_not()
    {
        PreparedData data = Prepare(
            ["x b a", "y b"], ["x zz zz"], ["x b"], new() { Train = "", Vocabulary = VocabularyParts.AllParts });
        Assert.Equal([("b", 3L), ("zz", 2L), ("a", 1L)], Words(data.Vocabulary));
        Assert.Contains("vocabulary: 3 words of all parts together", data.Notes);
    }

    [Fact]
    public void A_word_too_rare_for_training_is_unknown_there_and_has_its_vector_elsewhere()
    {
        PreparedData data = Prepare(["x b vec", "y b poor"], ["x vec poor"], ["x b"], new() { Train = "", MinCount = 2 });
        Assert.Equal([("b", 2L), ("vec", 0L)], Words(data.Vocabulary));
        Assert.Equal(["b <unk>", "b <unk>"], Text(data, data.Train));
        Assert.Equal(["vec <unk>"], Text(data, data.Dev!));
        Assert.Contains("minCount 2: 2 rarer words (2 tokens) of the train part are unknown there", data.Notes);
    }

    [Fact]
    public void What_is_set_aside_gives_training_no_word_and_another_file_is_read_as_the_parts_are()
    {
        string[] vocabulary = [.. Enumerable.Range(0, 12).Select(i => $"w{i}")];
        Gen<string> line = Gen.OneOfConst(vocabulary).Array[1, 6].Select(words => string.Join(' ', words));
        Gen<string[]> withVectors = Gen.OneOfConst(vocabulary).Array[0, 6];
        Gen.Select(line.Array[20, 40], Gen.Int[1, 3], withVectors, Gen.Int[0, 2], Gen.ULong).Sample(
            (lines, minCount, withVector, split, seed) =>
            {
                _folder.WriteLines("some.txt", lines.Select((text, i) => $"{(i % 2 == 0 ? "x" : "y")} {text} w"));
                var spec = new LabelledLinesData
                {
                    Root = _folder.Path,
                    Train = "some.txt",
                    MinCount = minCount,
                    DevFraction = split == 1 ? 0 : 0.2,
                    TestFraction = split == 2 ? 0 : 0.3,
                    Fold = split == 2 ? new FoldSpec { Of = 3, Index = 2 } : null,
                };
                DataSpec whole = spec with { MinCount = 1, Vocabulary = VocabularyParts.AllParts };
                PreparedData all = DataPreparation.Prepare(whole, seed);
                PreparedData data = DataPreparation.Prepare(spec, seed, words => words.Intersect(withVector));
                Dictionary<string, int> counts =
                    Text(all, all.Train).SelectMany(l => l.Split(' ')).CountBy(w => w).ToDictionary(c => c.Key, c => c.Value);
                bool Trained(string word) => counts.GetValueOrDefault(word) >= minCount;
                Assert.Equal(Hidden(Text(all, all.Train), Trained), Text(data, data.Train));
                foreach ((ExampleSet? plain, ExampleSet? part) in new[] { (all.Dev, data.Dev), (all.Test, data.Test) })
                {
                    if (plain is null)
                        continue;
                    string[] expected = Hidden(Text(all, plain), word => Trained(word) || withVector.Contains(word));
                    Assert.Equal(expected, Text(data, part!));
                    string file = _folder.WriteLines("again.txt", Text(all, plain).Select(text => "x " + text));
                    ExampleSet again = DataPreparation.ReadExamples(spec, file, data.Vocabulary, data.Labels);
                    Assert.Equal(expected, Text(data, again));
                }
            },
            iter: 100,
            threads: 1);
    }

    /// <summary>The words of examples, without their label.</summary>
    private static string[] Text(PreparedData data, ExampleSet examples) =>
        [.. data.Lines(examples).Select(line => line.Split(": ", 2)[1])];

    private static string[] Hidden(string[] lines, Func<string, bool> known) =>
        [.. lines.Select(line => string.Join(' ', line.Split(' ').Select(word => known(word) ? word : "<unk>")))];

    private static IEnumerable<(string, long)> Words(WordVocabulary vocabulary) =>
        Enumerable.Range(WordVocabulary.FirstWordRow, vocabulary.Rows - WordVocabulary.FirstWordRow)
            .Select(row => (vocabulary.Word(row), vocabulary.Count(row)));

    /// <summary>Prepares lines; <c>vec</c> and <c>late</c> have a vector.</summary>
    private PreparedData Prepare(string[] train, string[] dev, string[] test, LabelledLinesData spec)
    {
        _folder.WriteLines("train.txt", train);
        _folder.WriteLines("dev.txt", dev);
        _folder.WriteLines("test.txt", test);
        LabelledLinesData whole = spec with { Root = _folder.Path, Train = "train.txt", Dev = "dev.txt", Test = "test.txt" };
        return DataPreparation.Prepare(whole, 1, words => words.Intersect(["vec", "late"]));
    }
}
