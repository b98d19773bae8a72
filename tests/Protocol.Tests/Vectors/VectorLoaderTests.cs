using DistEmbed.Protocol.Vectors;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Testing;

namespace DistEmbed.Protocol.Tests.Vectors;

public sealed class VectorLoaderTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static WordVocabulary Vocabulary(params string[] words) => new(words, [.. words.Select(_ => 1L)]);

    [Fact]
    public void Rows_ascend_and_values_follow_them_whatever_the_order_of_the_file()
    {
        LoadedVectors loaded = VectorLoader.Load(_folder.Write("z 9 9\nof 3 4\n<unk> 8 8\n<pad> 7 7\nthe 1 2\n"), Vocabulary("the", "cat", "of"), false);

        Assert.Equal(2, loaded.Dimension);
        Assert.Equal([2, 4], loaded.Rows);
        Assert.Equal([1f, 2, 3, 4], loaded.Values);
        Assert.Equal((3, 2, 0, 1), (loaded.Report.Words, loaded.Report.FoundExactly, loaded.Report.FoundByLowerCase, loaded.Report.NotFound));
        Assert.Equal(5, loaded.Report.File.Entries);
    }

    [Theory]
    [InlineData("paris 1\nParis 2\n")]
    [InlineData("Paris 2\nparis 1\n")]
    public void An_exact_match_beats_a_lower_case_match_wherever_it_stands(string file)
    {
        LoadedVectors loaded = VectorLoader.Load(_folder.Write(file), Vocabulary("Paris", "PARIS", "paris"), true);

        Assert.Equal([2, 3, 4], loaded.Rows);
        Assert.Equal([2f, 1, 1], loaded.Values);
        Assert.Equal((2, 1, 0), (loaded.Report.FoundExactly, loaded.Report.FoundByLowerCase, loaded.Report.NotFound));
    }

    [Fact]
    public void Without_the_fallback_case_must_match_and_the_fallback_never_goes_up()
    {
        string path = _folder.Write("paris 1\nLONDON 2\n");

        Assert.Empty(VectorLoader.Load(path, Vocabulary("Paris", "london"), false).Rows);
        Assert.Equal([2], VectorLoader.Load(path, Vocabulary("Paris", "london"), true).Rows);
    }

    [Fact]
    public void The_first_of_duplicates_wins_and_the_others_are_counted()
    {
        LoadedVectors loaded = VectorLoader.Load(_folder.Write("a 1\nb 5\na 2\nx 7\nx 8\na 3\n"), Vocabulary("a", "b"), true);

        Assert.Equal([1f, 5], loaded.Values);
        Assert.Equal(2, loaded.Report.Duplicates);
    }

    [Fact]
    public void A_rejected_entry_leaves_the_place_to_a_later_good_one()
    {
        LoadedVectors loaded = VectorLoader.Load(_folder.Write("a nan 1\na 2 3\nb inf 1\n"), Vocabulary("a", "b"), true);

        Assert.Equal([2f, 3], loaded.Values);
        Assert.Equal((1, 1, 0, 2), (loaded.Report.FoundExactly, loaded.Report.NotFound, loaded.Report.Duplicates, loaded.Report.File.Rejected));
    }

    [Fact]
    public void Another_dimension_than_the_setting_is_refused_before_reading()
    {
        string path = _folder.Write("the 1 2 3\n");

        InputError error = Assert.Single(Assert.Throws<InvalidInputException>(() => VectorLoader.Load(path, Vocabulary("the"), true, 300)).Errors);
        Assert.Equal(path, error.Where);
        Assert.Contains("3 numbers each, but vectors.dimension is 300", error.What, StringComparison.Ordinal);
        Assert.Contains("vectors.dimension", error.Fix, StringComparison.Ordinal);
        Assert.Equal([1f, 2, 3], VectorLoader.Load(path, Vocabulary("the"), true, 3).Values);
    }

    [Fact]
    public void The_variance_is_of_the_found_values_and_gives_the_uniform_half_width()
    {
        VectorReport report = VectorLoader.Load(_folder.Write("a 1 2\nb 3 6\nx 1000 1000\n"), Vocabulary("a", "b"), false).Report;

        Assert.Equal(3.5, report.Variance, 12);
        Assert.Equal(Math.Sqrt(10.5), report.UniformHalfWidth, 12);
        Assert.Equal(0, VectorLoader.Load(_folder.Write("x 1\n"), Vocabulary("a"), false).Report.Variance);
    }

    [Fact]
    public void More_vectors_than_one_block_holds_come_out_in_row_order()
    {
        const int Words = 3000;
        const int Dimension = 1000;
        string[] words = [.. Enumerable.Range(0, Words).Select(i => $"w{i}")];
        string path = _folder.In("many");
        VectorWriter.Write(path, VectorFormat.Word2VecBinary, Dimension, Words, Enumerable.Range(0, Words).Reverse().Select(i => (words[i], Vector(i))));

        LoadedVectors loaded = VectorLoader.Load(path, Vocabulary(words), true);

        Assert.Equal(Enumerable.Range(2, Words), loaded.Rows);
        for (int i = 0; i < Words; i++)
            Assert.Equal(Vector(i).Span, loaded.Values.AsSpan(i * Dimension, Dimension));

        static ReadOnlyMemory<float> Vector(int i) => Enumerable.Range(0, Dimension).Select(d => i + (d / 1024f)).ToArray();
    }

    [Fact]
    public void Memory_follows_the_vocabulary_and_not_the_file()
    {
        const int Words = 20_000;
        float[] vector = [.. Enumerable.Range(0, 50).Select(i => i / 7f)];
        foreach (VectorFormat format in new[] { VectorFormat.GloVe, VectorFormat.Word2VecBinary })
        {
            string path = _folder.In($"{format}");
            VectorWriter.Write(path, format, 50, Words, Enumerable.Range(0, Words).Select(i => ($"w{i}", (ReadOnlyMemory<float>)vector)));
            WordVocabulary vocabulary = Vocabulary("w7", "w19999");
            long before = GC.GetAllocatedBytesForCurrentThread();
            LoadedVectors loaded = VectorLoader.Load(path, vocabulary, true);
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

            Assert.Equal([2, 3], loaded.Rows);
            Assert.InRange(new FileInfo(path).Length, 4_000_000, long.MaxValue);
            Assert.InRange(allocated, 0, 1_000_000);
        }
    }

    [Fact]
    public void A_cut_last_line_is_an_error_even_if_nobody_asks_for_its_word()
    {
        string path = _folder.Write("a 1 2\nother 3 -");

        Assert.Contains(":2", Assert.Throws<InvalidInputException>(() => VectorLoader.Load(path, Vocabulary("a"), true)).Message, StringComparison.Ordinal);
    }
}
