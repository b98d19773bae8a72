using DistEmbed.Protocol.Vectors;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Testing;
using Xunit.Abstractions;

namespace DistEmbed.Protocol.Tests.Vectors;

/// <summary>Pretrained vectors as people have them.</summary>
public sealed class RealVectorsTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("glove.6B.100d.subset.txt.gz", VectorFormat.GloVe, 100, null, 70185, "the", -0.038194f, -0.24487f, 0.72812f)]
    [InlineData("glove.6B.300d.first100.txt.gz", VectorFormat.GloVe, 300, null, 100, "the", 0.04656f, 0.21318f, -0.0074364f)]
    [InlineData("glove.twitter.27B.25d.subset.txt.gz", VectorFormat.GloVe, 25, null, 11925, "the", -0.010167f, 0.020194f, 0.21473f)]
    [InlineData("googlenews-300d.8000.bin.gz", VectorFormat.Word2VecBinary, 300, 8000, 8000, "the", 0.080078125f, 0.10498047f, 0.04980469f)]
    public void Public_vector_files_load_whole(
        string name, VectorFormat format, int dimension, int? declared, int words, string word, float first, float second, float third)
    {
        if (!SharedData.TryFind($"vectors/{name}", out string path))
        {
            output.WriteLine($"not run: {path} is not there");
            return;
        }
        Dictionary<string, float[]> starts = [];
        VectorReadCounts counts = VectorFile.Read(path, (w, vector) => starts.Add(w, vector[..3].ToArray()));

        Assert.Equal(new VectorFileInfo(format, dimension, declared, true), counts.Info);
        Assert.Equal((words, 0, 0, false), (counts.Entries, counts.Rejected, counts.RepairedWords, counts.HeaderIsWrong));
        // The data's notes print Google's numbers with 8 digits; the file has them in full.
        float[] start = starts[word];
        Assert.Equal(first, start[0], 1e-8f);
        Assert.Equal(second, start[1], 1e-8f);
        Assert.Equal(third, start[2], 1e-8f);
    }

    [Fact]
    public void A_vocabulary_takes_its_vectors_from_GloVe()
    {
        if (!SharedData.TryFind("vectors/glove.6B.100d.subset.txt.gz", out string path))
        {
            output.WriteLine($"not run: {path} is not there");
            return;
        }
        Dictionary<string, float[]> all = [];
        VectorFile.Read(path, (w, vector) => all.Add(w, vector.ToArray()));
        string[] words = ["The", "zebra", "qwxzy", "king", "Paris", "n't"];

        LoadedVectors loaded = VectorLoader.Load(path, new WordVocabulary(words, [6, 5, 4, 3, 2, 1]), true, 100);

        Assert.Equal([2, 3, 5, 6, 7], loaded.Rows);
        Assert.Equal(new[] { "the", "zebra", "king", "paris", "n't" }.SelectMany(w => all[w]), loaded.Values);
        Assert.Equal((3, 2, 1), (loaded.Report.FoundExactly, loaded.Report.FoundByLowerCase, loaded.Report.NotFound));
        Assert.InRange(loaded.Report.UniformHalfWidth, 0.5, 1.2);
    }
}
