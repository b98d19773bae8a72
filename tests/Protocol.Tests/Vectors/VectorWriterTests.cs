using System.Text;
using CsCheck;
using DistEmbed.Protocol.Vectors;
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
        (6, Gen.Char['a', 'z']), (3, Gen.Char['0', '9']), (1, Gen.OneOfConst('.', '-', 'e', '\u0085', '\u00A0', '\u2028', '\u00e9', '\uFFFD', '\r', '\t', '\0', '\u4E2D')));

    private static readonly Gen<string> s_word = Gen.Frequency(
        (9, s_character.Array[1, 8].Select(c => new string(c))), (1, Gen.OneOfConst("nan", "inf", "-1e5", "10", "</s>", "\ud83d\ude00", "<unk>")));

    private static readonly Gen<(string Word, float[] Vector)[]> s_entries =
        Gen.Int[1, 6].SelectMany(dimension => Gen.Select(s_word, s_finite.Array[dimension], (w, v) => (w, v)).Array[1, 12]);

    [Theory]
    [InlineData(VectorFormat.Word2VecText)]
    [InlineData(VectorFormat.Word2VecBinary)]
    [InlineData(VectorFormat.GloVe)]
    [InlineData(VectorFormat.FastTextVec)]
    public void What_is_written_is_read_back_bit_for_bit(VectorFormat format)
    {
        s_entries.Sample(
            entries =>
            {
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
