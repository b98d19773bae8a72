using System.Text;
using System.Text.Json;
using CsCheck;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Testing;
using DistEmbed.Testing.Fuzzing;
using DistEmbed.Worker.Corpus;

namespace DistEmbed.Worker.Tests.Corpus;

/// <summary>Whatever a file holds, it is read right or refused in a message of bounded length.</summary>
public sealed class ReaderPropertyTests : IDisposable
{
    private const int LongestMessage = 1100;

    private static readonly int s_cases = TestScope.Of(2_000, 400);

    /// <summary>Whatever has a meaning in some format, beside text of any kind.</summary>
    private static readonly Gen<string> s_text = Gen.OneOf(
        Gen.OneOfConst(" ", "\t", "\n", "\r\n", "\n\n", "\r", ",", "\"", "\"\"", "(", ")", "1", "0", "2", "#", "{", "}", ":", "_", "-", "O", "B-X", "I-X", "E-X", "S-Y", "pos", "neg"),
        Gen.OneOfConst("label", "text", "{\"label\":\"a\",\"text\":\"b\"}\n", "(1 (0 a) (1 b))\n", "1\ta\t_\tN\tN\t_\t0\troot\n", "a O\n", "__label__x", "label,text\n", "-DOCSTART-"),
        Gen.OneOfConst("\0", "\u0085", "\u2028", "\uFEFF", "\uFFFF", "\v", "\f", "\u001C", "\u00A0", "\u200D", "İ", "Σ", "🇩🇪", "\\u0000", "\\ud800"),
        Gen.String[0, 8]).Array[0, 40].Select(string.Concat);

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string> Formats => new() { "lines", "class", "csv", "tsv", "json", "conll", "conllu", "trees", "text" };

    [Theory]
    [MemberData(nameof(Formats))]
    public void Any_text_under_any_setting_is_read_or_refused(string format) =>
        Gen.Select(s_text, Gen.Enum<BadBytes>(), Gen.Enum<EmptyText>(), Gen.Enum<TokenizerKind>(), Gen.OneOfConst("utf-8", "utf-16", "latin1")).Sample(
            (text, bad, empty, tokenizer, encoding) => IsReadOrRefused(
                With(Spec(format), bad, empty, tokenizer) with { Encoding = encoding }, Encoding.GetEncoding(encoding).GetBytes(text)),
            iter: s_cases, threads: 1);

    [Theory]
    [MemberData(nameof(Formats))]
    public void Any_bytes_are_read_or_refused(string format)
    {
        DataSpec spec = Spec(format);
        byte[] good = Encoding.UTF8.GetBytes(Good(format));
        FuzzCount count = Fuzz.Run<InvalidInputException>(
            [good, [.. good, .. good], Gzip.Of(good)], bytes => Read(spec, bytes), bytesEach: 1 << 12, free: 1 << 23, inputs: s_cases);
        count.ExpectShares(taken: 0.002, refused: 0.05);
    }

    [Fact]
    public void Records_of_any_words_come_back_as_they_were_from_every_format()
    {
        Gen<string> word = Gen.String[1, 6].Select(Visible).Where(w => w.Length > 0), label = Gen.OneOfConst("pos", "neg", "a b", "été");
        Gen.Select(label, word.Array[1, 6]).Array[4, 12].Where(r => r.Select(x => x.Item1).Distinct().Count() > 1).Sample(
            records =>
            {
                string[] expected = [.. records.Select(r => $"{r.Item1}: {string.Join(' ', r.Item2)}")];
                Assert.Equal(expected, Lines(new JsonLinesData { Train = "data" }, string.Concat(records.Select(r => JsonSerializer.Serialize(new { label = r.Item1, text = string.Join(' ', r.Item2) }) + "\n"))));
                Assert.Equal(expected, Lines(new DelimitedData { Train = "data" }, "text,label\n" + string.Concat(records.Select(r => $"{Quoted(string.Join('\n', r.Item2))},{Quoted(r.Item1)}\r\n"))));
                Assert.Equal(expected, Lines(new DelimitedData { Train = "data", Separator = "tab" }, "label\ttext\n" + string.Concat(records.Select(r => $"{r.Item1}\t{string.Join(' ', r.Item2)}\n"))));
            },
            iter: s_cases, threads: 1);
    }

    private static string Quoted(string field) => $"\"{field.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>The characters that a word may have: no white space but the no-break one, no controls, no halves of pairs.</summary>
    private static string Visible(string text) => string.Concat(text.EnumerateRunes().Where(rune => rune.Value != 0xFFFD && !Rune.IsControl(rune) && (rune.Value == 0xA0 || !Rune.IsWhiteSpace(rune))));

    private string[] Lines(LabelledData spec, string text)
    {
        _folder.Write("data", text);
        PreparedData data = DataPreparation.Prepare(spec with { Root = _folder.Path, DevFraction = 0, Tokenizer = TokenizerKind.Whitespace, LowerCase = false }, 1);
        return data.Lines();
    }

    private bool IsReadOrRefused(DataSpec spec, byte[] bytes)
    {
        try
        {
            Read(spec, bytes);
            return true;
        }
        catch (InvalidInputException refused)
        {
            return refused.Errors.Count is > 0 and < 100 && refused.Errors.All(error => error.ToString().Length < LongestMessage);
        }
    }

    private void Read(DataSpec spec, byte[] bytes)
    {
        _folder.Write("data", bytes);
        spec = spec is LabelledData labelled ? labelled with { DevFraction = 0 } : spec;
        DataPreparation.Prepare(spec with { Root = _folder.Path }, seed: 1);
    }

    private DataSpec Spec(string format)
    {
        _folder.Write("other", "some other text\n");
        return format switch
        {
            "lines" => new LabelledLinesData { Train = "data" },
            "class" => new FilePerClassData { Train = new Dictionary<string, string> { ["a"] = "data", ["b"] = "other" } },
            "csv" => new DelimitedData { Train = "data" },
            "tsv" => new DelimitedData { Train = "data", Separator = "tab" },
            "json" => new JsonLinesData { Train = "data" },
            "conll" => new ConllData { Train = "data" },
            "conllu" => new DependencyData { Train = ["data"], Tags = DependencyTags.Fine },
            "trees" => new BracketedTreesData { Train = "data" },
            _ => new PlainTextData { Files = ["data"] },
        };
    }

    private static DataSpec With(DataSpec spec, BadBytes bad, EmptyText empty, TokenizerKind tokenizer) => spec switch
    {
        TreeData trees => trees with { BadBytes = bad },
        LabelledData labelled => labelled with { BadBytes = bad, EmptyText = empty, Tokenizer = tokenizer },
        _ => spec with { BadBytes = bad, Tokenizer = tokenizer },
    };

    private static string Good(string format) => format switch
    {
        "lines" => "pos a film\nneg b film\npos c film\nneg d\n",
        "class" or "text" => "a film\nb film\nc film\n",
        "csv" => "label,text\npos,a film\nneg,\"b, \"\"film\"\"\"\npos,c film\nneg,d\n",
        "tsv" => "label\ttext\npos\ta film\nneg\tb film\npos\tc film\nneg\td\n",
        "json" => "{\"label\":1,\"text\":\"a film\"}\n{\"label\":2,\"text\":\"b film\"}\n{\"label\":1,\"text\":\"c film\"}\n",
        "conll" => "a O\nfilm B-X\n\nb O\nfilm B-X\n\nc O\nfilm B-X\n",
        "conllu" => string.Concat("abc".Select(word => $"1\t{word}\t_\tX\tX\t_\t2\tdet\n2\tfilm\t_\tY\tY\t_\t0\troot\n\n")),
        _ => "(1 (0 a) (1 film))\n(0 (0 b) (1 film))\n(1 (0 c) (1 film))\n",
    };
}
