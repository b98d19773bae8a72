using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Worker.Corpus;
using DistEmbed.Worker.Models;
using static DistEmbed.Worker.Tests.Models.TextCnnParameters;

namespace DistEmbed.Worker.Tests.Models;

public class TextCnnTests
{
    private const int Rows = 12;

    // Words again and again, an empty sentence, one shorter than every window, padding inside one, a label of each kind.
    private static readonly ExampleSet Data = Examples(
        (0, [2, 3, 4, 2, 5, 6]), (1, []), (2, [7]), (1, [3, 0, 8, 1, 3, 9, 2, 2, 4]), (0, [11, 5]), (2, [4, 4, 4, 8]));

    private static TextCnnSpec Spec(ChannelMode mode = ChannelMode.NonStatic, float dropout = 0.5f) =>
        new() { Windows = [2, 4, 1], Maps = 11, Dropout = dropout, Channels = mode };

    private static TextCnn Model(ChannelMode mode = ChannelMode.NonStatic, float dropout = 0.5f) => new(Spec(mode, dropout), Rows, dimension: 5, labels: 3, 0.25f);

    [Theory]
    [InlineData(ChannelMode.NonStatic, WayIn.Embedding)]
    [InlineData(ChannelMode.Multichannel, WayIn.Embedding)]
    [InlineData(ChannelMode.NonStatic, WayIn.OneHot)]
    public void Loss_and_gradients_equal_those_of_whole_matrices_in_torch_modules(ChannelMode mode, WayIn wayIn)
    {
        var parameters = new TextCnnParameters(Model(mode), seed: 2);
        Slice slice = Whole(Data);
        (SliceLoss loss, float[]?[] gradients) = parameters.Train(slice);
        (double sum, float[][] expected) = TextCnnReference.TextCnn(parameters, slice, [2, 4, 1], 11, 0.5f, wayIn);

        Assert.Equal(sum, loss.Sum, 1e-5);
        for (int table = 0; table < expected.Length; table++)
        {
            if (gradients[table] is { } gradient)
                AssertClose(expected[table], gradient, 1e-5f);
        }
    }

    [Fact]
    public void Looking_rows_up_and_updating_them_equals_one_hot_inputs_and_an_update_of_the_whole_matrix()
    {
        var sparse = new TextCnnParameters(Model(), seed: 3);
        var dense = new TextCnnParameters(Model(), seed: 3);
        float[] start = [.. sparse["embedding"]];
        for (int step = 1; step <= 3; step++)
        {
            Slice slice = Whole(Data, step);
            PreparedSlice prepared = sparse.Model.Prepare(slice);
            Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8, 9, 11], prepared.Rows[0]);
            sparse.Descend(sparse.Train(prepared).Gradients, 0.5f);
            dense.Descend(TextCnnReference.TextCnn(dense, slice, [2, 4, 1], 11, 0.5f, WayIn.OneHot).Gradients, 0.5f);
        }

        for (int table = 0; table < sparse.Values.Length; table++)
            AssertClose(dense.Values[table], sparse.Values[table], 1e-6f);
        Assert.NotEqual(start, sparse["embedding"]);
    }

    [Fact]
    public void Two_channels_start_equal_and_only_the_tuned_one_gets_a_gradient()
    {
        TextCnn model = Model(ChannelMode.Multichannel);
        Assert.Equal(["embedding.static", "embedding"], model.Tables.Take(2).Select(t => t.Name));
        Assert.Equal([true, false], model.Tables.Take(2).Select(t => t.AlwaysFrozen));
        Assert.Equal(new RowInit.CopyOf("embedding.static"), model.Tables[1].Init);
        float[]?[] gradients = new TextCnnParameters(model, seed: 5).Train(Whole(Data)).Gradients;
        Assert.Null(gradients[0]);
        Assert.Contains(gradients[1]!, g => g != 0);
    }

    [Theory]
    [InlineData(ChannelMode.Rand, false)]
    [InlineData(ChannelMode.NonStatic, false)]
    [InlineData(ChannelMode.Static, true)]
    public void Tables_are_those_of_the_paper(ChannelMode mode, bool frozen)
    {
        var model = new TextCnn(new TextCnnSpec { Channels = mode }, 1000, dimension: 300, labels: 2, embeddingRange: 0.25f);
        Assert.Equal(
            [
                ("embedding", "embedding", 1000, 300), ("conv3.weight", "conv3", 100, 900), ("conv3.bias", "conv3", 1, 100), ("conv4.weight", "conv4", 100, 1200),
                ("conv4.bias", "conv4", 1, 100), ("conv5.weight", "conv5", 100, 1500), ("conv5.bias", "conv5", 1, 100), ("output.weight", "output", 2, 300),
                ("output.bias", "output", 1, 2),
            ],
            model.Tables.Select(t => (t.Name, t.Group, t.Rows, t.Dimension)));
        Assert.Equal(frozen, model.Tables[0].AlwaysFrozen);
        Assert.Equal(new RowInit.Uniform(0.25f, 2), model.Tables[0].Init);
        Assert.Equal(WordVocabulary.PaddingRow, model.Tables[0].PaddingRow);
        Assert.Equal(["output.weight"], model.Tables.Where(t => t.MaxNorm == 3).Select(t => t.Name));
        Assert.All(model.Tables.Skip(1), t => Assert.Equal((true, null), (t.Dense, t.PaddingRow)));
    }

    [Fact]
    public void Dense_layers_start_as_Kims_or_by_what_a_unit_reads()
    {
        RowInit[] Starts(DenseStart start) => [.. new TextCnn(
            new TextCnnSpec { Windows = [2], Maps = 25, Channels = ChannelMode.Multichannel, Initialization = start }, 10, dimension: 16, labels: 2, embeddingRange: 0.25f)
            .Tables.Where(t => t.Dense).Select(t => t.Init)];

        Assert.Equal([new RowInit.Uniform(0.01f), new RowInit.Zero(), new RowInit.Zero(), new RowInit.Zero()], Starts(DenseStart.Kim));
        Assert.Equal([new RowInit.Uniform(0.125f), new RowInit.Uniform(0.125f), new RowInit.Uniform(0.2f), new RowInit.Uniform(0.2f)], Starts(DenseStart.UniformFanIn));
    }

    [Fact]
    public void Dropout_depends_on_seed_step_and_slice_alone()
    {
        var parameters = new TextCnnParameters(Model(), seed: 9);
        double Loss(int step, int index, ulong seed) => parameters.Train(Whole(Data, step, index, seed)).Loss.Sum;
        double loss = Loss(5, 1, 7);
        Assert.Equal(loss, Loss(5, 1, 7));
        Assert.Equal(4, new[] { loss, Loss(6, 1, 7), Loss(5, 2, 7), Loss(5, 1, 8) }.Distinct().Count());
        Assert.Equal(parameters.Predict(Whole(Data, 5, 1, 7)), parameters.Predict(Whole(Data, 6, 2, 8)));
    }

    [Fact]
    public void Sentences_without_words_are_fine()
    {
        var parameters = new TextCnnParameters(Model(), seed: 10);
        ExampleSet silence = Examples((0, []), (1, [0, 0]));
        (SliceLoss loss, float[]?[] gradients) = parameters.Train(Whole(silence));
        (double sum, float[][] expected) = TextCnnReference.TextCnn(parameters, Whole(silence), [2, 4, 1], 11, 0.5f, WayIn.Embedding);
        Assert.Equal(sum, loss.Sum, 1e-5);
        for (int table = 0; table < expected.Length; table++)
            AssertClose(expected[table], gradients[table]!, 1e-6f);
    }

    /// <summary>In the maps that are computed side by side as in those left over.</summary>
    [Fact]
    public void Of_windows_that_are_equally_high_the_first_gets_the_gradient()
    {
        var model = new TextCnn(new TextCnnSpec { Windows = [1], Maps = 11, Dropout = 0 }, Rows, dimension: 5, labels: 3, 0.25f);
        var parameters = new TextCnnParameters(model, seed: 13);
        float[] embedding = parameters["embedding"], bias = parameters["conv1.bias"];
        embedding.AsSpan(5 * 5, 5).CopyTo(embedding.AsSpan(3 * 5));
        Array.Fill(bias, 2f); // every feature is above zero
        float[] gradient = parameters.Train(Whole(Examples((0, [5, 3])))).Gradients[0]!;
        Assert.All(gradient[(3 * 5)..(4 * 5)], g => Assert.Equal(0, g));
        (_, float[][] expected) = TextCnnReference.TextCnn(parameters, Whole(Examples((0, [5, 5]))), [1], 11, 0, WayIn.Embedding);
        AssertClose(expected[0][(5 * 5)..(6 * 5)], gradient[(5 * 5)..(6 * 5)], 1e-6f);
    }

    [Fact]
    public void A_vector_that_is_no_number_shows_in_the_loss()
    {
        var parameters = new TextCnnParameters(Model(dropout: 0), seed: 11);
        parameters["embedding"][(4 * 5) + 2] = float.NaN;
        Assert.Equal(double.NaN, parameters.Train(Whole(Data)).Loss.Sum);
    }

    [Fact]
    public void Tokens_and_labels_that_the_model_does_not_have_are_refused()
    {
        var parameters = new TextCnnParameters(Model(), seed: 12);
        Assert.Throws<ArgumentException>(() => parameters.Model.Prepare(Whole(Examples((0, [2, Rows])))));
        Assert.Throws<ArgumentException>(() => parameters.Model.Prepare(Whole(Examples((0, [2, -1])))));
        Assert.Throws<InvalidOperationException>(() => parameters.Train(Whole(Examples((3, [2])))));
        Assert.Throws<InvalidOperationException>(() => parameters.Train(Whole(Examples((-1, [2])))));
        Assert.Equal(3, parameters.Predict(Whole(Examples((-1, [2])))).Length);
    }

    [Fact]
    public void Gradient_descent_from_zero_output_weights_learns_what_can_be_learnt()
    {
        // The label is whether the pair 3 4 occurs in this order.
        var random = new Random(14);
        var examples = Enumerable.Range(0, 60).Select(i =>
        {
            List<int> words = [.. Enumerable.Range(0, random.Next(3, 9)).Select(_ => random.Next(5, Rows))];
            words.InsertRange(random.Next(words.Count), i % 2 == 0 ? [3, 4] : [4, 3]);
            return (i % 2, words.ToArray());
        }).ToArray();
        var model = new TextCnn(Spec(dropout: 0.2f) with { Windows = [2, 3], Maps = 8 }, Rows, dimension: 6, labels: 2, embeddingRange: 0.25f);
        var parameters = new TextCnnParameters(model, seed: 14);
        Array.Clear(parameters["output.weight"]);
        Array.Clear(parameters["output.bias"]);
        ExampleSet data = Examples(examples);
        for (int step = 1; step <= 200; step++)
            parameters.Descend(parameters.Train(Whole(data, step)).Gradients, 0.5f);

        float[] probabilities = parameters.Predict(Whole(data));
        Assert.All(Enumerable.Range(0, data.Count), i => Assert.InRange(probabilities[(2 * i) + data.Label(i)], MathF.BitIncrement(0.5f), 1));
    }

    internal static void AssertClose(float[] expected, float[] actual, float tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) <= tolerance, $"element {i}: {expected[i]} expected, {actual[i]} found");
    }
}
