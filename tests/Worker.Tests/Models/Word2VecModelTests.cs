using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Worker.Corpus;
using DistEmbed.Worker.Models;
using static DistEmbed.Worker.Tests.Models.Word2VecFixture;

namespace DistEmbed.Worker.Tests.Models;

public class Word2VecModelTests
{
    [Fact]
    public void Tables_are_the_embedding_and_the_output_vectors_with_word2vecs_first_values()
    {
        using var model = new SkipGramModel(new SkipGramSpec(), Vocabulary, 50);
        Assert.Equal(
            [
                new TableSpec("embedding", "embedding", 42, 50, new RowInit.Uniform(0.01f, 2), false) { PaddingRow = 0 },
                new TableSpec("context", "context", 42, 50, new RowInit.Zero(), false) { PaddingRow = 0 },
            ],
            model.Tables);
        using var wider = new CbowModel(new CbowSpec(), Vocabulary, 50, 0.25f);
        Assert.Equal(new RowInit.Uniform(0.25f, 2), wider.Tables[0].Init);
    }

    [Fact]
    public void With_hierarchical_softmax_output_rows_are_the_inner_nodes_that_predictions_pass_and_no_row_is_padding()
    {
        using var model = Model("skip-gram-hierarchy", 8);
        Assert.Equal(new TableSpec("hierarchy", "hierarchy", 39, 8, new RowInit.Zero(), false), model.Tables[1]);
        var tree = new HuffmanTree([.. Enumerable.Range(2, 40).Select(Vocabulary.Count)]);
        // Each word is the other's context: what is predicted from one is the other.
        var slice = (Word2VecSlice)model.Prepare(SliceOf(Sentences([5, 41])));
        Assert.Equal(2, slice.Predictions);
        for (int i = 0; i < 2; i++)
        {
            int word = slice.Rows[0][slice.Contexts(i)[0]] == 5 ? 39 : 3;
            Assert.Equal(tree.Path(word).ToArray(), slice.Targets(i).ToArray().Select(target => slice.Rows[1][target]));
            Assert.Equal(tree.Code(word).ToArray(), slice.Bits(i).ToArray());
        }
    }

    [Fact]
    public void With_hierarchical_softmax_the_probabilities_of_all_words_add_up_to_one()
    {
        const int dimension = 8;
        using var model = Model("skip-gram-hierarchy", dimension);
        var tables = WholeTables(dimension, 1f);
        double sum = 0;
        for (int word = 2; word < 42; word++)
        {
            // Beside itself a word is its own context: two equal predictions, of which the embedding is replaced by that of word 7.
            var slice = (Word2VecSlice)model.Prepare(SliceOf(Sentences([word, word])));
            var values = Pull(slice, tables, dimension);
            values[0] = tables[0][(7 * dimension)..(8 * dimension)];
            sum += Math.Exp(-Train(model, slice, values).Loss.Sum / 2);
        }

        Assert.Equal(1, sum, 1e-5);
    }

    [Theory]
    [InlineData("cbow")]
    [InlineData("skip-gram")]
    [InlineData("skip-gram-hierarchy")]
    public async Task A_slice_gives_the_same_bits_again_and_on_any_thread(string kind)
    {
        const int dimension = 20;
        using var model = Model(kind, dimension, subsample: 0.01);
        var data = RandomSentences(200, 20);
        var tables = WholeTables(dimension, 1f);
        var here = (Word2VecSlice)model.Prepare(SliceOf(data, step: 7, index: 3));
        var expected = Train(model, here, Pull(here, tables, dimension));

        // Prepared by several threads at once, with other slices in between, and trained by a model of its own on yet another thread.
        var elsewhere = new Word2VecSlice[8];
        Parallel.For(0, elsewhere.Length, i =>
        {
            model.Prepare(SliceOf(data, step: i));
            elsewhere[i] = (Word2VecSlice)model.Prepare(SliceOf(data, step: 7, index: 3));
        });
        foreach (var slice in elsewhere)
        {
            Assert.Equal(Describe(here), Describe(slice));
            using var other = Model(kind, dimension, subsample: 0.01);
            var actual = await Task.Run(() => Train(other, slice, Pull(slice, tables, dimension)));
            Assert.Equal(expected.Loss, actual.Loss);
            Assert.Equal(expected.Gradients[0], actual.Gradients[0]);
            Assert.Equal(expected.Gradients[1], actual.Gradients[1]);
        }
        foreach (var different in new[] { SliceOf(data, 8, 3), SliceOf(data, 7, 4), SliceOf(data, 7, 3, seed: 12) })
            Assert.NotEqual(Describe(here), Describe((Word2VecSlice)model.Prepare(different)));
    }

    [Theory]
    [InlineData("cbow")]
    [InlineData("skip-gram")]
    public void Predictions_are_windows_of_known_words_inside_one_sentence(string kind)
    {
        const int reach = 3;
        // Padding and unknown words are taken out before windows are cut: 5 and 7 are neighbours.
        int[][] sentences = [[2, 3, 4, 1, 5, 0, 1, 7, 8], [20, 21, 22, 23, 24], [30, 1], [1, 0], []];
        using var model = Model(kind, 8, window: reach);
        var positions = sentences.Select(s => s.Where(t => t > 1).ToArray()).ToArray();
        var reaches = new HashSet<int>();
        for (int step = 1; step <= 20; step++)
        {
            var slice = (Word2VecSlice)model.Prepare(SliceOf(Sentences(sentences), step));
            Assert.Equal(sentences.Sum(s => s.Length), slice.Words);
            var windows = new Dictionary<int, List<int>>();
            for (int i = 0; i < slice.Predictions; i++)
            {
                int word = slice.Rows[1][slice.Targets(i)[0]];
                var contexts = slice.Contexts(i).ToArray().Select(c => slice.Rows[0][c]).ToList();
                if (kind == "skip-gram")
                    Assert.Single(contexts);
                if (!windows.TryAdd(word, contexts))
                    windows[word].AddRange(contexts);
                foreach (int negative in slice.Targets(i)[1..])
                    Assert.NotEqual(word, slice.Rows[1][negative]);
            }
            Assert.Equal([2, 3, 4, 5, 7, 8, 20, 21, 22, 23, 24], windows.Keys.Order());
            foreach (var (word, contexts) in windows)
            {
                var sentence = positions.Single(s => s.Contains(word));
                int at = Array.IndexOf(sentence, word), drawn = contexts.Max(c => Math.Abs(Array.IndexOf(sentence, c) - at));
                Assert.InRange(drawn, 1, reach);
                Assert.Equal(sentence.Where((_, i) => i != at && Math.Abs(i - at) <= drawn), contexts);
                reaches.Add(drawn);
            }
        }
        Assert.Equal(reach, reaches.Count);
    }

    [Fact]
    public void Rows_are_the_sorted_distinct_ones_of_the_predictions()
    {
        using var model = Model("cbow", 8);
        var slice = (Word2VecSlice)model.Prepare(SliceOf(RandomSentences(6, 6)));
        foreach (var rows in slice.Rows)
            Assert.Equal(rows.Distinct().Order(), rows);
        var all = Enumerable.Range(0, slice.Predictions);
        Assert.Equal(Enumerable.Range(0, slice.Rows[0].Length), all.SelectMany(i => slice.Contexts(i).ToArray()).Distinct().Order());
        Assert.Equal(Enumerable.Range(0, slice.Rows[1].Length), all.SelectMany(i => slice.Targets(i).ToArray()).Distinct().Order());
        Assert.DoesNotContain(slice.Rows.SelectMany(r => r), row => row < WordVocabulary.FirstWordRow);
    }

    [Fact]
    public void Rows_of_a_large_vocabulary_are_found_wherever_they_lie()
    {
        const int words = 300_000;
        var vocabulary = new WordVocabulary([.. Enumerable.Range(0, words).Select(i => $"w{i}")], [.. Enumerable.Repeat(1L, words)]);
        using var model = new CbowModel(new CbowSpec { Negatives = 0 }, vocabulary, 4);
        int[] sentence = [words + 1, 2, 4095, 4096, 4097, 63, 64, 65, 262144, 262143];
        for (int step = 1; step <= 2; step++)
        {
            var slice = model.Prepare(SliceOf(Sentences(sentence), step));
            Assert.Equal(sentence.Order(), slice.Rows[0]);
            Assert.Equal(sentence.Order(), slice.Rows[1]);
        }
    }

    [Fact]
    public void Window_sizes_are_uniform()
    {
        const int tokens = 20_000, reach = 5;
        using var model = Model("cbow", 4, negatives: 0, window: reach);
        var sentence = Enumerable.Range(0, tokens).Select(i => 2 + i % 40).ToArray();
        var slice = (Word2VecSlice)model.Prepare(SliceOf(Sentences(sentence)));
        var counts = new int[reach + 1];
        for (int i = reach; i < tokens - reach; i++)
            counts[slice.Contexts(i).Length / 2]++;
        double expected = (tokens - 2 * reach) / (double)reach;
        Assert.Equal(0, counts[0]);
        Assert.All(counts[1..], count => Assert.InRange(count, expected - 5 * Math.Sqrt(expected), expected + 5 * Math.Sqrt(expected)));
    }

    [Theory]
    [InlineData("cbow")]
    [InlineData("skip-gram")]
    public void A_slice_without_a_window_touches_nothing(string kind)
    {
        using var model = Model(kind, 8);
        foreach (var data in new[] { Sentences(), Sentences([]), Sentences([5], [1, 0], [7]) })
        {
            var slice = model.Prepare(SliceOf(data));
            Assert.Empty(slice.Rows[0]);
            Assert.Empty(slice.Rows[1]);
            Assert.Equal(new SliceLoss(0, 0, 0, data.TokenCount, 0), model.Train(slice, [[], []], [[], []]));
        }
    }

    [Fact]
    public void Predicting_labels_is_not_supported()
    {
        using var model = Model("cbow", 8);
        Assert.Throws<NotSupportedException>(() => model.Predict(model.Prepare(SliceOf(Sentences([2, 3]))), [new float[16], new float[16]]));
    }

    [Theory]
    [InlineData("cbow")]
    [InlineData("skip-gram")]
    public void Words_of_one_topic_end_up_nearer_to_each_other_than_to_the_other_topic(string kind)
    {
        const int dimension = 12, sentences = 400;
        var random = new Random(1);
        // Rows 2..11 are one topic, 12..21 the other.
        var data = Sentences([.. Enumerable.Range(0, sentences).Select(i => Enumerable.Range(0, 8).Select(_ => 2 + i % 2 * 10 + random.Next(10)).ToArray())]);
        var plan = new WordBatchPlan(data, 16, 1, 1);
        using var model = Model(kind, dimension, window: 3);
        var tables = WholeTables(dimension, 0.5f / dimension);
        Array.Clear(tables[1]);
        for (int step = 1; step <= 4 * plan.StepsPerEpoch; step++)
        {
            var slice = model.Prepare(new Slice(step, 0, data, plan.Examples(step, 0), plan.BatchSize(step), 1));
            var gradients = Train(model, slice, Pull(slice, tables, dimension)).Gradients;
            for (int t = 0; t < 2; t++)
            {
                for (int i = 0; i < gradients[t].Length; i++)
                    tables[t][slice.Rows[t][i / dimension] * dimension + i % dimension] -= 0.05f * gradients[t][i];
            }
        }
        var within = from a in Enumerable.Range(2, 10) from b in Enumerable.Range(2, 10) where a != b select Cosine(tables[0], a, b, dimension);
        var across = from a in Enumerable.Range(2, 10) from b in Enumerable.Range(12, 10) select Cosine(tables[0], a, b, dimension);
        Assert.True(within.Min() > across.Max() + 0.1, $"within {within.Min()}, across {across.Max()}");
    }

    private static double Cosine(float[] table, int a, int b, int dimension)
    {
        ReadOnlySpan<float> x = table.AsSpan(a * dimension, dimension), y = table.AsSpan(b * dimension, dimension);
        double xy = 0, xx = 0, yy = 0;
        for (int k = 0; k < dimension; k++)
        {
            xy += x[k] * y[k];
            xx += x[k] * x[k];
            yy += y[k] * y[k];
        }
        return xy / Math.Sqrt(xx * yy);
    }

    private static string Describe(Word2VecSlice slice)
        => string.Join(';', slice.Rows.Select(r => string.Join(',', r)).Concat(Enumerable.Range(0, slice.Predictions)
            .Select(i => string.Join(',', slice.Contexts(i).ToArray()) + "|" + string.Join(',', slice.Targets(i).ToArray()))));
}
