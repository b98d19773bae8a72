using System.Text;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Testing;
using DistEmbed.Worker.Corpus;
using Xunit.Abstractions;

namespace DistEmbed.Worker.Tests.Corpus;

public sealed class ReaderTests(ITestOutputHelper output) : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private PreparedData Prepare(DataSpec spec) => DataPreparation.Prepare(spec with { Root = _folder.Path }, seed: 7);

    private PreparedData PrepareLines(string text, Func<LabelledLinesData, LabelledLinesData>? change = null)
    {
        _folder.Write("train.txt", text);
        var spec = new LabelledLinesData { Train = "train.txt", DevFraction = 0, Tokenizer = TokenizerKind.Whitespace };
        return Prepare(change is null ? spec : change(spec));
    }

    private InputError LinesError(string text, Func<LabelledLinesData, LabelledLinesData>? change = null) => Inspect.Error(() => PrepareLines(text, change));

    [Fact]
    public void Labelled_lines_with_any_line_end_tabs_blanks_and_gaps()
    {
        PreparedData data = PrepareLines("pos A fine film\r\n\nneg\tBad  film\rpos  x: y\n   \nneg last");
        Assert.Equal(["neg", "pos"], data.Labels);
        Assert.Equal(["pos: a fine film", "neg: bad film", "pos: x: y", "neg: last"], data.Lines(data.Train));
        Assert.Null(data.Dev);
        Assert.Null(data.Test);
    }

    [Fact]
    public void A_label_is_cut_where_the_job_says()
    {
        PreparedData data = PrepareLines("DESC:manner How ?\nENTY:x What : ?\nDESC Why ?", s => s with { LabelEndsAt = ":" });
        Assert.Equal(["DESC: how ?", "ENTY: what : ?", "DESC: why ?"], data.Lines(data.Train));
    }

    [Theory]
    [InlineData("pos a\nneg\npos b", ":2", "has no text")]
    [InlineData("pos a\n\nneg \npos b", ":3", "has no text")]
    [InlineData("pos a\r\nneg\r\npos b", ":2", "has no text")]
    [InlineData("pos a\rneg", ":2", "has no text")]
    [InlineData("__label__pos __label__happy a\n__label__neg b", ":1", "several labels, '__label__pos' and '__label__happy'")]
    [InlineData("__label__pos a\n__label__neg b __label__sad", ":2", "several labels")]
    [InlineData("pos a\nb __label__neg", ":2", "'__label__neg' does not stand at the start")]
    [InlineData("pos a\nne\u0085g b", ":2", "holds the character U+0085")]
    [InlineData("pos a\nne\u2028g b", ":2", "holds the character U+2028")]
    [InlineData("pos a\nne\0g b", ":2", "NUL")]
    [InlineData("pos a\n neg b", ":2", "no label")]
    public void A_line_that_is_not_label_and_text_is_named(string text, string line, string what)
    {
        InputError error = LinesError(text);
        Assert.Equal(_folder.In("train.txt") + line, error.Where);
        Assert.Contains(what, error.What);
    }

    [Fact]
    public void Lines_are_counted_right_over_any_number_of_blocks()
    {
        InputError error = LinesError(string.Concat(Enumerable.Repeat("pos a\r\n", 40_000)) + "neg");
        Assert.Equal(_folder.In("train.txt") + ":40001", error.Where);
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("\n\n", "no example")]
    [InlineData("pos a\npos b\n", "'pos'")]
    public void Train_needs_examples_of_two_labels(string text, string what)
    {
        InputError error = LinesError(text);
        Assert.Equal(_folder.In("train.txt"), error.Where);
        Assert.Contains(what, error.What);
    }

    [Fact]
    public void Examples_without_a_token_are_kept_and_counted_but_not_a_set_of_them()
    {
        PreparedData data = PrepareLines("pos a b\nneg ...\npos c", s => s with { Tokenizer = TokenizerKind.Kim, EmptyText = EmptyText.Keep });
        Assert.Equal(["pos: a b", "neg: ", "pos: c"], data.Lines(data.Train));
        Assert.Contains("1 examples have no token; they are kept", data.Notes);
        Assert.Contains("None of its 2 examples", LinesError("pos ...\nneg --", s => s with { Tokenizer = TokenizerKind.Kim, EmptyText = EmptyText.Keep }).What);
    }

    [Fact]
    public void Rare_words_are_unknown_and_long_examples_are_cut()
    {
        PreparedData data = PrepareLines("pos a b a rare\nneg b c c c", s => s with { MinCount = 2, MaxTokens = 3 });
        Assert.Equal(["a", "b", "c"], Enumerable.Range(2, 3).Select(data.Vocabulary.Word)); // ties in ordinal order; the cut words do not count
        Assert.Equal(["pos: a b a", "neg: b c c"], data.Lines(data.Train));
        Assert.Contains("maxTokens 3: 2 examples were cut", data.Notes);

        data = PrepareLines("pos a b a rare\nneg b c c c", s => s with { MinCount = 2 });
        Assert.Equal(["pos: a b a <unk>", "neg: b c c c"], data.Lines(data.Train));
        Assert.Contains("minCount 2: 1 rarer words (1 tokens) of the train part are unknown there", data.Notes);
        Assert.Equal("data.minCount", LinesError("pos a\nneg b", s => s with { MinCount = 2 }).Where);
    }

    [Fact]
    public void Labels_that_train_lacks_are_named_once_each_with_the_known_ones()
    {
        _folder.Write("dev.txt", "pos a\nneutral b\nneutral c");
        _folder.Write("test.txt", "odd a");
        var e = Assert.Throws<InvalidInputException>(() => PrepareLines("pos a\nneg b", s => s with { Dev = "dev.txt", Test = "test.txt" }));
        Assert.Equal([_folder.In("dev.txt") + ":2", _folder.In("test.txt") + ":1"], e.Errors.Select(x => x.Where));
        Assert.Contains("'neutral' has no training example; the labels are: neg, pos", e.Errors[0].What);
    }

    [Fact]
    public void All_missing_files_are_named_at_once_with_the_path_looked_at_and_the_root()
    {
        _folder.Write("dev/x.txt", "pos a");
        var e = Assert.Throws<InvalidInputException>(() => Prepare(new LabelledLinesData { Train = "no.txt", Dev = "dev", Test = _folder.In("gone.txt") }));
        Assert.Equal(["data.train", "data.dev", "data.test"], e.Errors.Select(x => x.Where));
        Assert.Contains(_folder.In("no.txt"), e.Errors[0].What);
        Assert.Contains($"'{_folder.Path}'", e.Errors[0].Fix);
        Assert.Contains("is a folder", e.Errors[1].What);

        InputError error = Inspect.Error(() => DataPreparation.Prepare(new PlainTextData { Files = ["no-such-file.txt"] }, 1));
        Assert.Equal("data.files[0]", error.Where);
        Assert.Contains("data.root is not set", error.Fix);
    }

    [Fact]
    public void File_per_class_reads_lines_whatever_they_hold()
    {
        _folder.Write("a.txt", "one two\nthree\n\n \n");
        _folder.Write("b.txt", "b four");
        PreparedData data = Prepare(Classes("a.txt", "b.txt"));
        Assert.Equal(["a: one two", "a: three", "b: b four"], data.Lines(data.Train));
        Assert.Contains("a.txt: 2 blank lines at its end are left out", data.Notes);
    }

    [Fact]
    public void File_per_class_refuses_a_class_without_examples_and_a_dev_class_without_train()
    {
        _folder.Write("a.txt", "one");
        _folder.Write("empty.txt", "\n \n");
        InputError error = Inspect.Error(() => Prepare(Classes("a.txt", "empty.txt")));
        Assert.Equal(_folder.In("empty.txt"), error.Where);
        Assert.Contains("'b'", error.What);

        error = Inspect.Error(() => Prepare(Classes("a.txt", "a.txt") with { Dev = new Dictionary<string, string> { ["a"] = "a.txt", ["c"] = "a.txt" } }));
        Assert.Equal("data.dev.c", error.Where);
    }

    private static FilePerClassData Classes(string a, string b) =>
        new() { Train = new Dictionary<string, string> { ["b"] = b, ["a"] = a }, DevFraction = 0, Tokenizer = TokenizerKind.Whitespace };

    [Fact]
    public void Csv_with_quotes_embedded_line_ends_and_a_reordered_header()
    {
        _folder.Write("train.csv", "id, text ,label\r\n1,\"a, \"\"b\"\"\r\nc\",x\r\n\r\n2,5\" disk,y\r\n3,,y\n");
        PreparedData data = Prepare(new DelimitedData { Train = "train.csv", DevFraction = 0, Tokenizer = TokenizerKind.Simple, EmptyText = EmptyText.Keep });
        Assert.Equal(["x: a , \" b \" c", "y: 5 \" disk", "y: "], data.Lines(data.Train));
    }

    [Fact]
    public void Tsv_without_header_joins_text_columns_and_may_leave_quotes_alone()
    {
        _folder.Write("train.tsv.gz", Gzip.Of("1\t\"Valentine\" is\tbad\n0\tfine\t\"ok\n"u8.ToArray()));
        DelimitedData spec = new()
        {
            Train = "train.tsv.gz",
            DevFraction = 0,
            Tokenizer = TokenizerKind.Whitespace,
            Columns = ["label", "title", "body"],
            TextColumns = ["body", "title"],
            Quotes = false,
        };
        PreparedData data = Prepare(spec);
        Assert.Equal(["1: bad \"valentine\" is", "0: \"ok fine"], data.Lines(data.Train));

        InputError error = Inspect.Error(() => Prepare(spec with { Quotes = true }));
        Assert.Equal(_folder.In("train.tsv.gz") + ":1", error.Where);
        Assert.Contains("data.quotes", error.Fix);
    }

    [Theory]
    [InlineData("label,text\nx,\"a\nb\"\nx,c,d\n", ":4", "has 3 fields, but there are 2 columns: label, text")]
    [InlineData("label,text\n\nx\n", ":3", "has 1 fields")]
    [InlineData("label,text\nx,\"a\nb\n", ":2", "closing quote is missing")]
    [InlineData("label,text\nx,a\ny,\"a\n\"b\n", ":3", "followed by more text")]
    [InlineData("label;text\nx;a\n", ":1", "no column 'label'; the columns are: label;text")]
    [InlineData("label,text,text\nx,a,b\n", ":1", "2 columns 'text'")]
    [InlineData("label,text\n,a\n", ":2", "'label' is empty")]
    public void Csv_errors_name_the_line_where_the_record_starts(string text, string line, string what)
    {
        _folder.Write("train.csv", text);
        InputError error = Inspect.Error(() => Prepare(new DelimitedData { Train = "train.csv" }));
        Assert.Equal(_folder.In("train.csv") + line, error.Where);
        Assert.Contains(what, error.What);
    }

    [Fact]
    public void Json_lines_take_text_numbers_and_booleans_as_labels()
    {
        _folder.Write("train.jsonl", """
            {"label": 1, "text": "caf\u00e9 \"x\"", "more": {"a": [1]}}

            {"text": "b", "label": true}
            {"text": "", "label": "zwei"}
            """);
        PreparedData data = Prepare(new JsonLinesData { Train = "train.jsonl", DevFraction = 0, Tokenizer = TokenizerKind.Whitespace, EmptyText = EmptyText.Keep });
        Assert.Equal(["1: café \"x\"", "true: b", "zwei: "], data.Lines(data.Train));
    }

    [Theory]
    [InlineData("{\"text\": \"a\", \"label\": }", "not JSON, at byte 24")]
    [InlineData("[1]", "a list, not an object")]
    [InlineData("{\"text\": \"a\", \"class\": 1}", "no 'label'; it has: text, class")]
    [InlineData("{\"text\": 5, \"label\": 1}", "'text' is a number")]
    [InlineData("{\"text\": \"a\", \"label\": null}", "'label' is null")]
    [InlineData("{\"text\": \"\\ud800\", \"label\": 1}", "no character")]
    [InlineData("{\"text\": {\"a\": 1}, \"label\": 1}", "'text' is an object")]
    [InlineData("{\"text\": null, \"label\": 1}", "has no text")]
    [InlineData("{\"text\": \"a\", \"label\": 1, \"text\": \"b\"}", "'text' 2 times")]
    [InlineData("{\"text\": \"a\", \"label\": 1, \"label\": 2}", "'label' 2 times")]
    [InlineData("{\"text\": \"a\\u0000b\", \"label\": 1}", "NUL")]
    [InlineData("{\"text\": \"a\", \"label\": \"x\\ty\"}", "holds the character U+0009")]
    public void Json_errors_name_the_line(string line, string what)
    {
        _folder.Write("train.jsonl", "{\"text\": \"a\", \"label\": 1}\n" + line + "\n");
        InputError error = Inspect.Error(() => Prepare(new JsonLinesData { Train = "train.jsonl" }));
        Assert.Equal(_folder.In("train.jsonl") + ":2", error.Where);
        Assert.Contains(what, error.What);
    }

    [Fact]
    public void Plain_text_drops_rare_words_and_cuts_after_a_thousand_that_are_left()
    {
        _folder.Write("a.txt", "x y rare\n\n" + string.Join(' ', Enumerable.Repeat("x once" + " y", 700).Select((s, i) => s.Replace("once", $"once{i}"))));
        _folder.Write("b.txt", "only\nrare1 rare2\nX");
        PreparedData data = Prepare(new PlainTextData { Files = ["a.txt", "b.txt"], MinCount = 2 });
        Assert.Empty(data.Labels);
        Assert.Equal(["x", "y"], Enumerable.Range(2, data.Vocabulary.Rows - 2).Select(data.Vocabulary.Word));
        Assert.Equal([2, 1000, 400, 1], Enumerable.Range(0, data.Train.Count).Select(i => data.Train.Tokens(i).Length));
        Assert.All(Enumerable.Range(0, 4), i => Assert.Equal(-1, data.Train.Label(i)));
        Assert.Equal(702, data.Vocabulary.Count(2));

        data = Prepare(new PlainTextData { Files = ["a.txt"], MinCount = 2, MaxTokens = 4 });
        Assert.Equal(["x y", "x y x"], data.Lines(data.Train));
    }

    [Fact]
    public void A_text_of_one_huge_line_is_read_in_pieces_without_breaking_words()
    {
        _folder.Write("one-line.txt", string.Join(' ', Enumerable.Range(0, 400_000).Select(i => $"w{i % 1000}")));
        PreparedData data = Prepare(new PlainTextData { Files = ["one-line.txt"] });
        Assert.Equal(1000, data.Vocabulary.Rows - 2);
        Assert.Equal(400, data.Train.Count);
        Assert.Equal(400_000, data.Train.TokenCount);
        Assert.Contains("text: 400,000 tokens, 1,000 words, in 1 lines", data.Notes);
    }

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    [InlineData("\r")]
    public void A_line_that_ends_where_a_piece_of_it_was_cut_does_not_run_into_the_next(string end)
    {
        // Behind the carriage return come as many characters as a piece has, the last of them the blank that it is cut at.
        _folder.Write("one-line.txt", "a\r" + string.Concat(Enumerable.Repeat("x ", 1 << 19)) + end + "b c");
        PreparedData data = Prepare(new PlainTextData { Files = ["one-line.txt"] });
        Assert.Contains("text: 524,291 tokens, 4 words, in 3 lines", data.Notes);
        Assert.Equal("b c", data.Lines()[^1]);
    }

    [Fact]
    public void Bytes_of_another_encoding_are_named_with_line_and_byte()
    {
        // Far behind the first block, and cut short by a line end.
        byte[] bytes = [.. Encoding.UTF8.GetBytes("pos é\r\nneg b\n" + string.Concat(Enumerable.Repeat("pos abc\n", 20_000))), .. "neg caf"u8, 0xE9, .. "\npos x\n"u8];
        _folder.Write("train.txt", bytes);
        var spec = new LabelledLinesData { Train = "train.txt", DevFraction = 0 };
        InputError error = Inspect.Error(() => Prepare(spec));
        Assert.Equal(_folder.In("train.txt") + ":20003", error.Where);
        Assert.Contains("0xE9", error.What);
        Assert.Contains("utf-8", error.What);
        Assert.Contains("windows-1252 or latin1", error.Fix);
        Assert.True(Prepare(spec with { Encoding = "latin1" }).Vocabulary.TryRowOf("café", out _));

        // A reader in between (CSV, JSON) lets the error through, and so does a mark that makes the file UTF-8.
        _folder.Write("bad.csv", [0xEF, 0xBB, 0xBF, .. "label,text\nx,"u8, 0x85, (byte)'\n']);
        Assert.EndsWith(":2", Inspect.Error(() => Prepare(new DelimitedData { Train = "bad.csv", Encoding = "latin1" })).Where);
    }

    [Theory]
    [InlineData("utf-8", true)]
    [InlineData("utf-16", true)]
    [InlineData("utf-16BE", false)]
    [InlineData("utf-32", true)]
    [InlineData("windows-1252", false)]
    [InlineData("iso-8859-15", false)]
    public void Encodings_and_byte_order_marks(string name, bool mark)
    {
        Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);
        Encoding encoding = Encoding.GetEncoding(name);
        byte[] text = encoding.GetBytes("pos é b\r\nneg ü");
        _folder.Write("train.txt", mark ? [.. encoding.GetPreamble(), .. text] : text);
        PreparedData data = Prepare(new LabelledLinesData { Train = "train.txt", DevFraction = 0, Encoding = mark ? "utf-8" : name });
        Assert.Equal(["pos: é b", "neg: ü"], data.Lines(data.Train));
    }

    [Fact]
    public void An_encoding_that_does_not_exist_is_refused()
    {
        InputError error = LinesError("pos a\nneg b", s => s with { Encoding = "utf9" });
        Assert.Equal("data.encoding", error.Where);
        Assert.Contains("'utf9'", error.What);
    }

    [Fact]
    public void Gzip_is_known_by_content_and_refused_when_damaged_or_only_named_so()
    {
        byte[] packed = Gzip.Of(Encoding.UTF8.GetBytes("pos a\nneg b\n" + string.Concat(Enumerable.Range(0, 5000).Select(i => $"pos w{i * 7919 % 5003}\n"))));
        _folder.Write("packed.txt", packed);
        Assert.Equal(5002, Prepare(new LabelledLinesData { Train = "packed.txt", DevFraction = 0 }).Train.Count);

        _folder.Write("half.gz", packed[..(packed.Length / 2)]);
        Assert.Equal(_folder.In("half.gz"), Inspect.Error(() => Prepare(new LabelledLinesData { Train = "half.gz" })).Where);
        _folder.Write("plain.gz", "pos a\nneg b\n");
        Assert.Contains("not gzip", Inspect.Error(() => Prepare(new LabelledLinesData { Train = "plain.gz" })).What);
    }

    [LongFact]
    public void Real_files_read_whole()
    {
        if (!SharedData.TryFind("ag_news/test.csv", out string news))
        {
            output.WriteLine("the shared data is not here: skipped");
            return;
        }
        PreparedData data = Prepare(new DelimitedData { Train = news, Columns = ["label", "title", "text"], TextColumns = ["title", "text"] });
        Assert.Equal(["1", "2", "3", "4"], data.Labels);
        Assert.Equal(7600, data.Train.Count + data.Dev!.Count);

        data = Prepare(new DelimitedData { Train = Path.Combine(SharedData.Root!, "imdb/train.tsv.gz"), Columns = ["label", "stars", "id", "text"], Quotes = false });
        Assert.Equal(25_000, data.Train.Count + data.Dev!.Count);
        output.WriteLine(string.Join(Environment.NewLine, data.Notes));
    }
}
