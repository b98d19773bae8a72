using System.Text;
using DistEmbed.Protocol;
using DistEmbed.Testing;
using DistEmbed.Worker.Evaluation.Intrinsic;
using DistEmbed.Worker.Tests.Corpus;

namespace DistEmbed.Worker.Tests.Evaluation.Intrinsic;

public sealed class WordPairFileTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>The first lines of the sets as their authors publish them.</summary>
    public static TheoryData<string, string> Forms => new()
    {
        { "WordSim-353, tabs and a header", "Word 1\tWord 2\tHuman (mean)\nlove\tsex\t6.77\ntiger\tcat\t7.35\n" },
        { "WordSim-353 with the judgements of each subject, a header with numbers", "Word 1,Word 2,Human (mean),1,2,3\r\nlove,sex,6.77,9,6,8\r\ntiger,cat,7.35,9,7,8\r\n" },
        { "WordSim-353 of gensim", "# The WordSimilarity-353 Test Collection\n# Word 1\tWord 2\tHuman (mean)\nlove\tsex\t6.77\ntiger\tcat\t7.35" },
        { "SimLex-999, a part of speech before the score", "word1\tword2\tPOS\tSimLex999\tconc(w1)\nlove\tsex\tN\t6.77\t2.72\ntiger\tcat\tN\t7.35\t2.64\n" },
        { "SimVerb-3500, no header", "love\tsex\tV\t6.77\tSYNONYMS\ntiger\tcat\tV\t7.35\tNONE\n" },
        { "RG-65", "love;sex;6.77\ntiger;cat;7.35\n" },
        { "MEN", "love sex 6.770000\ntiger cat 7.350000\n" },
        { "blanks and tabs", "\n  love   sex \t6.77\n\ntiger cat\t7.35 \n\n" },
        { "CSV", "love, sex, 6.77\ntiger, cat, 0.735e1\n" },
    };

    [Theory]
    [MemberData(nameof(Forms))]
    public void Sets_are_read_in_the_forms_in_which_they_are_published(string form, string text)
    {
        Assert.NotEmpty(form);
        WordPair[] expected = [new("love", "sex", 6.77), new("tiger", "cat", 7.35)];
        Assert.Equal(expected, WordPairFile.Read(_folder.Write("set.txt", text)).Pairs);
        Assert.Equal(expected, WordPairFile.Read(_folder.Write("set.tsv.gz", Gzip.Of([0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(text)]))).Pairs);
    }

    [Fact]
    public void A_set_is_named_for_its_file()
    {
        Assert.Equal("EN-WS-353", WordPairFile.Read(_folder.Write("EN-WS-353.txt", "a b 1")).Name);
        Assert.Equal("men.3k", WordPairFile.Read(_folder.Write("men.3k.tsv.gz", Gzip.Of("a b 1"u8.ToArray()))).Name);
    }

    [Fact]
    public void Every_bad_line_is_told_with_its_place()
    {
        string path = _folder.Write("bad.tsv", "# pairs\na\tb\t1\nc\td\t2\ne\tf\n\ng\th\tmuch\ni\t\t3\nj\tk\tNaN\n");
        InputError[] errors = [.. Assert.Throws<InvalidInputException>(() => WordPairFile.Read(path)).Errors];
        Assert.Equal([$"{path}:4", $"{path}:6", $"{path}:7", $"{path}:8"], errors.Select(e => e.Where));
        Assert.Equal("is no pair as the other lines: 'g h much'.", errors[1].What);
        Assert.All(errors, e => Assert.Equal("Write two words, and the score as field 3, with tabs between.", e.Fix));
    }

    [Fact]
    public void Of_many_bad_lines_the_number_is_told()
    {
        string path = _folder.Write("bad.txt", "a b 1\nc d 2\n" + string.Concat(Enumerable.Repeat("x y\n", 25)));
        IReadOnlyList<InputError> errors = Assert.Throws<InvalidInputException>(() => WordPairFile.Read(path)).Errors;
        Assert.Equal(21, errors.Count);
        Assert.Equal((path, "has 5 more errors."), (errors[^1].Where, errors[^1].What));
    }

    [Theory]
    [InlineData("good\tfine\t8.5\ngood,bad,1.5\nnice\tlovely\t9\nsad\tugly\t6\n", 2)]
    [InlineData("good\tfine\t8,5\nnice\tlovely\t9\nsad\tugly\t6\n", 1)]
    [InlineData("good fine\nnice lovely 9\nsad ugly 6\n", 1)]
    public void The_line_that_differs_from_most_is_the_wrong_one(string text, int line)
    {
        string path = _folder.Write("set.txt", text);
        Assert.Equal($"{path}:{line}", Inspect.Error(() => WordPairFile.Read(path)).Where);
    }

    [Fact]
    public void The_score_is_in_the_column_in_which_most_lines_have_it()
    {
        WordPairFile set = WordPairFile.Read(_folder.Write("set.txt", "a\tb\tno\t8.5\nc\td\t9\t1\ne\tf\tyes\t6\n"));
        Assert.Equal([8.5, 1, 6], set.Pairs.Select(pair => pair.Score));
        Assert.Null(set.Header);
        Assert.Equal("Word 1,Word 2,Human (mean),1", WordPairFile.Read(_folder.Write("set.txt", "Word 1,Word 2,Human (mean),1\na,b,2,3\n")).Header);
    }

    [Theory]
    [InlineData("only text here\nand here too\n", ":1", "is no pair: 'only text here'.")]
    [InlineData("# nothing\n\n", "", "has no pairs.")]
    [InlineData("word1 word2 score\n", ":1", "is no pair: 'word1 word2 score'.")]
    public void What_holds_no_pairs_is_refused(string text, string place, string what)
    {
        string path = _folder.Write("set.txt", text);
        InputError error = Inspect.Error(() => WordPairFile.Read(path));
        Assert.Equal((path + place, what), (error.Where, error.What));
    }

    [Fact]
    public void What_cannot_be_read_is_refused()
    {
        Assert.Equal("There is no such file.", Inspect.Error(() => WordPairFile.Read(_folder.In("none"))).What);
        Assert.Equal("is a folder, not a file.", Inspect.Error(() => WordPairFile.Read(_folder.Path)).What);
        Assert.Equal("The file is empty.", Inspect.Error(() => WordPairFile.Read(_folder.Write("empty", ""))).What);
        InputError latin = Inspect.Error(() => WordPairFile.Read(_folder.Write("latin", [.. "a\tb\t1\nna"u8, 0xEF, .. "f\tb\t2\n"u8])));
        Assert.Equal((_folder.In("latin") + ":2", "Convert the file to UTF-8."), (latin.Where, latin.Fix));
    }
}
