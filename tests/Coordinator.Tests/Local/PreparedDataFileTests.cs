using System.Diagnostics;
using CsCheck;
using DistEmbed.Coordinator.Local;
using DistEmbed.Protocol.Artifacts;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Testing;
using DistEmbed.Testing.Fuzzing;
using DistEmbed.Worker.Corpus;

namespace DistEmbed.Coordinator.Tests.Local;

public sealed class PreparedDataFileTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private static readonly PreparedData s_small = new(
        new WordVocabulary(["a", "\ud800"], [3, 1]), ["no"], new ExampleSet([0, 2, 2], [2, 3], [0, -1], [0, 1, 3], [7, -1, 9]), null, new ExampleSet([0], [], []), ["a note"])
    { Symbols = ["NN"] };

    private string File => _folder.In("data");

    [Fact]
    public void The_bytes_are_these()
    {
        PreparedDataFile.Write(File, s_small);
        Assert.Equal(
            "44454D4244415441" + "02000000" + "02000000" + "02000000" + "01000000" + "02000000" + "01000000" + "02000000"
            + "02000000" + "02000000" + "03000000" + "FFFFFFFF" + "00000000" + "FFFFFFFF" + "00000000" + "00000000" + "FFFFFFFF"
            + "0300000000000000" + "0100000000000000" + "01000000" + "01000000" + "610000D8" + "02000000" + "6E006F00"
            + "02000000" + "4E004E00"
            + "02000000" + "00000000" + "00000000" + "FFFFFFFF" + "02000000" + "03000000" + "01000000" + "02000000" + "07000000" + "FFFFFFFF" + "09000000",
            Convert.ToHexString(System.IO.File.ReadAllBytes(File)));
    }

    [Fact]
    public void What_is_read_has_the_fingerprint_of_what_was_written()
    {
        static int[] Starts(IEnumerable<int[]> arrays) => [.. arrays.Aggregate(new List<int> { 0 }, (starts, a) => [.. starts, starts[^1] + a.Length])];
        Gen<ExampleSet> part = Gen.Select(Gen.Int[0, 11].Array[0, 7], Gen.Int[-1, 2], Gen.Int.Array[0, 5]).Array[1, 20].SelectMany(examples => Gen.Bool.Select(annotated => new ExampleSet(
            Starts(examples.Select(e => e.Item1)), [.. examples.SelectMany(e => e.Item1)], [.. examples.Select(e => e.Item2)],
            annotated ? Starts(examples.Select(e => e.Item3)) : [], annotated ? [.. examples.SelectMany(e => e.Item3)] : [])));
        Gen.Select(Gen.String.HashSet[10].Select(set => set.ToArray()), part, part, Gen.Bool).Sample((words, train, dev, isDev) =>
        {
            var data = new PreparedData(
                new WordVocabulary(words, [.. words.Select((_, i) => 1L << i)]), ["x", "", "\u00e4"], train, isDev ? dev : null, isDev ? null : dev, [])
            { Symbols = isDev ? ["DT", "\u00df"] : [] };
            PreparedDataFile.Write(File, data);
            PreparedData read = PreparedDataFile.Read(File);
            Assert.Equal(StageFacts.FingerprintOf(data), StageFacts.FingerprintOf(read));
            Assert.Equal([.. data.Labels, "", .. data.Symbols], [.. read.Labels, "", .. read.Symbols]);
            Assert.Equal(Enumerable.Range(0, train.Count).Select(i => train.Annotations(i).ToArray()), Enumerable.Range(0, train.Count).Select(i => read.Train.Annotations(i).ToArray()));
            Assert.Equal(words, Enumerable.Range(2, read.Vocabulary.Rows - 2).Select(read.Vocabulary.Word));
        }, iter: 200, threads: 1);
    }

    [Fact]
    public void Garbage_is_refused_with_one_exception()
    {
        PreparedDataFile.Write(File, s_small);
        byte[] whole = System.IO.File.ReadAllBytes(File);
        for (int length = 0; length < whole.Length; length++)
        {
            System.IO.File.WriteAllBytes(File, whole.AsSpan(0, length));
            Assert.Throws<ArtifactDamagedException>(() => PreparedDataFile.Read(File));
        }
    }

    [Fact]
    public void Mutated_files_are_refused_and_cost_little()
    {
        byte[] Bytes(PreparedData data)
        {
            PreparedDataFile.Write(File, data);
            return System.IO.File.ReadAllBytes(File);
        }

        byte[][] good = [Bytes(s_small), Bytes(s_small with { Labels = [], Train = new ExampleSet([0], [], []), Test = null }), Bytes(s_small with { Dev = s_small.Train })];
        FuzzCount count = Fuzz.Run<ArtifactDamagedException>(good, bytes => PreparedDataFile.Read(new MemoryStream(bytes), "data"));
        count.ExpectShares(taken: 0.01);
    }

    [Fact]
    public void Many_tokens_are_fast()
    {
        const int Examples = 500_000, Each = 28;
        var data = new PreparedData(
            new WordVocabulary(["a"], [1]), [], new ExampleSet([.. Enumerable.Range(0, Examples + 1).Select(i => i * Each)], new int[Examples * Each], new int[Examples]),
            null, null, []);
        data = data with { Labels = ["a"] };
        long start = Stopwatch.GetTimestamp();
        PreparedDataFile.Write(File, data);
        Assert.Equal(Examples * Each, PreparedDataFile.Read(File).Train.TokenCount);
        Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(30), $"{Stopwatch.GetElapsedTime(start)}"); // a second, where a number at a time takes minutes
    }

    public void Dispose() => _folder.Dispose();
}
