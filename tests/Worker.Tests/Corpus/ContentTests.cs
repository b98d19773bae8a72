using System.IO.Compression;
using System.Text;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Testing;
using DistEmbed.Worker.Corpus;

namespace DistEmbed.Worker.Tests.Corpus;

/// <summary>What is no text is refused as what it is, or left out as the job wants, by every reader.</summary>
public sealed class ContentTests : IDisposable
{
    private const string Lines = "pos a film\nneg b film\npos c film\n";

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>A spec of every format that reads one file, and that file's name.</summary>
    public static TheoryData<string> Formats => new() { "lines", "class", "csv", "json", "conll", "conllu", "trees", "text" };

    [Theory]
    [MemberData(nameof(Formats))]
    public void Archives_and_unmarked_UTF16_are_named_whatever_the_format_and_the_encoding(string format)
    {
        using var zip = new MemoryStream();
        using (var archive = new ZipArchive(zip, ZipArchiveMode.Create, leaveOpen: true))
        {
            using Stream content = archive.CreateEntry("train.txt").Open();
            content.Write(Encoding.UTF8.GetBytes(Lines));
        }

        foreach (string encoding in new[] { "utf-8", "windows-1252" })
        {
            InputError error = Error(format, zip.ToArray(), s => s with { Encoding = encoding });
            Assert.Equal(_folder.In("data"), error.Where);
            Assert.Equal("The file is a zip archive. Unpack it first.", $"{error.What} {error.Fix}");
            Assert.Contains("a zip archive, packed with gzip", Error(format, Gzip.Of(zip.ToArray()), s => s with { Encoding = encoding }).What);
            error = Error(format, Encoding.BigEndianUnicode.GetBytes(Lines), s => s with { Encoding = encoding });
            Assert.Equal((_folder.In("data") + ":1", "Set data.encoding to utf-16BE."), (error.Where, error.Fix));
        }

        Assert.Equal("Set data.encoding to utf-8.", Error(format, Encoding.UTF8.GetBytes(Lines), s => s with { Encoding = "utf-16" }).Fix);
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void A_NUL_and_a_wrong_byte_are_named_with_their_line(string format)
    {
        byte[] good = Encoding.UTF8.GetBytes(Good(format));
        foreach (byte bad in new byte[] { 0, 0xFF })
        {
            byte[] bytes = [.. good];
            int at = Good(format).LastIndexOf("film", StringComparison.Ordinal);
            bytes[at] = bad;
            int line = 1 + good.AsSpan(0, at).Count((byte)'\n');
            InputError error = Error(format, bytes);
            Assert.Equal($"{_folder.In("data")}:{line}", error.Where);
            Assert.Contains(bad == 0 ? "NUL" : "0xFF", error.What);
            Assert.Contains("data.badBytes", error.Fix);
        }
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Bad_bytes_are_replaced_or_their_records_left_out_and_counted(string format)
    {
        string text = Good(format);
        PreparedData whole = Prepare(format, Encoding.UTF8.GetBytes(text));
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        int at = text.LastIndexOf("film", StringComparison.Ordinal);
        (bytes[at], bytes[at + 1]) = (0xFF, 0);

        PreparedData replaced = Prepare(format, bytes, s => s with { BadBytes = BadBytes.Replace, Tokenizer = TokenizerKind.Whitespace });
        Assert.Equal(whole.Train.Count, replaced.Train.Count);
        Assert.Contains("badBytes replace: 2 bytes that are not of the encoding became U+FFFD", replaced.Notes);
        Assert.True(replaced.Vocabulary.TryRowOf("\uFFFD\uFFFDlm", out _));

        PreparedData skipped = Prepare(format, bytes, s => s with { BadBytes = BadBytes.SkipRecord });
        Assert.Equal(whole.Train.Count - 1, skipped.Train.Count);
        Assert.Contains("badBytes skip-record: 1 records with bytes that are not of the encoding are left out", skipped.Notes);
        Assert.DoesNotContain(Enumerable.Range(2, skipped.Vocabulary.Rows - 2), row => skipped.Vocabulary.Word(row).Contains('\uFFFF'));
    }

    [Fact]
    public void A_NUL_by_an_escape_of_JSON_is_treated_as_one_in_the_file()
    {
        byte[] bytes = Encoding.UTF8.GetBytes(Good("json").Replace("c film", "c fi\\u0000lm", StringComparison.Ordinal));
        Assert.EndsWith(":3", Error("json", bytes).Where);
        Assert.Contains("badBytes skip-record: 1 records with bytes that are not of the encoding are left out", Prepare("json", bytes, s => s with { BadBytes = BadBytes.SkipRecord }).Notes);
        Assert.True(Prepare("json", bytes, s => s with { BadBytes = BadBytes.Replace, Tokenizer = TokenizerKind.Whitespace }).Vocabulary.TryRowOf("fi\uFFFDlm", out _));
    }

    [Fact]
    public void A_header_with_wrong_bytes_is_no_record_to_leave_out() =>
        Assert.Contains("header", Error("csv", [.. "label,te"u8, 0xFF, .. "xt\nx,a\ny,b\n"u8], s => s with { BadBytes = BadBytes.SkipRecord }).What);

    [Fact]
    public void Damaged_gzip_is_told_with_the_line_that_is_still_whole()
    {
        byte[] packed = Gzip.Of(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 5000).Select(i => $"{(i % 2 == 0 ? "pos" : "neg")} w{i * 7919 % 5003}\n"))));
        InputError cut = Error("lines", packed[..(packed.Length / 2)]);
        Assert.Equal(_folder.In("data"), cut.Where);
        Assert.Matches("whole until line [1-9][0-9]{2,3}\\.", cut.What);
        Assert.Contains("Fetch or pack", cut.Fix);
        byte[] wrong = [.. packed];
        wrong[^8] ^= 1;
        Assert.Contains("whole until line", Error("lines", wrong).What);
        Assert.Contains("whole until line", Error("lines", [.. packed, .. "some other bytes"u8]).What);
    }

    [Fact]
    public void A_folder_is_named_as_one() =>
        Assert.Contains("is a folder", Inspect.Error(() => DataPreparation.Prepare(Spec("lines") with { Root = Path.GetDirectoryName(_folder.MakeFolder("data")) }, 1)).What);

    private static string Good(string format) => format switch
    {
        "lines" => Lines,
        "class" or "text" => "a film\nb film\nc film\n",
        "csv" => "label,text\npos,a film\nneg,b film\npos,c film\n",
        "json" => "{\"label\":1,\"text\":\"a film\"}\n{\"label\":2,\"text\":\"b film\"}\n{\"label\":1,\"text\":\"c film\"}\n",
        "conll" => "a O\nfilm B-X\n\nb O\nfilm B-X\n\nc O\nfilm B-X\n",
        "conllu" => string.Concat("abc".Select(word => $"1\t{word}\t_\tX\tX\t_\t2\tdet\n2\tfilm\t_\tY\tY\t_\t0\troot\n\n")),
        "trees" => "(1 (0 a) (1 film))\n(0 (0 b) (1 film))\n(1 (0 c) (1 film))\n",
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, null),
    };

    private static DataSpec Spec(string format) => format switch
    {
        "lines" => new LabelledLinesData { Train = "data", DevFraction = 0 },
        "class" => new FilePerClassData { Train = new Dictionary<string, string> { ["a"] = "data", ["b"] = "other" }, DevFraction = 0 },
        "csv" => new DelimitedData { Train = "data", DevFraction = 0 },
        "json" => new JsonLinesData { Train = "data", DevFraction = 0 },
        "conll" => new ConllData { Train = "data", DevFraction = 0 },
        "conllu" => new DependencyData { Train = ["data"], DevFraction = 0 },
        "trees" => new BracketedTreesData { Train = "data", DevFraction = 0 },
        "text" => new PlainTextData { Files = ["data"] },
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, null),
    };

    private PreparedData Prepare(string format, byte[] bytes, Func<DataSpec, DataSpec>? change = null)
    {
        _folder.Write("data", bytes);
        _folder.Write("other", "some other text\n");
        DataSpec spec = Spec(format) with { Root = _folder.Path };
        return DataPreparation.Prepare(change?.Invoke(spec) ?? spec, seed: 1);
    }

    private InputError Error(string format, byte[] bytes, Func<DataSpec, DataSpec>? change = null) => Inspect.Error(() => Prepare(format, bytes, change));
}
