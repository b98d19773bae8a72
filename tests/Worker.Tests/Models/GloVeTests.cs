using System.Runtime.InteropServices;
using System.Security.Cryptography;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Randomness;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Worker.Corpus;
using DistEmbed.Worker.Corpus.Cooccurrence;
using DistEmbed.Worker.Models;
using static DistEmbed.Worker.Tests.Models.Word2VecFixture;

namespace DistEmbed.Worker.Tests.Models;

public sealed class GloVeTests : IDisposable
{
    private static readonly int s_rows = Vocabulary.Rows;

    private readonly ExampleSet _data;
    private readonly CellBatchPlan _plan;

    public GloVeTests()
    {
        var random = new CounterRandom(5, RandomPurpose.DataSplit);
        var sentences = new int[20][];
        for (int i = 0; i < sentences.Length; i++)
            sentences[i] = [.. Enumerable.Range(0, 12).Select(_ => WordVocabulary.FirstWordRow + random.NextInt(s_rows - WordVocabulary.FirstWordRow))];
        _data = Sentences(sentences);
        _plan = new CellBatchPlan(new GloVeSpec { Window = 4, XMax = 2 }, _data, s_rows, 400, 2, 3, long.MaxValue);
    }

    public void Dispose() => _plan.Dispose();

    [Fact]
    public void Tables_are_vectors_and_biases_of_words_and_contexts_with_the_original_programs_first_values()
    {
        using var model = new GloVeModel(s_rows, 50);
        Assert.Equal(["embedding", "embedding.bias", "context", "context.bias"], model.Tables.Select(t => t.Name));
        Assert.Equal(["embedding", "embedding", "context", "context"], model.Tables.Select(t => t.Group));
        Assert.Equal([50, 1, 50, 1], model.Tables.Select(t => t.Dimension));
        Assert.All(model.Tables, t => Assert.Equal(new RowInit.Uniform(0.01f, WordVocabulary.FirstWordRow), t.Init));
        using var wider = new GloVeModel(s_rows, 50, 0.25f);
        Assert.Equal(new RowInit.Uniform(0.25f, WordVocabulary.FirstWordRow), wider.Tables[0].Init);
    }

    [Fact]
    public void Gradients_agree_with_finite_differences_of_the_loss()
    {
        const int dimension = 9;
        const float step = 1f / 64;
        using var model = new GloVeModel(s_rows, dimension);
        PreparedSlice slice = model.Prepare(SliceAt(1, 0));
        float[][] values = Values(model, slice, 0.8f), gradients = Train(model, slice, values).Gradients;
        for (int table = 0; table < values.Length; table++)
        {
            for (int i = 0; i < values[table].Length; i++)
            {
                float kept = values[table][i];
                values[table][i] = kept + step;
                double above = Train(model, slice, values).Loss.Sum;
                values[table][i] = kept - step;
                double below = Train(model, slice, values).Loss.Sum;
                values[table][i] = kept;
                Assert.Equal((above - below) / (2 * step), gradients[table][i], 1e-3);
            }
        }
    }

    /// <summary>The slices of an epoch together: the loss and gradients of the whole matrix, counted and computed here from the text in double precision.</summary>
    [Fact]
    public void The_slices_of_an_epoch_add_up_to_the_papers_equation_over_all_pairs_of_the_text()
    {
        const int dimension = 12;
        using var model = new GloVeModel(s_rows, dimension);
        double[][] tables = [.. model.Tables.Select((t, i) => Doubles(i, s_rows * t.Dimension))];
        var sums = tables.Select(t => new double[t.Length]).ToArray();
        double loss = 0;
        int cells = 0;
        for (int step = 1; step <= _plan.StepsPerEpoch; step++)
        {
            for (int index = 0; index < _plan.Slices; index++)
            {
                PreparedSlice slice = model.Prepare(SliceAt(step, index));
                float[][] values = [.. slice.Rows.Select((rows, t) => rows.SelectMany(row => tables[t][(row * model.Tables[t].Dimension)..((row + 1) * model.Tables[t].Dimension)]).Select(v => (float)v).ToArray())];
                (SliceLoss of, float[][] gradients) = Train(model, slice, values);
                loss += of.Sum;
                cells += of.Count;
                Assert.Equal(of.Count, of.Words);
                for (int t = 0; t < sums.Length; t++)
                {
                    int numbers = model.Tables[t].Dimension;
                    for (int i = 0; i < gradients[t].Length; i++)
                        sums[t][(slice.Rows[t][i / numbers] * numbers) + (i % numbers)] += gradients[t][i];
                }
            }
        }

        double expectedLoss = 0;
        var expected = tables.Select(t => new double[t.Length]).ToArray();
        Dictionary<(int Word, int Context), double> counts = Counts();
        foreach (((int word, int context), double count) in counts)
        {
            double error = tables[1][word] + tables[3][context] - Math.Log(count);
            for (int d = 0; d < dimension; d++)
                error += tables[0][(word * dimension) + d] * tables[2][(context * dimension) + d];
            double weight = Math.Min(1, Math.Pow(count / 2, 0.75));
            expectedLoss += weight * error * error / 2;
            expected[1][word] += weight * error;
            expected[3][context] += weight * error;
            for (int d = 0; d < dimension; d++)
            {
                expected[0][(word * dimension) + d] += weight * error * tables[2][(context * dimension) + d];
                expected[2][(context * dimension) + d] += weight * error * tables[0][(word * dimension) + d];
            }
        }

        Assert.Equal(counts.Count, cells);
        Assert.Equal(expectedLoss, loss, 1e-5 * expectedLoss);
        for (int t = 0; t < sums.Length; t++)
        {
            for (int i = 0; i < sums[t].Length; i++)
                Assert.Equal(expected[t][i], sums[t][i], 1e-4);
        }
    }

    // Written down once; a processor with other vector instructions, or none (DOTNET_EnableHWIntrinsic=0), has to arrive at the same.
    [Fact]
    public void Cells_loss_and_gradients_have_the_same_bits_on_every_processor()
    {
        const int dimension = 25;
        using var model = new GloVeModel(s_rows, dimension);
        PreparedSlice slice = model.Prepare(SliceAt(2, 1));
        (SliceLoss loss, float[][] gradients) = Train(model, slice, Values(model, slice, 1));
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        CellBlock block = _plan.Cells.Of(2, 1);
        sha.AppendData(MemoryMarshal.AsBytes<float>(block.Logarithms));
        sha.AppendData(MemoryMarshal.AsBytes<float>(block.Weights));
        foreach (int[] rows in slice.Rows)
            sha.AppendData(MemoryMarshal.AsBytes<int>(rows));
        foreach (float[] gradient in gradients)
            sha.AppendData(MemoryMarshal.AsBytes<float>(gradient));
        sha.AppendData(BitConverter.GetBytes(loss.Sum));
        Assert.Equal("2568F3C51BBBB344", Convert.ToHexString(sha.GetHashAndReset())[..16]);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void A_frozen_group_changes_nothing_of_the_others_gradient(bool words, bool contexts)
    {
        using var model = new GloVeModel(s_rows, 12);
        PreparedSlice slice = model.Prepare(SliceAt(1, 1));
        float[][] values = Values(model, slice, 1);
        (SliceLoss loss, float[][] all) = Train(model, slice, values);
        float[]?[] some = [.. all.Select((gradient, table) => (table < 2 ? words : contexts) ? null : new float[gradient.Length])];
        Assert.Equal(loss, model.Train(slice, values, some));
        for (int table = 0; table < some.Length; table++)
        {
            if (some[table] is { } gradient)
                Assert.Equal(all[table], gradient);
        }
    }

    private Slice SliceAt(int step, int index) =>
        new(step, index, _data, _plan.Examples(step, index), _plan.BatchSize(step), 3) { Cells = _plan.Cells };

    private Dictionary<(int Word, int Context), double> Counts()
    {
        var counts = new Dictionary<(int, int), double>();
        for (int example = 0; example < _data.Count; example++)
        {
            int[] sentence = _data.Tokens(example).ToArray();
            for (int i = 0; i < sentence.Length; i++)
            {
                for (int j = Math.Max(0, i - 4); j < Math.Min(sentence.Length, i + 5); j++)
                {
                    if (j != i)
                        counts[(sentence[i], sentence[j])] = counts.GetValueOrDefault((sentence[i], sentence[j])) + (1.0 / Math.Abs(i - j));
                }
            }
        }

        return counts;
    }

    private static double[] Doubles(int table, int count)
    {
        var random = new CounterRandom(4, RandomPurpose.RowInitialization, table);
        return [.. Enumerable.Range(0, count).Select(_ => (double)(random.NextSingle() - 0.5f))];
    }

    private static float[][] Values(GloVeModel model, PreparedSlice slice, float range)
    {
        var random = new CounterRandom(3, RandomPurpose.RowInitialization);
        return [.. slice.Rows.Select((rows, t) => Enumerable.Range(0, rows.Length * model.Tables[t].Dimension).Select(_ => ((2 * random.NextSingle()) - 1) * range).ToArray())];
    }

    private static (SliceLoss Loss, float[][] Gradients) Train(GloVeModel model, PreparedSlice slice, float[][] values)
    {
        // Garbage on entry must not show.
        float[][] gradients = [.. values.Select(v => Enumerable.Repeat(float.NaN, v.Length).ToArray())];
        return (model.Train(slice, values, gradients), gradients);
    }
}
