using DistEmbed.Protocol.Vectors;
using DistEmbed.Testing;

namespace DistEmbed.Coordinator.Tests.Cli;

[Collection(ConsoleCollection.Name)]
public sealed class VectorsTests(TrainedToyRun toy)
{
    private const string Odd = "6 2\na 3 4\nb 0.1 -0\na 5 12\nc nan 1\nd 1\n";

    [Fact]
    public async Task Inspect_tells_what_is_there_and_what_is_wrong()
    {
        string path = toy.In("odd.vec");
        File.WriteAllText(path, Odd);
        string[] lines = (await Shell.OutputOf("vectors", "inspect", path, "--top", "2")).Split('\n');
        Assert.Equal("format      word2vec-text", lines[0]);
        Assert.Equal("dimension   2", lines[1]);
        Assert.Equal("declared    6 words, but there are 5", lines[2]);
        Assert.Equal("words       3 read", lines[3]);
        Assert.Equal("rejected    2", lines[4]);
        Assert.Contains("nan", lines[5], StringComparison.Ordinal);
        Assert.Equal("duplicates  1", lines[7]);
        Assert.Equal("norms       least 0.1, mean 6.03333, greatest 13", lines[8]);
        Assert.Equal(["word  norm", "a        5", "b      0.1"], lines[10..13]);
    }

    [Fact]
    public async Task Inspect_recognises_gzip_and_files_without_a_header()
    {
        string path = toy.In("small.gz");
        File.WriteAllBytes(path, Gzip.Of("one 1 2 3\ntwo 4 5 6\n"u8));
        string shown = await Shell.OutputOf("vectors", "inspect", path);
        Assert.Contains("format      glove, gzip\ndimension   3\ndeclared    no header\nwords       2 read\nrejected    0\n", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("word  norm", shown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Conversion_through_every_format_keeps_every_bit()
    {
        // More words than the queue between reader and writer holds.
        (string Word, ReadOnlyMemory<float> Vector)[] entries =
        [
            .. Enumerable.Range(0, 3000).Select(i => ($"w\u00e9{i}", new ReadOnlyMemory<float>([i / 7f, -1e-38f * i, BitConverter.Int32BitsToSingle((i * 7919) + 1)]))),
        ];
        string path = toy.In("all-0");
        VectorWriter.Write(path, VectorFormat.Word2VecBinary, 3, entries.Length, entries);
        byte[] start = File.ReadAllBytes(path);
        string[] formats = ["glove", "fasttext-vec", "word2vec-text", "word2vec-binary"];
        for (int i = 0; i < formats.Length; i++)
        {
            string next = toy.In($"all-{i + 1}");
            Assert.Equal($"Wrote 3000 words with 3 numbers each to {next}.\n", await Shell.OutputOf("vectors", "convert", path, next, "--format", formats[i]));
            path = next;
        }

        Assert.Equal(start, File.ReadAllBytes(path));
    }

    [Fact]
    public async Task What_cannot_be_converted_is_left_out_and_told()
    {
        string path = toy.In("left.vec"), converted = toy.In("left.bin");
        File.WriteAllText(path, Odd + "two words 7 8\n");
        (int code, string output, string errors) = await Shell.RunAsync("vectors", "convert", path, converted, "--format", "word2vec-binary");
        Assert.Equal((0, $"Wrote 3 words with 2 numbers each to {converted}.\n"), (code, output));
        Assert.Equal(["a", "b", "a"], ExportTests.Read(converted).Words);
        Assert.Equal(3, errors.Split('\n').Count(l => l.StartsWith("note: ", StringComparison.Ordinal)));
        Assert.Contains("'two words'", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_no_vector_file_or_in_the_way_is_refused_in_one_line()
    {
        string good = toy.In("good.vec");
        File.WriteAllText(good, "1 2\na 3 4\n");
        await Shell.RefusalOf(["vectors", "inspect", toy.In("gone.vec")], "no such file");
        await Shell.RefusalOf(["vectors", "inspect", toy.Root], "is a folder");
        await Shell.RefusalOf(["vectors", "inspect", toy.Job], "toy.json");
        await Shell.RefusalOf(["vectors", "inspect", good, "--top", "-1"], "--top: is -1.");
        await Shell.RefusalOf(["vectors", "convert", good, good, "--format", "glove"], "exists already");
        await Shell.RefusalOf(["vectors", "convert", toy.In("gone.vec"), toy.In("never"), "--format", "glove"], "no such file");
        await Shell.RefusalOf(["vectors", "convert", good, toy.In("never"), "--format", "projector"], "`projector`", "word2vec-text");
        await Shell.RefusalOf(["vectors", "convert", good, toy.In(new string('y', 300)), "--format", "glove"], "cannot be written");
        Assert.False(File.Exists(toy.In("never")));
        Assert.Equal("Wrote 1 words with 2 numbers each to " + good + ".\n", await Shell.OutputOf("vectors", "convert", good, good, "--format", "glove", "--force"));
        Assert.Equal("a 3 4\n", File.ReadAllText(good));
    }
}
