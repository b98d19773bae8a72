using System.Text;
using CsCheck;
using DistEmbed.Protocol.Vectors;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Testing;
using static DistEmbed.Protocol.Tests.Vectors.VectorTestFiles;

namespace DistEmbed.Protocol.Tests.Vectors;

public sealed class VectorWriterTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static readonly Gen<float> s_finite = Gen.Frequency(
        (8, Gen.UInt.Select(BitConverter.UInt32BitsToSingle).Where(float.IsFinite)),
        (2, Gen.UInt[0, 0x7FFFFF].Select(BitConverter.UInt32BitsToSingle)),
        (2, Gen.Int[-20, 20].Select(i => (float)i)),
        (1, Gen.OneOfConst(0f, -0f, float.Epsilon, -float.Epsilon, float.MaxValue, float.MinValue, 1.17549435E-38f, 16777216f, 0.1f)));

    private static readonly Gen<char> s_character = Gen.Frequency(
        (24, Gen.Char['a', 'z']), (12, Gen.Char['0', '9']), (4, Gen.OneOfConst('.', '-', 'e', '\u00A0', '\u3000', '\u00e9', '\uFFFD', '\u4E2D')),
        (1, Gen.OneOfConst(' ', '\n', '\r', '\t', '\0', '\v', '\f', '\u001c', '\u0085', '\u2028', '\u2029', '\uFEFF', '\ud83d', '\ude00')), (1, Gen.Char));

    private static readonly Gen<string> s_word = Gen.Frequency(
        (9, s_character.Array[1, 8].Select(c => new string(c))), (1, Gen.OneOfConst("nan", "inf", "-1e5", "10", "</s>", "\ud83d\ude00", "<unk>")));

    private static readonly Gen<(string Word, float[] Vector)[]> s_entries =
        Gen.Int[1, 6].SelectMany(dimension => Gen.Select(s_word, s_finite.Array[dimension], (w, v) => (w, v)).Array[1, 12]);

    [Theory]
    [InlineData(VectorFormat.Word2VecText)]
    [InlineData(VectorFormat.Word2VecBinary)]
    [InlineData(VectorFormat.GloVe)]
    [InlineData(VectorFormat.FastTextVec)]
    public void Of_any_words_those_that_the_layout_can_hold_are_read_back_bit_for_bit(VectorFormat format)
    {
        s_entries.Sample(
            entries =>
            {
                entries = [.. entries.Where(entry => VectorWriter.WhyNot(format, entry.Word) is null)];
                if (entries.Length == 0)
                    return;
                string path = _folder.In("round-trip");
                Write(path, format, entries);
                var read = ReadAll(path, out VectorReadCounts counts);
                Assert.Equal(format == VectorFormat.FastTextVec ? VectorFormat.Word2VecText : format, counts.Info.Format);
                Assert.Equal(0, counts.Rejected);
                Assert.Equal(entries.Select(e => e.Word), read.Select(e => e.Word));
                Assert.Equal(entries.SelectMany(e => e.Vector).Select(BitConverter.SingleToUInt32Bits), read.SelectMany(e => e.Vector).Select(BitConverter.SingleToUInt32Bits));
            },
            iter: 400, threads: 1);
    }

    [Theory]
    [InlineData("plain", true, true)]
    [InlineData("no\u00a0break", true, true)]
    [InlineData("\u00e9\u4e2d", true, true)]
    [InlineData("tab\tbed", false, true)]
    [InlineData("re\rturn", false, true)]
    [InlineData("next\u0085line", false, true)]
    [InlineData("sepa\u2028rated", false, true)]
    [InlineData("parts\u2029", false, true)]
    [InlineData("\u001b[31m", false, true)]
    [InlineData("nul\0", false, false)]
    [InlineData("new york", false, false)]
    [InlineData("line\nend", false, false)]
    [InlineData("", false, false)]
    public void Text_holds_no_character_at_which_some_reader_ends_a_line_or_a_word(string word, bool text, bool binary)
    {
        foreach (VectorFormat format in Enum.GetValues<VectorFormat>())
            Assert.Equal(format == VectorFormat.Word2VecBinary ? binary : text, VectorWriter.WhyNot(format, word) is null);
        Assert.NotNull(VectorWriter.WhyNot(VectorFormat.GloVe, "\ufeffword"));
        Assert.NotNull(VectorWriter.WhyNot(VectorFormat.Word2VecBinary, new string('x', 1 << 16)));
    }

    [Fact]
    public void What_the_binary_layout_cannot_hold_is_written_with_escapes_and_read_in_the_order_of_the_vocabulary()
    {
        Gen<char> character = Gen.Frequency((2, Gen.Char['a', 'c']), (2, Gen.OneOfConst(' ', '\n', '\0', '\r', '\\', 'u', '0', '2')));
        character.Array[1, 5].Select(c => new string(c)).Array[1, 20].Sample(words =>
        {
            WordVocabulary written = new([.. words.Distinct()], new long[words.Distinct().Count()]);
            string path = _folder.In("stage.bin");
            VectorWriter.Write(path, VectorFormat.Word2VecBinary, 1, written.Rows - 2, Enumerable.Range(2, written.Rows - 2)
                .Select(row => (VectorWriter.Holdable(written.Word(row)), (ReadOnlyMemory<float>)new float[] { row })));
            LoadedVectors read = VectorLoader.Load(path, written, lowerCaseFallback: false, written: written);
            Assert.Equal(Enumerable.Range(2, written.Rows - 2), read.Rows);
            Assert.Equal(read.Rows.Select(row => (float)row), read.Values);
        }, iter: 300, threads: 1);
    }

    [Fact]
    public void A_file_that_is_not_in_the_order_of_the_vocabulary_is_refused()
    {
        string path = _folder.In("stage.bin");
        Write(path, VectorFormat.Word2VecBinary, ("a", [1]), ("b", [2]));
        string Refusal(params string[] words) => Assert.Throws<InvalidInputException>(() =>
            VectorLoader.Load(path, new WordVocabulary(["a"], [1]), lowerCaseFallback: false, written: new WordVocabulary(words, new long[words.Length]))).Message;
        Assert.Contains("Entry 1 is 'a', but the vocabulary of its stage has 'b' there.", Refusal("b", "a"), StringComparison.Ordinal);
        Assert.Contains("Entry 2 is 'b'", Refusal("a"), StringComparison.Ordinal);
        Assert.Contains("The file has 2 words, but the vocabulary of its stage has 3.", Refusal("a", "b", "c"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(VectorFormat.Word2VecText, "2 2\nthe 0.1 -2\ncaf\u00e9 1E-05 3\n")]
    [InlineData(VectorFormat.GloVe, "the 0.1 -2\ncaf\u00e9 1E-05 3\n")]
    [InlineData(VectorFormat.FastTextVec, "2 2\nthe 0.1 -2 \ncaf\u00e9 1E-05 3 \n")]
    public void Text_layouts_are_exactly_so(VectorFormat format, string expected)
    {
        string path = _folder.In("text");
        Write(path, format, ("the", [0.1f, -2]), ("caf\u00e9", [1e-5f, 3]));

        Assert.Equal(Encoding.UTF8.GetBytes(expected), File.ReadAllBytes(path));
    }

    [Fact]
    public void The_binary_layout_is_exactly_so()
    {
        string path = _folder.In("binary");
        Write(path, VectorFormat.Word2VecBinary, ("the", [1, -2]));

        Assert.Equal([.. "1 2\nthe "u8, 0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0, (byte)'\n'], File.ReadAllBytes(path));
    }

    [Fact]
    public void A_first_glove_line_is_never_taken_for_a_header()
    {
        string path = _folder.In("glove");
        Write(path, VectorFormat.GloVe, ("10", [1]), ("11", [2]));

        Assert.Equal("10 1.0\n11 2\n", File.ReadAllText(path));
        Assert.Equal(["10", "11"], ReadAll(path).Select(e => e.Word));
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("New York", "'New York'")]
    [InlineData("a\nb", "'a\\nb'")]
    [InlineData("a\0b", "'a\\u0000b'")]
    [InlineData("x%", "surrogate")]
    public void A_word_that_the_layout_cannot_hold_is_refused_and_the_old_file_stays(string word, string part)
    {
        // An attribute cannot carry half a pair.
        word = word.Replace('%', '\ud83d');
        foreach (VectorFormat format in Enum.GetValues<VectorFormat>())
        {
            string path = _folder.Write("old");
            InputError error = Assert.Single(Assert.Throws<InvalidInputException>(() => Write(path, format, ("fine", [1]), (word, [2]))).Errors);
            Assert.Equal(path, error.Where);
            Assert.Contains(part, error.What, StringComparison.Ordinal);
            Assert.Equal("old", File.ReadAllText(path));
            Assert.Single(Directory.GetFiles(_folder.Path));
        }
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void A_number_that_no_reader_takes_is_refused_with_its_word(float value)
    {
        foreach (VectorFormat format in Enum.GetValues<VectorFormat>())
        {
            string message = Assert.Throws<InvalidInputException>(() => Write(_folder.In("bad"), format, ("fine", [1, 2]), ("bad", [0, value]))).Message;
            Assert.Contains("Number 2 of 'bad'", message, StringComparison.Ordinal);
        }
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void A_wrong_count_or_length_is_a_programming_error_and_writes_nothing()
    {
        Assert.Throws<ArgumentException>(() => VectorWriter.Write(_folder.In("x"), VectorFormat.Word2VecText, 1, 2, [("a", new float[1])]));
        Assert.Throws<ArgumentException>(() => VectorWriter.Write(_folder.In("x"), VectorFormat.Word2VecText, 2, 1, [("a", new float[1])]));
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void A_missing_folder_is_a_user_error()
    {
        string path = _folder.In("absent", "vectors");

        Assert.Contains("folder", Assert.Throws<InvalidInputException>(() => Write(path, VectorFormat.GloVe, ("a", [1]))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void No_words_need_a_header()
    {
        string path = _folder.In("none");
        VectorWriter.Write(path, VectorFormat.Word2VecBinary, 3, 0, []);
        Assert.Empty(ReadAll(path));
        Assert.Throws<InvalidInputException>(() => VectorWriter.Write(path, VectorFormat.GloVe, 3, 0, []));
    }

    private static void Write(string path, VectorFormat format, params (string Word, float[] Vector)[] entries) =>
        VectorWriter.Write(path, format, entries[0].Vector.Length, entries.Length, entries.Select(e => (e.Word, (ReadOnlyMemory<float>)e.Vector)));
}
