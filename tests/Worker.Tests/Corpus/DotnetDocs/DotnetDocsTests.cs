using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Testing;
using DistEmbed.Worker.Corpus;
using Xunit.Abstractions;

namespace DistEmbed.Worker.Tests.Corpus.DotnetDocs;

/// <summary>The SDK that runs these tests has the documentation, so nothing is skipped here.</summary>
public sealed class DotnetDocsTests(ITestOutputHelper output) : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(50, 25, 100)]
    public void Areas_are_balanced_and_their_sentences_distinct(int train, int dev, int test)
    {
        PreparedData data = DataPreparation.Prepare(new DotnetDocsData { TrainPerArea = train, DevPerArea = dev, TestPerArea = test, Vocabulary = VocabularyParts.AllParts }, 1);
        output.WriteLine(string.Join(Environment.NewLine, data.Notes));
        Assert.Equal(12, data.Labels.Count);
        foreach ((ExampleSet part, int each) in new[] { (data.Train, train), (data.Dev!, dev), (data.Test!, test) })
            Assert.Equal(Enumerable.Repeat(each, 12), Enumerable.Range(0, part.Count).CountBy(part.Label).Select(label => label.Value));
        string[] all = [.. new[] { data.Train, data.Dev!, data.Test! }.SelectMany(data.Lines)];
        foreach (string line in all.Where((_, i) => i % 397 == 0))
            output.WriteLine(line);
        // Sentences are distinct before tokenising; lower-casing may make a few equal.
        Assert.InRange(all.Distinct().Count(), all.Length * 0.99, all.Length);
    }

    [Fact]
    public void The_seed_decides_and_test_does_not_depend_on_the_size_of_train()
    {
        WritePack(type => Enumerable.Range(0, 7).Select(m => ($"M:{type}.M{m}", $"Some words about {type.Split('.')[^1]} number {m}.")));
        DotnetDocsData spec = Packs(train: 12, dev: 6, test: 12);
        PreparedData first = DataPreparation.Prepare(spec, 1), again = DataPreparation.Prepare(spec, 1), more = DataPreparation.Prepare(spec with { TrainPerArea = 20 }, 1);
        Assert.Equal(first.Lines(first.Train), again.Lines(again.Train));
        Assert.Equal(first.Lines(first.Test!), more.Lines(more.Test!));
        PreparedData other = DataPreparation.Prepare(spec, 2);
        Assert.NotEqual(first.Lines(first.Test!), other.Lines(other.Test!));
        Assert.True(DataPreparation.DependsOnSeed(spec));
        Assert.False(DataPreparation.DependsOnSeed(spec with { Labelled = false }));
    }

    [Fact]
    public void Unlabelled_is_every_distinct_sentence()
    {
        PreparedData data = DataPreparation.Prepare(new DotnetDocsData { Labelled = false }, 1);
        output.WriteLine(string.Join(Environment.NewLine, data.Notes));
        Assert.Empty(data.Labels);
        Assert.InRange(data.Train.Count, 90_000, 300_000);
        Assert.InRange(data.Train.TokenCount, 1_300_000, 4_000_000);
        foreach (string word in new[] { "socket", "thread", "certificate", "cookie", "xml" })
            Assert.True(data.Vocabulary.Count(data.Vocabulary.RowOf(word)) >= 20, word);
    }

    [Fact]
    public void No_type_is_in_two_parts_not_even_with_its_nested_types()
    {
        // Every sentence names its type, and nested types have a dot or a plus inside theirs.
        WritePack(type => Enumerable.Range(0, 7).Select(m => ($"M:{type}.M{m}", $"Some words about {type.Split('.')[2]} number {m}."))
            .Append(($"T:{type}", $"The type {type.Split('.')[2]} is documented."))
            .Append(($"T:{type}.Inner", $"Nested inside of {type.Split('.')[2]} entirely.")));
        PreparedData data = DataPreparation.Prepare(Packs(train: 12, dev: 6, test: 12), 5);
        string[][] types =
        [
            .. new[] { data.Train, data.Dev!, data.Test! }.Select(part => Enumerable.Range(0, part.Count)
                .Select(i => data.Vocabulary.Word(part.Tokens(i).ToArray().Single(t => data.Vocabulary.Word(t).StartsWith("type", StringComparison.Ordinal) && data.Vocabulary.Word(t).Length > 4))).ToArray()),
        ];
        Assert.Empty(types[0].Intersect(types[2]).Concat(types[0].Intersect(types[1])).Concat(types[1].Intersect(types[2])));
        Assert.Equal(12 * 12, types[2].Length);
        Assert.All(types.SelectMany(t => t).CountBy(t => t), t => Assert.InRange(t.Value, 1, 5));
    }

    [Fact]
    public void Boilerplate_is_left_out_and_a_short_area_is_named_with_what_it_has()
    {
        WritePack(type =>
        [
            ($"M:{type}.#ctor", $"Initializes a new instance of {type}."),
            ($"M:{type}.Shared", "This sentence is said of every type."),
            ($"M:{type}.Short", $"Too short {type}."),
            ($"M:{type}.Good(System.String)", $"The first sentence of {type} counts. The second does not count here."),
        ]);
        InvalidInputException e = Assert.Throws<InvalidInputException>(() => DataPreparation.Prepare(Packs(train: 9, dev: 1, test: 1), 5));
        Assert.Equal(12, e.Errors.Count);
        Assert.Contains("'collections' has 10 usable sentences of 10 types", e.Errors[0].What);
        PreparedData data = DataPreparation.Prepare(Packs(train: 8, dev: 1, test: 1), 5);
        Assert.All(data.Lines(data.Train), line => Assert.Contains("the first sentence of", line));
        Assert.All(data.Lines(data.Train), line => Assert.DoesNotContain("second", line));
    }

    [Fact]
    public void Markup_becomes_text_and_only_the_newest_version_counts()
    {
        WriteDoc("Some.Pack.Ref/9.0.10/ref/net9.0/Old.xml", ("T:A.Old", "Old text."));
        WriteDoc("Some.Pack.Ref/10.0.0-rc.2/ref/net10.0/Old.xml", ("T:A.Old", "Preview text."));
        WriteDoc("Some.Pack.Ref/10.0.0/ref/net10.0/Some.xml",
            ("M:A.B.C(System.Int32)", "Sends a <see cref=\"T:System.Net.Cookie\" /> to <see cref=\"M:System.Collections.Generic.List`1.#ctor(System.Int32)\"/>,\n   or <see langword=\"null\"/>"
                + " if <paramref name=\"value\"/> is <c>x &lt; 1</c>. Use <see cref=\"T:System.Object\">this text</see>, e.g. A dot. <code>var x = 1;</code><para>New paragraph</para>Rest"));
        WriteDoc("Zzz.Ref/1.0.0/ref/net10.0/Again.xml", ("M:A.B.C(System.Int32)", "Another pack says it differently."));
        var spec = new DotnetDocsData { Packs = _folder.Path, Labelled = false, Tokenizer = TokenizerKind.Whitespace, LowerCase = false };
        PreparedData data = DataPreparation.Prepare(spec, 1);
        Assert.Equal(["Sends a Cookie to List, or null if value is x < 1.", "Use this text, e.g. A dot.", "New paragraph", "Rest"], data.Lines(data.Train));
        Assert.Equal("documentation of Some.Pack.Ref 10.0.0, Zzz.Ref 1.0.0", data.Notes[0]);
    }

    [Fact]
    public void No_packs_or_damaged_ones_are_refused()
    {
        InputError error = Inspect.Error(() => DataPreparation.Prepare(new DotnetDocsData { Packs = _folder.Path }, 1));
        Assert.Equal("data.packs", error.Where);
        Assert.Contains(_folder.Path, error.What);
        Assert.Contains("Install the .NET SDK", error.Fix);
        _folder.Write("Bad.Ref/1.0.0/ref/net10.0/Bad.xml", "<doc><members>\n<member name='T:A'><summary>x</member></doc>");
        Assert.EndsWith("Bad.xml:2", Inspect.Error(() => DataPreparation.Prepare(new DotnetDocsData { Packs = _folder.Path }, 1)).Where);
    }

    private DotnetDocsData Packs(int train, int dev, int test) => new() { Packs = _folder.Path, TrainPerArea = train, DevPerArea = dev, TestPerArea = test, Vocabulary = VocabularyParts.AllParts };

    // Ten types in a namespace of each area.
    private void WritePack(Func<string, IEnumerable<(string Id, string Summary)>> membersOf)
    {
        string[] namespaces =
        [
            "System.Collections", "System.Data", "System.Diagnostics", "System.IO", "System.Net", "System.Reflection", "System.Security", "System.Text", "System.Threading", "System.Xml",
        ];
        IEnumerable<string> types = namespaces.SelectMany((space, n) => Enumerable.Range(0, 10).Select(t => $"{space}.Type{n}x{t}"));
        IEnumerable<string> deeper = new[] { "Microsoft.AspNetCore.Mvc", "Microsoft.AspNetCore.Components" }.SelectMany((space, n) => Enumerable.Range(0, 10).Select(t => $"{space}.Type9{n}x{t}"));
        WriteDoc("Some.Ref/1.0.0/ref/net10.0/Some.xml", [.. types.SelectMany(membersOf), .. deeper.SelectMany(t => membersOf("A.B." + t.Split('.')[^1]).Select(m => (m.Id.Replace("A.B." + t.Split('.')[^1], t), m.Summary)))]);
    }

    private void WriteDoc(string name, params (string Id, string Summary)[] members) => _folder.Write(
        name, $"<?xml version=\"1.0\"?>\n<doc><members>{string.Concat(members.Select(m => $"<member name=\"{m.Id}\"><summary>{m.Summary}</summary></member>"))}</members></doc>");
}
