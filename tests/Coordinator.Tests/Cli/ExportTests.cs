using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using DistEmbed.Coordinator.Local;
using DistEmbed.Protocol.Files;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Vectors;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Worker.Evaluation;

namespace DistEmbed.Coordinator.Tests.Cli;

[Collection(ConsoleCollection.Name)]
public sealed class ExportTests(TrainedToyRun toy)
{
    [Theory]
    [InlineData("word2vec-text", VectorFormat.Word2VecText)]
    [InlineData("word2vec-binary", VectorFormat.Word2VecBinary)]
    [InlineData("glove", VectorFormat.GloVe)]
    [InlineData("fasttext-vec", VectorFormat.Word2VecText)]
    public async Task Vectors_are_read_back_bit_for_bit(string format, VectorFormat recognised)
    {
        string path = toy.In($"out.{format}");
        string told = await Shell.OutputOf("export", toy.Run, "--format", format, "--output", path);
        (List<string> words, List<float> values, VectorReadCounts counts) = Read(path);
        Assert.Equal((recognised, false), (counts.Info.Format, counts.HeaderIsWrong));
        if (format == "fasttext-vec")
            Assert.EndsWith(" ", File.ReadLines(path).ElementAt(1), StringComparison.Ordinal);
        using TrainedRun run = TrainedRun.Open(toy.Run);
        WordVectors expected = run.ReadVectors();
        Assert.Equal(Words(expected.Vocabulary), words);
        Assert.Equal(Bits(run.ReadRows("embedding", WordVocabulary.FirstWordRow, words.Count)), Bits(values));
        Assert.Equal($"Wrote 14 words with 8 numbers each to {path} (tuned, weights of step {run.Step}).\n", told);
    }

    [Fact]
    public async Task The_projector_gets_the_same_bits_and_the_counts()
    {
        string folder = toy.In("projector");
        await Shell.OutputOf("export", toy.Run, "--format", "projector", "--output", folder, "--top", "5", "--stage", "vectors");
        using TrainedRun run = TrainedRun.Open(toy.Run, "vectors");
        float[] values = [.. File.ReadLines(Path.Combine(folder, "vectors.tsv")).SelectMany(l => l.Split('\t')).Select(v => float.Parse(v, CultureInfo.InvariantCulture))];
        Assert.Equal(Bits(run.ReadRows("embedding", WordVocabulary.FirstWordRow, 5)), Bits(values));
        Assert.Equal(
            ["word\tcount", .. Enumerable.Range(WordVocabulary.FirstWordRow, 5).Select(row => $"{run.Vocabulary.Word(row)}\t{run.Vocabulary.Count(row)}")],
            File.ReadLines(Path.Combine(folder, "metadata.tsv")));
        await Shell.RefusalOf(["export", toy.Run, "--format", "projector", "--output", folder], "exists already and is not empty", "--force");
        await Shell.OutputOf("export", toy.Run, "--format", "projector", "--output", folder, "--force");
        Assert.Equal(14, File.ReadLines(Path.Combine(folder, "vectors.tsv")).Count());
        await Shell.RefusalOf(["export", toy.Run, "--format", "projector", "--output", toy.Job, "--force"], "is a file");
    }

    [Fact]
    public async Task Safetensors_hold_every_table_bit_for_bit_and_name_their_words()
    {
        string path = toy.In("model.safetensors");
        await Shell.OutputOf("export", toy.Run, "--format", "safetensors", "--output", path, "--step", "3");
        byte[] bytes = File.ReadAllBytes(path);
        int header = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes);
        JsonElement json = JsonDocument.Parse(bytes.AsMemory(8, header)).RootElement;
        using TrainedRun run = TrainedRun.Open(toy.Run, step: 3);
        string[] names = [.. run.Plans.Select(p => p.Spec.Name)];
        Assert.Contains("embedding", names);
        Assert.True(names.Length >= 5, string.Join(' ', names));
        Assert.Equal(["__metadata__", .. names], json.EnumerateObject().Select(p => p.Name));
        foreach (TableSpec table in run.Plans.Select(p => p.Spec))
        {
            JsonElement tensor = json.GetProperty(table.Name);
            Assert.Equal([table.Rows, table.Dimension], tensor.GetProperty("shape").Deserialize<int[]>()!);
            int[] offsets = tensor.GetProperty("data_offsets").Deserialize<int[]>()!;
            Assert.Equal(Bits(run.ReadRows(table.Name, 0, table.Rows)), Bits(MemoryMarshal.Cast<byte, float>(bytes.AsSpan((8 + header + offsets[0])..(8 + header + offsets[1]))).ToArray()));
        }

        Dictionary<string, string> metadata = json.GetProperty("__metadata__").Deserialize<Dictionary<string, string>>()!;
        Assert.Equal(("toy", "tuned", "3", "[\"bad\",\"good\"]"), (metadata["job"], metadata["stage"], metadata["step"], metadata["labels"]));
        Assert.Equal(run.Vocabulary.Fingerprint(), VocabularyFile.Read(toy.In(metadata["vocabulary"])).Fingerprint());
        await Shell.RefusalOf(["export", toy.Run, "--format", "safetensors", "--output", toy.In("m2"), "--top", "2"], "--top: means nothing for safetensors");
    }

    [Fact]
    public async Task Words_of_a_file_are_written_in_its_order_and_unknown_ones_told()
    {
        File.WriteAllText(toy.In("words.txt"), "sky\nnowhere\nsunny\nsky\n\ncold");
        string path = toy.In("some.txt");
        (int code, _, string errors) = await Shell.RunAsync("export", toy.Run, "--format", "glove", "--output", path, "--words", toy.In("words.txt"));
        Assert.Equal((0, true), (code, errors.EndsWith("1 words are not in the vocabulary and left out: nowhere\n", StringComparison.Ordinal)));
        Assert.Equal(["sky", "sunny", "cold"], Read(path).Words);
        File.WriteAllText(toy.In("words.txt"), "sunnny\n");
        await Shell.RefusalOf(["export", toy.Run, "--format", "glove", "--output", toy.In("no.txt"), "--words", toy.In("words.txt")], "no word", "sunny");
        await Shell.RefusalOf(["export", toy.Run, "--format", "glove", "--output", toy.In("no.txt"), "--words", toy.In("gone.txt")], "gone.txt", "cannot be read");
        await Shell.RefusalOf(["export", toy.Run, "--format", "glove", "--output", toy.In("no.txt"), "--words", toy.In("words.txt"), "--top", "3"], "--top: is given beside --words.");
        Assert.False(File.Exists(toy.In("no.txt")));
    }

    [Fact]
    public async Task What_is_there_stays_unless_forced_and_nothing_half_written_is_left()
    {
        string path = toy.In("there.txt");
        File.WriteAllText(path, "mine");
        await Shell.RefusalOf(["export", toy.Run, "--format", "glove", "--output", path], "there.txt", "exists already", "--force");
        Assert.Equal("mine", File.ReadAllText(path));
        await Shell.OutputOf("export", toy.Run, "--format", "glove", "--output", path, "--force", "--top", "3");
        Assert.Equal(3, File.ReadLines(path).Count());
        Directory.CreateDirectory(toy.In("folder"));
        await Shell.RefusalOf(["export", toy.Run, "--format", "glove", "--output", toy.In("folder"), "--force"], "is a folder");
        await Shell.RefusalOf(["export", toy.Run, "--format", "glove", "--output", toy.In("nofolder/x.txt")], "folder that does not exist");
        await Shell.RefusalOf(["export", toy.Run, "--format", "gloove", "--output", toy.In("x.txt")], "`gloove`", "`glove`");
        await Shell.RefusalOf(["export", toy.Run, "--format", "glove"], "--output");
        await Shell.RefusalOf(["export", toy.Run, "--format", "glove", "--output", toy.In("x.txt"), "--top", "0"], "--top: is 0.");
        // The disk's own refusal: a name longer than any file system takes.
        foreach (string format in new[] { "glove", "safetensors", "projector" })
            await Shell.RefusalOf(["export", toy.Run, "--format", format, "--output", toy.In(new string('x', 300))], "cannot be written");
        Assert.Empty(Directory.GetFiles(toy.Root, "*.tmp").Concat(Directory.GetFiles(toy.Root, "*.partial")));
        Assert.False(File.Exists(toy.In("x.txt")));
    }

    [Fact]
    public async Task Links_are_written_through_and_what_is_no_regular_file_is_never_replaced()
    {
        string[] export = ["export", toy.Run, "--format", "glove", "--top", "3", "--output"];
        Directory.CreateDirectory(toy.In("linked"));
        string target = toy.In("linked/target.txt"), link = toy.In("link.txt"), dangling = toy.In("dangling.txt");
        File.WriteAllText(target, "an older export");
        File.CreateSymbolicLink(link, "linked/target.txt");
        File.CreateSymbolicLink(dangling, "linked/new.txt");
        await Shell.RefusalOf([.. export, link], "link.txt", "exists already", "--force");
        await Shell.OutputOf([.. export, link, "--force"]);
        await Shell.OutputOf([.. export, dangling, "--force"]);
        Assert.Equal((3, 3), (File.ReadLines(target).Count(), File.ReadLines(toy.In("linked/new.txt")).Count()));
        Assert.Equal(("linked/target.txt", "linked/new.txt"), (new FileInfo(link).LinkTarget, new FileInfo(dangling).LinkTarget));
        if (!OperatingSystem.IsLinux())
            return;
        string pipe = toy.In("pipe");
        using (Process made = Process.Start("mkfifo", [pipe]))
            made.WaitForExit();
        await Shell.RefusalOf([.. export, pipe], "pipe: is no regular file");
        await Shell.RefusalOf([.. export, pipe, "--force"], "pipe: is no regular file");
        await Shell.RefusalOf(["report", toy.Run, "--output", pipe, "--force"], "pipe: is no regular file");
        await Shell.RefusalOf([.. export, "/dev/null", "--force"], "/dev/null: is no regular file");
        Assert.True(FileKind.IsSpecial(pipe));
        File.Delete(pipe);
    }

    internal static (List<string> Words, List<float> Values, VectorReadCounts Counts) Read(string path)
    {
        List<string> words = [];
        List<float> values = [];
        VectorReadCounts counts = VectorFile.Read(path, (word, vector) =>
        {
            words.Add(word);
            values.AddRange(vector);
        });
        return (words, values, counts);
    }

    internal static int[] Bits(IEnumerable<float> values) => [.. values.Select(BitConverter.SingleToInt32Bits)];

    private static IEnumerable<string> Words(WordVocabulary vocabulary) =>
        Enumerable.Range(WordVocabulary.FirstWordRow, vocabulary.Rows - WordVocabulary.FirstWordRow).Select(vocabulary.Word);
}
