using CsCheck;
using DistEmbed.Coordinator.Local;
using DistEmbed.Coordinator.Reports;
using DistEmbed.Protocol.Files;
using DistEmbed.Protocol.Vectors;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Testing;
using DistEmbed.Worker.Evaluation;

namespace DistEmbed.Coordinator.Tests.Local;

public sealed class VectorExportTests : IDisposable
{
    private static readonly Gen<char> s_character = Gen.Frequency(
        (12, Gen.Char['a', 'e']),
        (2, Gen.OneOfConst(
            ' ', '\n', '\r', '\t', '\0', '\v', '\f', '\u001b', '\u0085', '\u00a0', '\u2028', '\u2029', '\ufeff', '\\', 'n', 'u', '\u3000', '1')),
        (1, Gen.Char.Where(c => !char.IsSurrogate(c))));

    private static readonly Gen<string[]> s_words =
        s_character.Array[1, 6].Select(characters => new string(characters)).Array[1, 15].Select(words => words.Distinct().ToArray());

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Of_any_words_each_is_read_back_from_what_is_written_or_counted_as_left_out() => s_words.Sample(words =>
    {
        float[] numbers = [0, 0, 0, 0, .. words.SelectMany((_, i) => (float[])[i, -i])];
        var vectors = new WordVectors(new WordVocabulary(words, new long[words.Length]), 2, numbers);
        foreach (VectorFormat format in Enum.GetValues<VectorFormat>())
        {
            if (words.All(word => VectorWriter.WhyNot(format, word) is not null))
                continue;
            string path = _folder.In("written");
            LeftOutWords leftOut = VectorExport.Write(vectors, path, format);
            var read = new Dictionary<string, float>(StringComparer.Ordinal);
            VectorReadCounts counts = VectorFile.Read(path, (word, vector) => read.Add(word, vector[0]));
            Assert.Equal((0, words.Length), (counts.Rejected, read.Count + leftOut.Count));
            Assert.All(read, entry => Assert.Equal(entry.Key, words[(int)entry.Value]));
            Assert.Equal(leftOut.Count > 0, leftOut.Notes().Any());
        }
    }, iter: TestScope.Of(2_000, 300), threads: 1);

    [Fact]
    public void Later_stages_the_projector_and_the_vocabulary_have_every_word() => s_words.Sample(words =>
    {
        var vocabulary = new WordVocabulary(words, new long[words.Length]);
        var vectors = new WordVectors(vocabulary, 1, [0, 0, .. words.Select((_, i) => (float)i)]);
        string path = _folder.In("vectors.bin"), list = _folder.In("vocabulary.txt");
        IReadOnlyList<string> escaped = VectorExport.WriteForStages(vectors, path);
        VocabularyFile.Write(list, vocabulary);
        WordVocabulary written = VocabularyFile.Read(list);
        LoadedVectors loaded = VectorLoader.Load(path, vocabulary, lowerCaseFallback: false, written: written);
        Assert.Equal(words.Length, loaded.Report.FoundExactly);
        Assert.Equal(words.Select((_, i) => (float)i), loaded.Values);
        Assert.Equal(words.Where(word => VectorWriter.WhyNot(VectorFormat.Word2VecBinary, word) is not null), escaped);

        using (ProjectorExport export = ProjectorExport.Create(_folder.In("projector"), "embedding", 1, counts: false))
        {
            foreach (string word in words)
                export.Add(word, [0]);
            export.Complete();
        }

        string[] lines = File.ReadAllText(_folder.In("projector", "metadata.tsv")).Split('\n')[..^1];
        Assert.Equal(words, lines.Select(line => TabField.TryUnescape(line, out string word) ? word : line));
    }, iter: TestScope.Of(500, 100), threads: 1);

    [Fact]
    public void Vectors_that_are_not_finite_are_left_out_and_counted()
    {
        var words = new WordVocabulary(["fine", "not", "beyond"], new long[3]);
        var vectors = new WordVectors(words, 1, [0, 0, 1, float.NaN, float.PositiveInfinity]);
        foreach (VectorFormat format in Enum.GetValues<VectorFormat>())
        {
            LeftOutWords leftOut = VectorExport.Write(vectors, _folder.In("written"), format);
            Assert.Equal(
                "2 words are left out, since the format cannot hold a number that is not finite: 'not', 'beyond'",
                Assert.Single(leftOut.Notes()));
        }
    }
}
