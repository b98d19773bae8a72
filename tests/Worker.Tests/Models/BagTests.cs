using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Worker.Corpus;
using DistEmbed.Worker.Models;
using static DistEmbed.Worker.Tests.Models.TextCnnParameters;

namespace DistEmbed.Worker.Tests.Models;

public class BagTests
{
    private static readonly ExampleSet Data = Examples(
        (0, [2, 3, 4, 2, 5]), (1, []), (2, [7]), (1, [3, 0, 8, 1, 3]), (0, [0]), (2, [4, 4, 4, 8]));

    private static Bag Model() => new(new BagSpec(), 10, dimension: 9, labels: 3, embeddingRange: 0.25f);

    [Theory]
    [InlineData(WayIn.Embedding)]
    [InlineData(WayIn.OneHot)]
    public void Loss_and_gradients_equal_those_of_whole_matrices_in_torch_modules(WayIn wayIn)
    {
        var parameters = new TextCnnParameters(Model(), seed: 2);
        (SliceLoss loss, float[]?[] gradients) = parameters.Train(Whole(Data));
        (double sum, float[][] expected) = TextCnnReference.Bag(parameters, Whole(Data), wayIn);
        Assert.Equal(sum, loss.Sum, 1e-5);
        for (int table = 0; table < expected.Length; table++)
            TextCnnTests.AssertClose(expected[table], gradients[table]!, 1e-5f);
    }

    [Fact]
    public void Tables_start_as_fasttext_has_them()
    {
        Bag model = Model();
        Assert.Equal(["embedding", "output.weight", "output.bias"], model.Tables.Select(t => t.Name));
        Assert.Equal([new RowInit.Uniform(0.25f, 2), new RowInit.Zero(), new RowInit.Zero()], model.Tables.Select(t => t.Init));
        Assert.Equal([(10, 9), (3, 9), (1, 3)], model.Tables.Select(t => (t.Rows, t.Dimension)));
        Assert.Equal([WordVocabulary.PaddingRow, null, null], model.Tables.Select(t => t.PaddingRow));
    }

    [Fact]
    public void A_slice_touches_its_distinct_words_in_order_and_no_padding()
    {
        Bag model = Model();
        Assert.Equal([1, 2, 3, 4, 5, 7, 8], model.Prepare(Whole(Data)).Rows[0]);
        Assert.Equal([4], model.Prepare(Whole(Examples((0, [4, 4])))).Rows[0]);
        Assert.Empty(model.Prepare(Whole(Examples((0, [0]), (1, [])))).Rows[0]);
        foreach (int token in new[] { -1, 10, int.MaxValue, int.MinValue })
            Assert.StartsWith($"token id {token}, but the embedding has 10 rows", Assert.Throws<ArgumentException>(() => model.Prepare(Whole(Examples((0, [3, token]))))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Slices_may_be_prepared_on_many_threads()
    {
        var random = new Random(3);
        int[][] sentences = [.. Enumerable.Range(0, 200).Select(_ => Enumerable.Range(0, 40).Select(_ => random.Next(0, 50_000)).ToArray())];
        Slice[] slices = [.. sentences.Chunk(10).Select(ten => Whole(Examples([.. ten.Select(s => (0, s))])))];
        var model = new Bag(new BagSpec(), 50_000, dimension: 2, labels: 2, embeddingRange: 0.25f);
        Parallel.For(0, 400, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
            Assert.Equal(sentences.Skip(i % 20 * 10).Take(10).SelectMany(s => s).Where(t => t != 0).Distinct().Order(), model.Prepare(slices[i % 20]).Rows[0]));
    }

    [Fact]
    public void Gradient_descent_from_zero_output_weights_learns_what_can_be_learnt()
    {
        var random = new Random(5);
        ExampleSet data = Examples([.. Enumerable.Range(0, 40).Select(i =>
            (i % 3, Enumerable.Range(0, random.Next(1, 5)).Select(_ => random.Next(5, 10)).Append(2 + (i % 3)).ToArray()))]);
        var parameters = new TextCnnParameters(Model(), seed: 5);
        Array.Clear(parameters["output.weight"]);
        Array.Clear(parameters["output.bias"]);
        SliceLoss loss = default;
        for (int step = 1; step <= 300; step++)
        {
            (loss, float[]?[] gradients) = parameters.Train(Whole(data, step));
            parameters.Descend(gradients, 1f);
        }

        Assert.Equal(data.Count, loss.Correct);
    }

    [Fact]
    public void The_catalog_creates_what_the_specification_names()
    {
        var shape = new ModelShape(new WordVocabulary(["a", "b"], [3, 1]), Labels: 2, Dimension: 4, EmbeddingRange: 0.1f);
        using IEmbeddingModel bag = ModelCatalog.Create(new BagSpec(), shape);
        using IEmbeddingModel cnn = ModelCatalog.Create(new TextCnnSpec { Windows = [2] }, shape);
        Assert.IsType<Bag>(bag);
        Assert.IsType<TextCnn>(cnn);
        Assert.All([bag.Tables[0], cnn.Tables[0]], t => Assert.Equal((4, 4, new RowInit.Uniform(0.1f, 2)), (t.Rows, t.Dimension, t.Init)));
    }
}
