using DistEmbed.Protocol.Vectors;
using DistEmbed.Testing;

namespace DistEmbed.Protocol.Tests.Vectors;

public sealed class FrequentWordsTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_first_distinct_usable_words_are_given()
    {
        string path = _folder.Write("a 1 2\nb nan 2\na 3 4\nb 5 6\nc 7 8\nd 9 9\n");
        Assert.Equal(["a 1 2", "b 5 6", "c 7 8"], Words(path, 3, out VectorReadCounts counts));
        Assert.Equal((6, 1), (counts.Entries, counts.Rejected));
        Assert.Equal(["a 1 2"], Words(path, 1, out _));
        Assert.Equal(["a 1 2", "b 5 6", "c 7 8", "d 9 9"], Words(path, int.MaxValue, out _));
        Assert.Throws<ArgumentOutOfRangeException>(() => Words(path, 0, out _));
    }

    [Fact]
    public void Binary_and_gzip_are_known_by_content()
    {
        string path = _folder.Write(Gzip.Of(VectorTestFiles.Binary("3 2", newlines: true, ("x", [1, 2]), ("x", [3, 4]), ("y", [5, 6]))));
        Assert.Equal(["x 1 2", "y 5 6"], Words(path, 2, out VectorReadCounts counts));
        Assert.Equal(VectorFormat.Word2VecBinary, counts.Info.Format);
    }

    private static List<string> Words(string path, int most, out VectorReadCounts counts)
    {
        List<string> words = [];
        counts = FrequentWords.Read(path, most, (word, vector) => words.Add($"{word} {string.Join(' ', vector.ToArray())}"));
        return words;
    }
}
