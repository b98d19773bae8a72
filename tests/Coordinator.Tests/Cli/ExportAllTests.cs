using System.Globalization;
using DistEmbed.Coordinator.Local;

namespace DistEmbed.Coordinator.Tests.Cli;

/// <summary>The whole vector file with what a run trained in the place of its words.</summary>
[Collection(ConsoleCollection.Name)]
public sealed class ExportAllTests : IDisposable
{
    private readonly OutsideToy _toy = new();

    public void Dispose() => _toy.Dispose();

    [Theory]
    [InlineData("non-static")]
    [InlineData("static")]
    public async Task Every_word_of_the_file_is_there_with_the_runs_vectors_in_place_and_its_own_words_behind(string channels)
    {
        string run = await _toy.TrainAsync($$"""{ "kind": "text-cnn", "windows": [2], "maps": 4, "channels": "{{channels}}" }""", "run", test: true, "--set", "data.vocabulary=all-parts");
        (List<string> words, List<float> values, _) = ExportTests.Read(_toy.In("vectors.txt"));
        int dimension = values.Count / words.Count;
        using TrainedRun trained = TrainedRun.Open(run);
        string[] added = [.. Enumerable.Range(2, trained.Vocabulary.Rows - 2).Select(trained.Vocabulary.Word).Except(words)];
        Assert.Contains("xyzzy", added);
        Assert.Contains("JOLLY", added); // of which the file has the lower case alone
        float[] expected =
        [
            .. words.SelectMany((word, i) => trained.Vocabulary.TryRowOf(word, out int row) ? trained.ReadRows("embedding", row, 1) : values.Skip(i * dimension).Take(dimension)),
            .. added.SelectMany(word => trained.ReadRows("embedding", trained.Vocabulary.RowOf(word), 1)),
        ];
        Assert.Equal(channels == "static", expected.Take(values.Count).SequenceEqual(values));
        foreach (string format in new[] { "word2vec-text", "word2vec-binary", "glove", "fasttext-vec" })
        {
            string path = _toy.In(format);
            string told = await Shell.OutputOf("export", run, "--all", "--format", format, "--output", path);
            (List<string> written, List<float> numbers, _) = ExportTests.Read(path);
            Assert.Equal([.. words, .. added], written);
            Assert.Equal(ExportTests.Bits(expected), ExportTests.Bits(numbers));
            int known = words.Count(word => trained.Vocabulary.TryRowOf(word, out _));
            Assert.StartsWith(string.Create(CultureInfo.InvariantCulture, $"Wrote {written.Count} words with 6 numbers each, {known} of them the run's in their place and {added.Length} that it adds, to "), told, StringComparison.Ordinal);
        }

        await Shell.OutputOf("export", run, "--all", "--format", "projector", "--output", _toy.In("projector"));
        Assert.Equal([.. words, .. added], File.ReadLines(_toy.In("projector/metadata.tsv")).Skip(1).Select(line => line.Split('\t')[0]));
        Assert.Contains("other\t0", File.ReadLines(_toy.In("projector/metadata.tsv")));
    }

    [Fact]
    public async Task What_cannot_be_completed_is_refused_in_one_line()
    {
        string run = await _toy.TrainAsync("""{ "kind": "bag" }""", "bag", test: false);
        string[] all = ["export", run, "--all", "--output", _toy.In("out"), "--format"];
        await Shell.RefusalOf([.. all, "safetensors"], "--all: means nothing for safetensors");
        await Shell.RefusalOf([.. all, "glove", "--top", "3"], "--all: is given beside --top.");
        await Shell.RefusalOf(["export", run, "--output", _toy.In("out"), "--format", "glove", "--vectors", "x"], "--vectors: has no effect without --all.");
        File.WriteAllText(_toy.In("short.txt"), "day 1 2\nsea 3 4\n");
        await Shell.RefusalOf([.. all, "glove", "--vectors", _toy.In("short.txt")], "short.txt", "has 2 numbers a word, and the run has 6");
        File.Move(_toy.In("vectors.txt"), _toy.In("moved.txt"));
        await Shell.RefusalOf([.. all, "glove"], "There is no file", "--vectors");
        Assert.Contains("6 of them the run's", await Shell.OutputOf([.. all, "glove", "--vectors", _toy.In("moved.txt")]), StringComparison.Ordinal);
        string random = await _toy.TrainAsync("""{ "kind": "bag" }""", "random", test: false, "--set", "vectors.file=null", "--set", "vectors.dimension=4");
        await Shell.RefusalOf(["export", random, "--all", "--output", _toy.In("out2"), "--format", "glove"], "starts from no vector file");
    }
}
