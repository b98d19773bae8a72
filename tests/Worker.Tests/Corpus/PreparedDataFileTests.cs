using CsCheck;
using DistEmbed.Protocol.Artifacts;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Testing;
using DistEmbed.Testing.Fuzzing;
using DistEmbed.Worker.Corpus;

namespace DistEmbed.Worker.Tests.Corpus;

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
    public void What_is_read_is_what_was_written()
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
            Assert.Equal(Parts(data), Parts(read));
            Assert.Equal([.. data.Labels, "", .. data.Symbols], [.. read.Labels, "", .. read.Symbols]);
            Assert.Equal(Words(data.Vocabulary), Words(read.Vocabulary));
        }, iter: 200, threads: 1);

        static IEnumerable<(string, long)> Words(WordVocabulary words) =>
            Enumerable.Range(0, words.Rows).Select(row => (words.Word(row), words.Count(row)));

        static IEnumerable<(string Part, int Label, string Tokens, string Annotations)> Parts(PreparedData data) =>
            from part in new[] { ("train", data.Train), ("dev", data.Dev), ("test", data.Test) }
            where part.Item2 is not null
            from i in Enumerable.Range(0, part.Item2.Count)
            select (part.Item1, part.Item2.Label(i), string.Join(' ', part.Item2.Tokens(i).ToArray()),
                string.Join(' ', part.Item2.Annotations(i).ToArray()));
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

    public void Dispose() => _folder.Dispose();
}
