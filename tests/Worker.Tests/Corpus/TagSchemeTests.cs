using CsCheck;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Testing;
using DistEmbed.Worker.Corpus;

namespace DistEmbed.Worker.Tests.Corpus;

/// <summary>Tags of any scheme are read as BIO.</summary>
public sealed class TagSchemeTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("B-PER I-PER E-PER O S-LOC", "BIOES")]
    [InlineData("B-PER I-PER L-PER O U-LOC", "BILOU")]
    [InlineData("B-PER M-PER E-PER O S-LOC", "BIOES")]
    [InlineData("PER PER PER O LOC", "bare types")]
    [InlineData("b-PER i-PER i-PER o b-LOC", null)]
    [InlineData("I-PER I-PER I-PER O I-LOC", null)]
    public void The_scheme_is_recognised_and_told(string tags, string? name)
    {
        PreparedData data = Prepare(tags);
        Assert.Equal(["B-PER", "I-PER", "I-PER", "O", "B-LOC"], Tags(data));
        Assert.Equal(name is not null, data.Notes.Contains($"data: the tags are {name}, read as BIO"));
    }

    [Theory]
    [InlineData("S-X S-X O", "B-X B-X O")] // neighbours of one type are two entities where each has an end
    [InlineData("B-X E-X I-X E-X O", "B-X I-X B-X I-X O")]
    [InlineData("E-X O E-X", "B-X O B-X")] // an end without a beginning begins
    [InlineData("U-X L-X O", "B-X B-X O")]
    public void Entities_end_where_their_tags_say_so(string tags, string bio) => Assert.Equal(bio.Split(' '), Tags(Prepare(tags)));

    [Theory]
    [InlineData("B I O", "'B' has no type")]
    [InlineData("B- O B-X", "'B-' has no type")]
    [InlineData("PER O B-LOC", "'PER' is a bare type, but 'B-LOC'")]
    [InlineData("NN VB DT", "No tag of the file is O")]
    public void Tags_that_are_none_are_named(string tags, string what) => Assert.Contains(what, Inspect.Error(() => Prepare(tags)).What);

    [Fact]
    public void Any_entities_come_back_from_every_scheme()
    {
        // Entities by type and length; a type of null is a word outside.
        Gen.Select(Gen.OneOfConst("PER", "LOC", null), Gen.Int[1, 4]).Array[1, 12].Where(e => e.Any(x => x.Item1 is not null)).Sample(
            entities =>
            {
                string[] bio = Write(entities, "BIII", "BI"), bioes = Write(entities, "BIES", "SE"), bilou = Write(entities, "BILU", "UL");
                Assert.Equal(bio, Tags(Prepare(string.Join(' ', bio))));
                Assert.Equal(bio, Tags(Prepare(string.Join(' ', bioes))));
                Assert.Equal(bio, Tags(Prepare(string.Join(' ', bilou))));
            },
            iter: 300, threads: 1);

        static string[] Write((string?, int)[] entities, string letters, string ends) =>
        [
            .. entities.SelectMany(e => e.Item1 is not { } type ? Enumerable.Repeat("O", e.Item2) : Enumerable.Range(0, e.Item2).Select(word =>
                (letters == "BIII" ? (word == 0 ? 'B' : 'I') : e.Item2 == 1 ? ends[0] : word == 0 ? 'B' : word == e.Item2 - 1 ? ends[1] : 'I') + "-" + type)),
        ];
    }

    [Fact]
    public void Columns_between_tabs_may_hold_blanks_and_all_lines_have_them()
    {
        _folder.Write("data", "New York\tB-LOC\tO\nis\tO\tO\n\nUlm\tO\tB-LOC\n");
        PreparedData data = DataPreparation.Prepare(new ConllData { Root = _folder.Path, Train = "data", DevFraction = 0 }, 1);
        Assert.True(data.Vocabulary.TryRowOf("new york", out _));
        Assert.Equal(["O", "O"], Tags(data));

        foreach ((string text, int line, string what) in (ReadOnlySpan<(string, int, string)>)
            [("a\tO\nNew York\n", 2, "no tab"), ("a\tB-X\n\tO\n", 2, "Column 1, that of the word"), ("a\tB-X\nb\t\n", 2, "Column 2, that of the tag"), ("a B-X\nb\u2028c O\n", 2, "U+2028")])
        {
            _folder.Write("data", text);
            InputError error = Inspect.Error(() => DataPreparation.Prepare(new ConllData { Root = _folder.Path, Train = "data", DevFraction = 0 }, 1));
            Assert.Equal($"{_folder.In("data")}:{line}", error.Where);
            Assert.Contains(what, error.What);
        }

        _folder.Write("data", "1 a B-X\n2 New York B-X\n");
        Assert.EndsWith(":2", Inspect.Error(() => DataPreparation.Prepare(new ConllData { Root = _folder.Path, Train = "data", DevFraction = 0, WordColumn = 2, TagColumn = 3 }, 1)).Where);
    }

    private static string[] Tags(PreparedData data) => [.. TagAnnotations.Tags(data.Train, 0).ToArray().Select(tag => data.Labels[tag])];

    private PreparedData Prepare(string tags)
    {
        _folder.Write("data", string.Concat(tags.Split(' ').Select((tag, word) => $"w{word} {tag}\n")));
        return DataPreparation.Prepare(new ConllData { Root = _folder.Path, Train = "data", DevFraction = 0 }, 1);
    }
}
