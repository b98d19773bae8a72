using System.Text;
using DistEmbed.Protocol.Vectors;
using DistEmbed.Testing;
using static DistEmbed.Protocol.Tests.Vectors.VectorTestFiles;

namespace DistEmbed.Protocol.Tests.Vectors;

/// <summary>A file that was cut is an error that tells where, never a smaller file.</summary>
public sealed class VectorTruncationTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("a 1 2 3\nb 4 5 6\nc 7 8", 3)]
    [InlineData("a 1 2 3\nb 4 5 6\nc", 3)]
    [InlineData("a 1 2 3\nb 4 5 6\nc 7 8 -", 3)]
    [InlineData("3 3\na 1 2 3\nb 4 5 6\nc 7 8", 4)]
    [InlineData("3 3\na 1 2 3\nb 4 5 6", 3)]
    public void Text_that_ends_inside_a_line_names_file_line_and_whole_words(string text, int line)
    {
        string path = _folder.Write(text);

        InputError error = Assert.Single(Assert.Throws<InvalidInputException>(() => ReadAll(path)).Errors);
        Assert.Equal($"{path}:{line}", error.Where);
        Assert.Contains("after 2 whole words", error.What, StringComparison.Ordinal);
        Assert.Contains("cut", error.Fix, StringComparison.Ordinal);
    }

    [Fact]
    public void A_header_and_a_piece_of_the_first_line_is_a_cut_file()
    {
        string path = _folder.Write("400000 300\nthe 0.1 0.2");

        Assert.Equal($"{path}:2", Assert.Single(Assert.Throws<InvalidInputException>(() => ReadAll(path)).Errors).Where);
    }

    [Fact]
    public void Binary_cut_anywhere_names_file_word_and_whole_words()
    {
        byte[] whole = Binary("3 2", true, ("the", [1, 2.5f]), ("of", [3, -4]), ("and", [5, 6]));
        int second = whole.AsSpan().IndexOf("of "u8);
        int third = whole.AsSpan().IndexOf("and "u8);
        for (int length = second + 1; length < third - 1; length++)
        {
            string path = _folder.Write(whole[..length]);
            InputError error = Assert.Single(Assert.Throws<InvalidInputException>(() => ReadAll(path)).Errors);
            Assert.Equal(path, error.Where);
            Assert.Contains("inside word 2 ('o", error.What, StringComparison.Ordinal);
            Assert.Contains("after 1 whole words of the 3 declared", error.What, StringComparison.Ordinal);
        }
        Assert.Equal(2, ReadAll(_folder.Write(whole[..(third - 1)]), out VectorReadCounts counts).Count);
        Assert.True(counts.HeaderIsWrong);
    }

    [Fact]
    public void Gzip_cut_anywhere_is_an_error_and_joined_gzip_files_are_one()
    {
        byte[] first = Gzip.Of(Encoding.ASCII.GetBytes("a 1 2 3\nb 4 5 6\n"));
        byte[] second = Gzip.Of(Encoding.ASCII.GetBytes("c 7 8 9\n"));
        byte[] joined = [.. first, .. second];
        for (int length = 2; length < joined.Length; length++)
        {
            string path = _folder.Write(joined[..length]);
            if (length == first.Length)
                Assert.Equal(2, ReadAll(path).Count);
            else
                Assert.Matches("^[^:]*: (The gzip file was cut|Other bytes follow the end of the gzip data), after ", Assert.Throws<InvalidInputException>(() => ReadAll(path)).Message);
        }
        Assert.Equal(["a", "b", "c"], ReadAll(_folder.Write(joined)).Select(e => e.Word));
    }

    [Fact]
    public void A_cut_gzip_file_tells_how_many_words_were_whole()
    {
        StringBuilder text = new();
        Random random = new(3);
        for (int i = 0; i < 20_000; i++)
            text.Append('w').Append(i).Append(' ').Append(random.NextSingle()).Append(' ').Append(random.NextSingle()).Append('\n');
        byte[] packed = Gzip.Of(Encoding.ASCII.GetBytes(text.ToString()));
        string path = _folder.Write(packed[..(packed.Length / 2)]);

        string message = Assert.Throws<InvalidInputException>(() => ReadAll(path)).Message;
        Assert.Contains("gzip", message, StringComparison.Ordinal);
        int words = int.Parse(message.Split("after ")[1].Split(' ')[0]);
        Assert.InRange(words, 5_000, 15_000);
    }

    [Fact]
    public void Words_of_a_short_gzip_file_are_read_up_to_the_damage()
    {
        byte[] text = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 316).Select(i => $"w{i} {i} {i * 31 % 1009} {i * 57 % 997}\n")));
        byte[] packed = Gzip.Of(text), wrongSum = [.. packed];
        wrongSum[^6] ^= 1;
        foreach ((byte[] broken, string what) in ((byte[], string)[])[
            (packed[..^4], "The gzip file was cut, after "),
            (wrongSum, "The gzip file is damaged: its check sum or some of its bytes are wrong, after "),
            ([.. packed, .. "trailing bytes"u8], "Other bytes follow the end of the gzip data, after ")])
        {
            string message = Assert.Throws<InvalidInputException>(() => ReadAll(_folder.Write(broken))).Message;
            Assert.Contains(what, message, StringComparison.Ordinal);
            Assert.InRange(int.Parse(message.Split("after ")[1].Split(' ')[0]), 314, 316);
        }

        string half = Assert.Throws<InvalidInputException>(() => ReadAll(_folder.Write(packed[..(packed.Length / 2)]))).Message;
        Assert.InRange(int.Parse(half.Split("after ")[1].Split(' ')[0]), 50, 250);
    }

    [Fact]
    public void Damaged_gzip_is_an_error()
    {
        byte[] packed = Gzip.Of(Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 5000).Select(i => $"w{i} {i} {i * 31 % 1009}\n"))));
        packed[packed.Length / 2] ^= 0x55;

        Assert.Throws<InvalidInputException>(() => ReadAll(_folder.Write(packed)));
    }
}
