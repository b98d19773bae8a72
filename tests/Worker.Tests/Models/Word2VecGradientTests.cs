using System.Runtime.InteropServices;
using System.Security.Cryptography;
using DistEmbed.Worker.Models;
using TorchSharp;
using static DistEmbed.Worker.Tests.Models.Word2VecFixture;

namespace DistEmbed.Worker.Tests.Models;

public class Word2VecGradientTests
{
    [Theory]
    [InlineData("cbow")]
    [InlineData("skip-gram")]
    [InlineData("cbow-hierarchy")]
    [InlineData("skip-gram-hierarchy")]
    public void Gradients_agree_with_finite_differences_of_the_loss(string kind)
    {
        const int dimension = 9;
        const float step = 1f / 64;
        using var model = Model(kind, dimension, fullError: false, window: 3);
        var slice = model.Prepare(SliceOf(Sentences([2, 5, 9, 3], [7, 2, 8])));
        var values = Pull(slice, WholeTables(dimension, 0.8f), dimension);
        var gradients = Train(model, slice, values).Gradients;
        for (int table = 0; table < 2; table++)
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

    [Theory]
    [InlineData("cbow", false)]
    [InlineData("cbow", true)]
    [InlineData("skip-gram", true)]
    [InlineData("cbow-hierarchy", true)]
    [InlineData("skip-gram-hierarchy", true)]
    public void Loss_and_gradients_equal_those_of_autograd_on_dense_embeddings(string kind, bool fullError)
    {
        const int dimension = 20;
        using var model = Model(kind, dimension, fullError);
        var slice = (Word2VecSlice)model.Prepare(SliceOf(RandomSentences(12, 15)));
        var tables = WholeTables(dimension, 0.7f);
        var (loss, gradients) = Train(model, slice, Pull(slice, tables, dimension));

        using var embedding = DenseEmbedding(tables[0], dimension);
        using var output = DenseEmbedding(tables[1], dimension);
        using var scope = torch.NewDisposeScope();
        torch.Tensor sum = torch.zeros(1), weighted = torch.zeros(1);
        for (int i = 0; i < slice.Predictions; i++)
        {
            var contexts = torch.tensor(slice.Contexts(i).ToArray().Select(c => (long)slice.Rows[0][c]).ToArray());
            var targets = torch.tensor(slice.Targets(i).ToArray().Select(t => (long)slice.Rows[1][t]).ToArray());
            var signs = -torch.ones(targets.shape[0]);
            signs[0] = 1;
            if (slice.Bits(i) is { IsEmpty: false } bits)
                signs = torch.tensor(bits.ToArray().Select(bit => bit == 0 ? 1f : -1f).ToArray());
            var logits = output.call(targets).matmul(embedding.call(contexts).mean([0]));
            var one = -torch.nn.functional.logsigmoid(signs * logits).sum();
            sum += one;
            weighted += one * contexts.shape[0];
        }
        sum.backward(retain_graph: true);
        Assert.Equal(sum.item<float>(), loss.Sum, 1e-5 * loss.Sum);
        Assert.Equal(slice.Predictions, loss.Count);
        AssertDense(output.weight!.grad!, slice.Rows[1], gradients[1], dimension);

        // word2vec.c's whole error is the true gradient times the number of contexts, prediction by prediction.
        if (fullError)
        {
            embedding.weight!.grad!.zero_();
            weighted.backward();
        }
        AssertDense(embedding.weight!.grad!, slice.Rows[0], gradients[0], dimension);
    }

    [Theory]
    [InlineData("cbow", true)]
    [InlineData("cbow", false)]
    [InlineData("skip-gram", true)]
    [InlineData("cbow-hierarchy", true)]
    [InlineData("cbow-hierarchy", false)]
    [InlineData("skip-gram-hierarchy", true)]
    public void Gradients_have_the_bits_of_the_scalar_inner_loop_whatever_the_dimension(string kind, bool fullError)
    {
        foreach (int dimension in new[] { 1, 3, 8, 12, 25, 100 })
        {
            using var model = Model(kind, dimension, fullError);
            var slice = (Word2VecSlice)model.Prepare(SliceOf(RandomSentences(30, 12)));
            var values = Pull(slice, WholeTables(dimension, 1.5f), dimension);
            var expected = ScalarWord2Vec.Gradients(slice, values, dimension, fullError);
            var actual = Train(model, slice, values).Gradients;
            Assert.Equal(expected[0], actual[0]);
            Assert.Equal(expected[1], actual[1]);
        }
    }

    /// <summary>Eight targets are computed at a time: numbers of targets just below, at and above a multiple of it.</summary>
    [Theory]
    [InlineData("cbow", 6)]
    [InlineData("cbow", 7)]
    [InlineData("cbow", 8)]
    [InlineData("cbow", 16)]
    [InlineData("skip-gram", 7)]
    [InlineData("skip-gram", 8)]
    [InlineData("skip-gram", 9)]
    public void Loss_and_gradients_take_every_negative_sample_into_account_however_many_there_are(string kind, int negatives)
    {
        const int dimension = 12;
        using var model = Model(kind, dimension, negatives: negatives);
        var slice = (Word2VecSlice)model.Prepare(SliceOf(RandomSentences(10, 12)));
        Assert.Contains(Enumerable.Range(0, slice.Predictions), i => slice.Targets(i).Length == negatives + 1);
        var values = Pull(slice, WholeTables(dimension, 1.5f), dimension);
        var expected = ScalarWord2Vec.Gradients(slice, values, dimension, fullError: true);
        var (loss, actual) = Train(model, slice, values);
        Assert.Equal(ScalarWord2Vec.Loss(slice, values, dimension), loss.Sum, 1e-5 * loss.Sum);
        Assert.Equal(expected[0], actual[0]);
        Assert.Equal(expected[1], actual[1]);
    }

    // Written down once; a processor with other vector instructions, or none (DOTNET_EnableHWIntrinsic=0), has to arrive at the same.
    [Theory]
    [InlineData("cbow", "C9510D5CC3B134EE")]
    [InlineData("skip-gram", "906CEEF729F5C04E")]
    public void Samples_loss_and_gradients_have_the_same_bits_on_every_processor(string kind, string hash)
    {
        const int dimension = 25;
        using var model = Model(kind, dimension, subsample: 0.01);
        var slice = model.Prepare(SliceOf(RandomSentences(50, 20)));
        var (loss, gradients) = Train(model, slice, Pull(slice, WholeTables(dimension, 1f), dimension));
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var rows in slice.Rows)
            sha.AppendData(MemoryMarshal.AsBytes<int>(rows));
        foreach (var gradient in gradients)
            sha.AppendData(MemoryMarshal.AsBytes<float>(gradient));
        sha.AppendData(BitConverter.GetBytes(loss.Sum));
        Assert.Equal(hash, Convert.ToHexString(sha.GetHashAndReset())[..16]);
    }

    [Theory]
    [InlineData("cbow")]
    [InlineData("skip-gram")]
    [InlineData("cbow-hierarchy")]
    public void A_frozen_table_changes_nothing_of_the_others_gradient(string kind)
    {
        const int dimension = 12;
        using var model = Model(kind, dimension);
        var slice = model.Prepare(SliceOf(RandomSentences(20, 12)));
        var values = Pull(slice, WholeTables(dimension, 1f), dimension);
        var (loss, both) = Train(model, slice, values);

        var first = new float[both[0].Length];
        Assert.Equal(loss, model.Train(slice, values, [first, null]));
        Assert.Equal(both[0], first);

        var second = new float[both[1].Length];
        Assert.Equal(loss, model.Train(slice, values, [null, second]));
        Assert.Equal(both[1], second);

        Assert.Equal(loss, model.Train(slice, values, [null, null]));
    }

    [Fact]
    public void Arrays_longer_than_the_rows_are_read_and_written_only_where_the_rows_are()
    {
        const int dimension = 12;
        using var model = Model("cbow", dimension);
        var slice = model.Prepare(SliceOf(RandomSentences(20, 12)));
        var values = Pull(slice, WholeTables(dimension, 1f), dimension);
        var (loss, expected) = Train(model, slice, values);
        float[][] longer = [[.. values[0], float.NaN], [.. values[1], float.NaN, float.NaN]];
        float[][] gradients = [new float[longer[0].Length + 3], new float[longer[1].Length + 3]];
        gradients[0][^4] = gradients[1][^5] = 42;
        Assert.Equal(loss, model.Train(slice, longer, gradients));
        Assert.Equal([.. expected[0], 42, 0, 0, 0], gradients[0]);
        Assert.Equal([.. expected[1], 42, 0, 0, 0, 0], gradients[1]);
    }

    [Fact]
    public void Large_logits_give_finite_losses_and_vectors_that_are_not_numbers_show_in_the_loss()
    {
        const int dimension = 8;
        using var model = Model("skip-gram", dimension, negatives: 0);
        var slice = model.Prepare(SliceOf(Sentences([2, 3])));
        float[] opposed = [.. Enumerable.Repeat(-10f, 16)], aligned = [.. Enumerable.Repeat(10f, 16)];
        Assert.Equal(60, Train(model, slice, [aligned, opposed]).Loss.Sum, 1e-4);
        Assert.Equal(0, Train(model, slice, [aligned, aligned]).Loss.Sum, 1e-6);
        opposed[3] = float.NaN;
        Assert.True(double.IsNaN(Train(model, slice, [aligned, opposed]).Loss.Sum));
    }

    private static TorchSharp.Modules.Embedding DenseEmbedding(float[] table, int dimension)
    {
        var module = torch.nn.Embedding(Vocabulary.Rows, dimension);
        using var gradientsOff = torch.no_grad();
        using var values = torch.tensor(table).reshape(Vocabulary.Rows, dimension);
        module.weight!.copy_(values);
        return module;
    }

    // Rows that the slice does not name have no gradient in the dense formulation either.
    private static void AssertDense(torch.Tensor dense, int[] rows, float[] gradient, int dimension)
    {
        var expected = dense.data<float>().ToArray();
        var actual = new float[expected.Length];
        for (int i = 0; i < rows.Length; i++)
            gradient.AsSpan(i * dimension, dimension).CopyTo(actual.AsSpan(rows[i] * dimension));
        for (int i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], actual[i], 1e-5f * Math.Max(1, Math.Abs(expected[i])));
    }
}
