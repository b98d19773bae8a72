using DistEmbed.Coordinator.Local;
using DistEmbed.Protocol.Vectors;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Testing;

namespace DistEmbed.Coordinator.Tests.Cli;

/// <summary>
/// Words that a format cannot hold, here with a blank, as CoNLL-U allows: nothing fails once training has begun.
/// </summary>
[Collection(ConsoleCollection.Name)]
public sealed class OddWordsTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Stages_hand_every_word_over_and_exports_leave_out_what_they_cannot_hold()
    {
        string[] objects = ["dogs", "New York", "2 000", "birds"];
        _folder.Write("train.conllu", string.Concat(Enumerable.Range(0, 96).Select(i =>
            Row(1, "Anna", 2, "subj") + Row(2, "sees", 0, "root") + Row(3, objects[i % 4], 2, "obj") + "\n")));
        string run = _folder.In("run");
        (int code, string output, string errors) = await Shell.RunAsync("train", Job(), "--run-dir", run);
        Assert.Equal(0, code);
        Assert.Contains("vectors: stage:first has 6 of the 6 words (100.0 %)", output, StringComparison.Ordinal);
        Assert.StartsWith("warning: vectors.bin has 2 words with escapes", Assert.Single(Lines(errors)), StringComparison.Ordinal);
        Assert.Contains("'new york'", errors, StringComparison.Ordinal);

        using (TrainedRun first = TrainedRun.Open(run, "first"), second = TrainedRun.OpenInitial(run, "second"))
        {
            Assert.Contains("new york", Words(first.Vocabulary));
            foreach (string word in Words(first.Vocabulary))
            {
                Assert.Equal(
                    first.ReadRows("embedding", first.Vocabulary.RowOf(word), 1),
                    second.ReadRows("embedding", second.Vocabulary.RowOf(word), 1));
            }
        }

        foreach (string format in (string[])["word2vec-text", "word2vec-binary", "glove", "fasttext-vec"])
        {
            string path = _folder.In(format);
            (code, output, errors) = await Shell.RunAsync("export", run, "--format", format, "--output", path);
            Assert.Equal(0, code);
            Assert.StartsWith(
                $"note: {path}: 2 words are left out, since the format cannot hold a word with a blank: '",
                Assert.Single(Lines(errors)), StringComparison.Ordinal);
            Assert.StartsWith("Wrote 4 words with 4 numbers each to ", output, StringComparison.Ordinal);
            Assert.Equal(["anna", "birds", "dogs", "sees"], ExportTests.Read(path).Words.Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public async Task Conversion_leaves_out_what_the_format_cannot_hold_and_names_it()
    {
        string[] words = ["the", "car\rriage", "sepa\u2028rated", "next\u0085line", "tab\tbed", "film"];
        (string Word, ReadOnlyMemory<float> Vector)[] entries = [.. words.Select((word, i) => (word, new ReadOnlyMemory<float>([i])))];
        string path = _folder.In("in.bin"), converted = _folder.In("out.txt");
        VectorWriter.Write(path, VectorFormat.Word2VecBinary, 1, entries.Length, entries);
        string[] convert = ["vectors", "convert", path];
        (int code, string output, string errors) = await Shell.RunAsync([.. convert, converted, "--format", "word2vec-text"]);
        Assert.Equal((0, $"Wrote 2 words with 1 numbers each to {converted}.\n"), (code, output));
        Assert.Equal($"""
            note: {path}: 1 words are left out, since the format cannot hold a word with a control character: 'tab\tbed'
            note: {path}: 3 words are left out, since the format cannot hold a word with a line end: 'car\rriage', 'sepa\u2028rated', 'next\u0085line'

            """, errors);
        Assert.Equal("2 1\nthe 0\nfilm 5\n", File.ReadAllText(converted));
        Assert.Empty((await Shell.RunAsync([.. convert, _folder.In("again.bin"), "--format", "word2vec-binary"])).Errors);
    }

    private static string Row(int number, string word, int head, string relation) =>
        $"{number}\t{word}\t_\tN\t_\t_\t{head}\t{relation}\t_\t_\n";

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static IEnumerable<string> Words(WordVocabulary vocabulary) =>
        Enumerable.Range(WordVocabulary.FirstWordRow, vocabulary.Rows - WordVocabulary.FirstWordRow).Select(vocabulary.Word);

    private string Job() => _folder.Write("job.json", $$"""
        {
          "name": "odd",
          "data": { "format": "dependencies", "root": "{{_folder.Path}}", "train": ["train.conllu"], "devFraction": 0.25 },
          "model": { "kind": "parser", "hidden": 8, "symbolDimension": 4 },
          "vectors": { "dimension": 4 },
          "optimizers": { "default": { "kind": "adagrad", "learningRate": 0.1 } },
          "training": { "batch": 6, "epochs": 1 },
          "report": { "html": false, "tensorBoard": false },
          "stages": [{ "name": "first" }, { "name": "second", "vectors": { "file": "stage:first", "dimension": null } }]
        }
        """);
}
