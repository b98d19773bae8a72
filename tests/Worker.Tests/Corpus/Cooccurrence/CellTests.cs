using System.Collections.Concurrent;
using CsCheck;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Testing;
using DistEmbed.Worker.Corpus;
using DistEmbed.Worker.Corpus.Cooccurrence;

namespace DistEmbed.Worker.Tests.Corpus.Cooccurrence;

/// <summary>Counting: the cells of all blocks together are GloVe's matrix, whoever asks for which block when, and however little memory there is.</summary>
public sealed class CellTests
{
    private const int Rows = 30;

    private static readonly Gen<Case> Cases = Gen.Select(
        Gen.Int[0, WordVocabulary.FirstWordRow + 20].Select(row => Math.Min(Math.Max(row, WordVocabulary.FirstWordRow), Rows - 1)).Array[0, 25].Array[1, 12],
        Gen.Select(Gen.Int[1, 12], Gen.Bool), Gen.Int[1, 400], Gen.Int[1, 4], Gen.ULong,
        (sentences, window, batch, slices, seed) => new Case(sentences, window.Item1, window.Item2, batch, slices, seed));

    [Fact]
    public void Counts_are_those_of_a_dictionary_and_each_cell_is_in_one_slice_of_an_epoch() => Cases.Sample(c =>
    {
        using CellBatchPlan plan = c.Plan(long.MaxValue);
        var expected = c.Count();
        var found = new Dictionary<(int, int), double>();
        for (int step = 1; step <= plan.StepsPerEpoch; step++)
        {
            int words = 0;
            for (int slice = 0; slice < c.Slices; slice++)
            {
                CellBlock block = plan.Cells.Of(step, slice);
                words += plan.Examples(step, slice).Length;
                Assert.Empty(block.Words.Except(plan.Examples(step, slice).ToArray()));
                Assert.Equal(block.ContextRows.Order().Distinct(), block.ContextRows);
                Assert.Equal(block.Contexts.Distinct().Order(), Enumerable.Range(0, block.ContextRows.Length));
                for (int i = 0; i < block.Words.Length; i++)
                {
                    Assert.InRange(block.Starts[i + 1], block.Starts[i] + 1, block.Cells);
                    for (int cell = block.Starts[i]; cell < block.Starts[i + 1]; cell++)
                    {
                        double count = expected[(block.Words[i], block.ContextRows[block.Contexts[cell]])];
                        found.Add((block.Words[i], block.ContextRows[block.Contexts[cell]]), count);
                        Assert.Equal(Math.Log(count), block.Logarithms[cell], 2e-7);
                        Assert.Equal(Math.Min(1, Math.Pow(count / 3, 0.75)), block.Weights[cell], 2e-7);
                    }
                }
            }

            Assert.Equal(words, plan.BatchSize(step));
        }

        Assert.Equal(expected.Count, found.Count);
    });

    [Fact]
    public void Blocks_have_the_same_bits_for_any_memory_and_any_order_of_threads_that_ask() => Cases.Sample(c =>
    {
        using CellBatchPlan inMemory = c.Plan(long.MaxValue), inFile = c.Plan(0), inBoth = c.Plan(600);
        (int Step, int Slice)[] all = [.. Enumerable.Range(1, inMemory.StepsPerEpoch).SelectMany(step => Enumerable.Range(0, c.Slices).Select(slice => (step, slice)))];
        string[] expected = [.. all.Select(at => TextOf(inMemory.Cells.Of(at.Step, at.Slice)))];
        foreach (CellBatchPlan plan in new[] { inFile, inBoth })
        {
            var found = new ConcurrentDictionary<(int, int), string>();
            Parallel.ForEach(all.Reverse(), at => found[at] = TextOf(plan.Cells.Of(at.Step, at.Slice)));
            Assert.Equal(expected, all.Select(at => found[at]));
            Assert.Equal(expected[0], TextOf(plan.Cells.Of(1, 0))); // once more, from where it is kept
        }

        Assert.False(inMemory.Cells.UsesFile);
        Assert.Equal((true, 0L), (inFile.Cells.UsesFile, inFile.Cells.BytesInMemory));
        Assert.InRange(inBoth.Cells.BytesInMemory, 0, 600);
    }, iter: 30);

    [Fact]
    public void Every_epoch_takes_all_blocks_in_an_order_of_its_own()
    {
        var c = new Case([[.. Enumerable.Range(0, 400).Select(i => WordVocabulary.FirstWordRow + (i * i % 28))]], 5, true, 150, 2, 7);
        using CellBatchPlan plan = c.Plan(long.MaxValue);
        Assert.InRange(plan.StepsPerEpoch, 16, 64);
        string[] Epoch(int epoch) => [.. Enumerable.Range(1 + ((epoch - 1) * plan.StepsPerEpoch), plan.StepsPerEpoch).Select(step => TextOf(plan.Cells.Of(step, 1)))];
        Assert.NotEqual(Epoch(1), Epoch(2));
        Assert.Equal(Epoch(1).Order(), Epoch(2).Order());
        using CellBatchPlan other = (c with { Seed = 8 }).Plan(long.MaxValue);
        Assert.NotEqual(Epoch(1), [.. Enumerable.Range(1, other.StepsPerEpoch).Select(step => TextOf(other.Cells.Of(step, 1)))]);
    }

    [Fact]
    public void Steps_have_nearly_the_same_number_of_cells()
    {
        var random = new Random(3);
        int[][] sentences = [.. Enumerable.Range(0, 300).Select(_ => Enumerable.Range(0, 30).Select(_ => WordVocabulary.FirstWordRow + (int)(2000 * Math.Pow(random.NextDouble(), 3))).ToArray())];
        using var plan = new CellBatchPlan(new GloVeSpec { Window = 5 }, DataOf(sentences), 2002, 5000, 2, 1, long.MaxValue);
        int[] cells = [.. Enumerable.Range(1, plan.StepsPerEpoch).Select(step => plan.Cells.Of(step, 0).Cells + plan.Cells.Of(step, 1).Cells)];
        Assert.Equal(16, cells.Length); // 81,000 pairs
        Assert.InRange(cells.Max() / cells.Average(), 1, 1.3);
        Assert.InRange(cells.Min() / cells.Average(), 0.7, 1);
    }

    [Fact]
    public void A_file_of_cells_has_no_name_while_it_is_used_and_is_gone_afterwards()
    {
        using var folder = new TempFolder();
        var block = new CellBlock([2, 5], [0, 1, 3], [3, 4], [0, 0, 1], [0.5f, -1, 2], [1, 0.25f, 1]);
        using (var file = new CellFile(folder.Path))
        {
            StoredBlock first = file.Write(block), second = file.Write(block with { Words = [2, 7] });
            if (!OperatingSystem.IsWindows())
                Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
            Assert.Equal((TextOf(block), TextOf(block with { Words = [2, 7] })), (TextOf(file.Read(first)), TextOf(file.Read(second))));
        }

        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Fact]
    public void A_full_disk_and_a_missing_folder_are_told_in_a_line()
    {
        using var folder = new TempFolder();
        string missing = folder.In("missing");
        string error = Assert.Throws<IOException>(() => new CellFile(missing)).Message;
        Assert.StartsWith($"{missing}: a temporary file of glove's cells cannot be made: ", error);
        Assert.DoesNotContain('\n', error);
        if (!OperatingSystem.IsLinux())
            return;
        using var full = new CellFile("/tmp", File.OpenHandle("/dev/full", FileMode.Open, FileAccess.Write));
        error = Assert.Throws<IOException>(() => full.Write(new CellBlock([2], [0, 1], [3], [0], [0.5f], [1]))).Message;
        Assert.Matches("^/tmp: a temporary file of glove's cells of 0 MB cannot be written: .*[Nn]o space left.*\\. Free the disk, name another folder in TMPDIR, or raise cluster.cellMegabytes\\.$", error);
    }

    private static string TextOf(CellBlock block) => string.Join(' ',
        [.. block.Words, -1, .. block.Starts, -1, .. block.ContextRows, -1, .. block.Contexts, .. block.Logarithms.Concat(block.Weights).Select(BitConverter.SingleToInt32Bits)]);

    private static ExampleSet DataOf(int[][] sentences)
    {
        int[] starts = [0, .. sentences.Select((_, i) => sentences.Take(i + 1).Sum(s => s.Length))];
        return new ExampleSet(starts, [.. sentences.SelectMany(s => s)], [.. sentences.Select(_ => -1)]);
    }

    private sealed record Case(int[][] Sentences, int Window, bool Symmetric, int Batch, int Slices, ulong Seed)
    {
        public CellBatchPlan Plan(long memory) =>
            new(new GloVeSpec { Window = Window, Symmetric = Symmetric, XMax = 3 }, DataOf(Sentences), Rows, Batch, Slices, Seed, memory);

        public Dictionary<(int Word, int Context), double> Count()
        {
            var counts = new Dictionary<(int, int), double>();
            foreach (int[] sentence in Sentences)
            {
                for (int i = 0; i < sentence.Length; i++)
                {
                    for (int j = Math.Max(0, i - Window); j < i; j++)
                    {
                        Add(sentence[i], sentence[j], 1.0 / (i - j));
                        if (Symmetric)
                            Add(sentence[j], sentence[i], 1.0 / (i - j));
                    }
                }
            }

            return counts;

            void Add(int word, int context, double share) => counts[(word, context)] = counts.GetValueOrDefault((word, context)) + share;
        }
    }
}
