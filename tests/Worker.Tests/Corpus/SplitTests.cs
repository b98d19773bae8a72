using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Testing;
using DistEmbed.Worker.Corpus;

namespace DistEmbed.Worker.Tests.Corpus;

public sealed class SplitTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private PreparedData Split(int examples, double dev, double test, ulong seed = 3, string? devFile = null)
    {
        _folder.Write("train.txt", string.Concat(Enumerable.Range(0, examples).Select(i => $"{(i % 2 == 0 ? "even" : "odd")} w{i:D4}\n")));
        return DataPreparation.Prepare(new LabelledLinesData { Root = _folder.Path, Train = "train.txt", Dev = devFile, DevFraction = dev, TestFraction = test, Vocabulary = VocabularyParts.AllParts }, seed);
    }

    [Fact]
    public void Parts_have_the_shares_and_hold_every_example_once_in_file_order()
    {
        PreparedData data = Split(1000, dev: 0.1, test: 0.25);
        Assert.Equal((650, 100, 250), (data.Train.Count, data.Dev!.Count, data.Test!.Count));
        string[][] parts = [data.Lines(data.Train), data.Lines(data.Dev), data.Lines(data.Test)];
        Assert.Equal(1000, parts.SelectMany(p => p).Distinct().Count());
        Assert.All(parts, p => Assert.Equal(p.OrderBy(l => l[^4..], StringComparer.Ordinal), p));
        // Not a block of the file: the parts are random.
        Assert.InRange(parts[1].Count(l => string.CompareOrdinal(l[^4..], "0500") < 0), 30, 70);
    }

    [Fact]
    public void The_seed_decides_and_the_dev_share_does_not_move_the_test_part()
    {
        PreparedData first = Split(200, 0.1, 0.1);
        Assert.Equal(first.Lines(first.Dev!), Split(200, 0.1, 0.1) is var again ? again.Lines(again.Dev!) : []);
        PreparedData other = Split(200, 0.1, 0.1, seed: 4);
        Assert.NotEqual(first.Lines(first.Dev!), other.Lines(other.Dev!));
        PreparedData wider = Split(200, 0.3, 0.1);
        Assert.Equal(first.Lines(first.Test!), wider.Lines(wider.Test!));
    }

    [Fact]
    public void A_share_gets_at_least_one_example_and_zero_none()
    {
        PreparedData data = Split(6, dev: 0.01, test: 0);
        Assert.Equal((5, 1), (data.Train.Count, data.Dev!.Count));
        Assert.Null(data.Test);
        Assert.Contains("test: none", data.Notes);
    }

    /// <summary>What a sweep shares between seeds rests on this: where the seed is said to have no part, other seeds give the same, and only there.</summary>
    [Fact]
    public void The_seed_has_a_part_in_the_data_exactly_where_that_is_said()
    {
        string[] lines = [.. Enumerable.Range(0, 40).Select(i => $"{(i % 2 == 0 ? "even" : "odd")} w{i:D4}")];
        _folder.Write("train.txt", string.Join('\n', lines));
        _folder.Write("other.txt", string.Join('\n', lines[..4]));
        _folder.Write("even.txt", string.Join('\n', lines.Where((_, i) => i % 2 == 0)));
        _folder.Write("odd.txt", string.Join('\n', lines.Where((_, i) => i % 2 == 1)));
        _folder.Write("train.csv", "label,text\n" + string.Join('\n', lines.Select(l => l.Replace(' ', ','))));
        _folder.Write("other.csv", "label,text\n" + string.Join('\n', lines[..4].Select(l => l.Replace(' ', ','))));
        string[] objects = [.. lines.Select(l => $$"""{"label":"{{l.Split(' ')[0]}}","text":"{{l.Split(' ')[1]}}"}""")];
        _folder.Write("train.jsonl", string.Join('\n', objects));
        _folder.Write("other.jsonl", string.Join('\n', objects[..4]));
        var both = new Dictionary<string, string> { ["even"] = "even.txt", ["odd"] = "odd.txt" };
        (DataSpec Spec, bool Seed)[] cases =
        [
            .. new[] { (0.0, 0.0), (0.2, 0.0), (0.0, 0.2), (0.2, 0.2) }.SelectMany(f => new[] { (null, null), ("other", null), (null, "other"), ("other", (string?)"other") }.SelectMany(p =>
            {
                bool seed = (f.Item1 > 0 && p.Item1 is null) || (f.Item2 > 0 && p.Item2 is null);
                (DataSpec, bool)[] specs =
                [
                    (new LabelledLinesData { Train = "train.txt", Dev = Name(p.Item1, ".txt"), Test = Name(p.Item2, ".txt"), DevFraction = f.Item1, TestFraction = f.Item2 }, seed),
                    (new DelimitedData { Train = "train.csv", Dev = Name(p.Item1, ".csv"), Test = Name(p.Item2, ".csv"), DevFraction = f.Item1, TestFraction = f.Item2 }, seed),
                    (new FilePerClassData { Train = both, Dev = p.Item1 is null ? null : both, Test = p.Item2 is null ? null : both, DevFraction = f.Item1, TestFraction = f.Item2 }, seed),
                    (new JsonLinesData { Train = "train.jsonl", Dev = Name(p.Item1, ".jsonl"), Test = Name(p.Item2, ".jsonl"), DevFraction = f.Item1, TestFraction = f.Item2 }, seed),
                ];
                return specs;
            })),
            (new PlainTextData { Files = ["train.txt"] }, false),
        ];

        foreach ((DataSpec spec, bool seed) in cases.Select(c => (c.Spec with { Root = _folder.Path }, c.Seed)))
        {
            Assert.Equal(seed, DataPreparation.DependsOnSeed(spec));
            PreparedData first = DataPreparation.Prepare(spec, 3), second = DataPreparation.Prepare(spec, 4);
            Assert.Equal(!seed, Parts(first).SequenceEqual(Parts(second)));
        }

        static string? Name(string? part, string ending) => part is null ? null : part + ending;
        static IEnumerable<string> Parts(PreparedData data) => new[] { data.Train, data.Dev, data.Test }.SelectMany(part => part is null ? ["none"] : data.Lines(part));
    }

    [Fact]
    public void A_part_with_a_file_is_not_split()
    {
        _folder.Write("dev.txt", "odd x\n");
        PreparedData data = Split(10, dev: 0.5, test: 0, devFile: "dev.txt");
        Assert.Equal((10, 1), (data.Train.Count, data.Dev!.Count));
        Assert.Equal(["odd: x"], data.Lines(data.Dev));
    }

    [Fact]
    public void Nothing_left_to_train_on_is_an_error()
    {
        Assert.Equal("data.devFraction", Inspect.Error(() => Split(4, dev: 0.5, test: 0.5)).Where);
        // The only example of a label lands in the dev part for some seed.
        _folder.Write("rare.txt", "rare a\n" + string.Concat(Enumerable.Repeat("x b\ny c\n", 3)));
        var spec = new LabelledLinesData { Root = _folder.Path, Train = "rare.txt", DevFraction = 0.5 };
        InputError[] errors =
        [
            .. Enumerable.Range(0, 20).Select(seed => Record.Exception(() => DataPreparation.Prepare(spec, (ulong)seed))).OfType<InvalidInputException>().SelectMany(e => e.Errors),
        ];
        Assert.Contains(errors, e => e.What.Contains("no training example of the label 'rare'", StringComparison.Ordinal));
    }
}
