using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Worker.Corpus;
using DistEmbed.Worker.Models;
using DistEmbed.Worker.Tests.Models.Trees;
using static DistEmbed.Worker.Tests.Models.TextCnnParameters;

namespace DistEmbed.Worker.Tests.Models;

public class TreeLstmTests
{
    private const int Rows = 9;
    private const int Labels = 3;

    // (composition, whether the trees are constituency trees, hidden): sizes with and without a rest to whole vectors.
    public static TheoryData<TreeComposition, bool, int> Kinds => new()
    {
        { TreeComposition.Binary, true, 3 }, { TreeComposition.Binary, true, 9 }, { TreeComposition.ChildSum, false, 3 }, { TreeComposition.ChildSum, false, 8 }, { TreeComposition.ChildSum, true, 3 },
    };

    private static TreeLstm Model(TreeComposition composition, int hidden = 5, float dropout = 0, int symbols = 0) =>
        new(new TreeLstmSpec { Composition = composition, Hidden = hidden, Dropout = dropout }, Rows, dimension: 4, Labels - symbols, symbols, embeddingRange: 0.25f);

    private static ExampleSet Data(bool constituency) => RandomTrees.Sentences(seed: 4, count: 6, Rows, Labels, constituency);

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Loss_gradients_and_predictions_equal_those_of_the_equations_node_by_node(TreeComposition composition, bool constituency, int hidden)
    {
        var parameters = new TextCnnParameters(Model(composition, hidden), seed: 1);
        Slice slice = Whole(Data(constituency));
        (SliceLoss loss, float[]?[] gradients) = parameters.Train(slice);
        var reference = new TreeReference(parameters, composition == TreeComposition.Binary, outputGate: true);
        Assert.Equal(reference.Loss(slice), loss.Sum, 1e-4);
        double[][] expected = reference.Derivatives(() => reference.Loss(slice) / slice.BatchSize);
        for (int table = 0; table < expected.Length; table++)
            TextCnnTests.AssertClose([.. expected[table].Select(d => (float)d)], gradients[table]!, 1e-5f);
        TextCnnTests.AssertClose([.. reference.Probabilities(slice).Select(p => (float)p)], parameters.Predict(slice), 1e-5f);
    }

    [Fact]
    public void Symbols_are_learnt_at_nodes_and_left_out_of_predictions()
    {
        ExampleSet data = RandomTrees.Sentences(seed: 9, count: 30, Rows, Labels, constituency: true, rootLabels: Labels - 1);
        var parameters = new TextCnnParameters(Model(TreeComposition.Binary, symbols: 1), seed: 9, range: 1);
        parameters["output.bias"][Labels - 1] += 2; // the symbol is the likeliest outcome of many roots
        Slice slice = Whole(data);
        (SliceLoss loss, float[]?[] gradients) = parameters.Train(slice);
        var reference = new TreeReference(parameters, binary: true, outputGate: true);
        Assert.Equal(reference.Loss(slice), loss.Sum, 1e-3);
        Assert.Contains(gradients[^1]!.Skip(Labels - 1), g => g != 0);
        float[] predicted = parameters.Predict(slice);
        double[] outcomes = reference.Probabilities(slice);
        int right = 0, rightBehindSymbol = 0;
        for (int example = 0; example < data.Count; example++)
        {
            double[] p = outcomes[(example * Labels)..((example + 1) * Labels)];
            TextCnnTests.AssertClose([(float)(p[0] / (p[0] + p[1])), (float)(p[1] / (p[0] + p[1]))], predicted[(2 * example)..(2 * (example + 1))], 1e-5f);
            bool isRight = (p[1] > p[0] ? 1 : 0) == data.Label(example);
            right += isRight ? 1 : 0;
            rightBehindSymbol += isRight && p[2] > Math.Max(p[0], p[1]) ? 1 : 0;
        }

        Assert.Equal((right, data.Count), (loss.Correct, loss.Judged));
        Assert.NotEqual(0, rightBehindSymbol);
    }

    [Fact]
    public void Sentences_are_judged_by_their_roots_and_the_loss_counts_every_labelled_node()
    {
        ExampleSet data = Data(constituency: true);
        var parameters = new TextCnnParameters(Model(TreeComposition.Binary), seed: 5);
        (SliceLoss loss, _) = parameters.Train(Whole(data));
        float[] roots = parameters.Predict(Whole(data));
        int right = Enumerable.Range(0, data.Count).Count(e => roots.AsSpan(e * Labels, Labels).IndexOf(roots[(e * Labels)..((e + 1) * Labels)].Max()) == data.Label(e));
        Assert.Equal((right, data.Count), (loss.Correct, loss.Judged));
        Assert.Equal(Enumerable.Range(0, data.Count).Sum(e => data.Annotations(e).ToArray().Where((number, i) => i % 2 == 1 && number >= 0).Count()), loss.Count);
    }

    [Fact]
    public void Examples_that_are_no_trees_are_refused_with_one_exception()
    {
        Assert.Contains("0 nodes", Refused(TreeComposition.Binary, Examples((0, [3, 4]))), StringComparison.Ordinal);
        Assert.Contains("node 1 has", Refused(TreeComposition.Binary, new ExampleSet([0, 2], [3, 4], [0], [0, 4], [-1, 0, 0, 0])), StringComparison.Ordinal);
        Assert.Contains("circle", Refused(TreeComposition.ChildSum, new ExampleSet([0, 3], [3, 4, 5], [0], [0, 6], [-1, 0, 2, 0, 1, 0])), StringComparison.Ordinal);

        static string Refused(TreeComposition composition, ExampleSet data) => Assert.Throws<InvalidDataException>(() => Model(composition).Prepare(Whole(data))).Message;
    }

    [Fact]
    public void Tables_start_as_the_linear_layers_of_the_papers_code()
    {
        TreeLstm model = Model(TreeComposition.Binary, hidden: 16);
        Assert.Equal(["embedding", "input.weight", "input.bias", "composition.weight", "composition.bias", "output.weight", "output.bias"], model.Tables.Select(t => t.Name));
        Assert.Equal([(9, 4), (32, 4), (1, 32), (80, 32), (1, 80), (3, 16), (1, 3)], model.Tables.Select(t => (t.Rows, t.Dimension)));
        Assert.Equal([0.5f, 0.5f, 0.25f, 0.25f, 0.25f, 0.25f], model.Tables.Skip(1).Select(t => ((RowInit.Uniform)t.Init).Range));
        Assert.Equal([(64, 4), (64, 16), (1, 64)], Model(TreeComposition.ChildSum, hidden: 16).Tables.Skip(1).Take(3).Select(t => (t.Rows, t.Dimension)));
        Assert.Equal(WordVocabulary.PaddingRow, model.Tables[0].PaddingRow);
    }

    /// <summary>The label is that of the first word, whatever the tree: the state has to carry it up.</summary>
    [Theory]
    [InlineData(TreeComposition.Binary)]
    [InlineData(TreeComposition.ChildSum)]
    public void Gradient_descent_learns_what_can_be_learnt(TreeComposition composition)
    {
        ExampleSet data = RandomTrees.FirstWordDecides(seed: 8, count: 60, Rows, Labels);
        var parameters = new TextCnnParameters(Model(composition, hidden: 12), seed: 8);
        SliceLoss loss = default;
        for (int step = 1; step <= 400; step++)
        {
            (loss, float[]?[] gradients) = parameters.Train(Whole(data, step));
            parameters.Descend(gradients, 0.1f);
        }

        Assert.True(loss.Correct >= 57, $"{loss.Correct} of 60");
    }
}
