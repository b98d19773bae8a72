using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Measures;
using DistEmbed.Worker.Corpus;
using DistEmbed.Worker.Models;
using DistEmbed.Worker.Tests.Models.Trees;
using static DistEmbed.Worker.Tests.Models.TextCnnParameters;

namespace DistEmbed.Worker.Tests.Models;

public class TreeLstmPairsTests
{
    private const int Rows = 9;
    private const int Labels = 5;

    private static readonly ExampleSet Data = RandomTrees.Pairs(seed: 3, count: 7, Rows, Labels);

    private static TreeLstmPairs Model(bool outputGate = false, int hidden = 5) =>
        new(new TreeLstmPairsSpec { Hidden = hidden, SimilarityHidden = 4, OutputGate = outputGate }, Rows, dimension: 4, Labels, embeddingRange: 0.25f);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Loss_and_gradients_equal_those_of_the_equations_node_by_node(bool outputGate)
    {
        var parameters = new TextCnnParameters(Model(outputGate), seed: 1);
        Slice slice = Whole(Data);
        (SliceLoss loss, float[]?[] gradients) = parameters.Train(slice);
        var reference = new TreeReference(parameters, binary: false, outputGate);
        Assert.Equal(reference.PairLoss(slice), loss.Sum, 1e-5);
        double[][] expected = reference.Derivatives(() => reference.PairLoss(slice) / slice.BatchSize);
        for (int table = 0; table < expected.Length; table++)
            TextCnnTests.AssertClose([.. expected[table].Select(d => (float)d)], gradients[table]!, 1e-5f);
    }

    [Fact]
    public void Scores_are_the_correlation_and_squared_error_of_the_means_whichever_way_pairs_are_cut_into_chunks()
    {
        var parameters = new TextCnnParameters(Model(), seed: 3, range: 1.5f);
        TreeLstmPairs model = (TreeLstmPairs)parameters.Model;
        float[] probabilities = parameters.Predict(Whole(Data));
        double[] predicted = [.. Enumerable.Range(0, Data.Count).Select(pair => Enumerable.Range(0, Labels).Sum(label => (double)label * probabilities[(pair * Labels) + label]))];
        double[] wanted = [.. Enumerable.Range(0, Data.Count).Select(pair => (double)BitConverter.Int32BitsToSingle(Data.Annotations(pair)[0]))];

        SliceScore whole = Score(Enumerable.Range(0, Data.Count)), first = Score(Enumerable.Range(0, 3)), rest = Score(Enumerable.Range(3, Data.Count - 3));
        Scores scores = model.Measures.Of([.. first.Sums.Zip(rest.Sums, (a, b) => a + b)]);
        Assert.Equal(["pearson", "mse"], scores.Values.Select(v => v.Key));
        Assert.Equal(MathNet.Numerics.Statistics.Correlation.Pearson(predicted, wanted), scores.Values[0].Value, 1e-5);
        Assert.Equal(predicted.Zip(wanted, (p, w) => (p - w) * (p - w)).Average(), scores.Values[1].Value, 1e-5);
        Assert.Equal(parameters.Train(Whole(Data)).Loss.Sum, whole.LossSum, 1e-4);
        Assert.Equal((Data.Count, Data.Count), (whole.Examples, first.Examples + rest.Examples));
        Assert.Equal(0, model.Measures.Of(new double[7]).Main);

        SliceScore Score(IEnumerable<int> pairs)
        {
            var slice = new Slice(0, 0, Data, pairs.ToArray(), Data.Count, 7);
            PreparedSlice prepared = model.Prepare(slice);
            return model.Score(prepared, model.Predict(prepared, parameters.Pull(prepared)));
        }
    }

    [Fact]
    public void What_is_no_pair_is_refused() =>
        Assert.Throws<InvalidDataException>(() => Model().Prepare(Whole(RandomTrees.Sentences(1, 3, Rows, Labels, constituency: true))));
}
