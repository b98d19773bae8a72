using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Randomness;
using DistEmbed.Worker.Corpus;
using DistEmbed.Worker.Models;
using TorchSharp.Modules;
using static DistEmbed.Worker.Tests.Models.TextCnnParameters;
using static TorchSharp.torch;

namespace DistEmbed.Worker.Tests.Models;

public class LstmTests
{
    // A sentence without words, equal lengths, padding and the unknown word among others.
    private static readonly ExampleSet Data = Examples(
        (0, [2, 3, 4, 2, 5]), (1, []), (2, [7]), (1, [3, 0, 8, 1, 3]), (0, [0]), (2, [4, 4, 4, 8, 9, 2, 3]));

    [Theory]
    [InlineData(1, false)]
    [InlineData(1, true)]
    [InlineData(2, false)]
    [InlineData(2, true)]
    public void Loss_and_gradients_equal_those_of_torch_s_own_lstm(int layers, bool both)
    {
        var parameters = new TextCnnParameters(Model(layers, both, tied: false, dropout: 0.4f), seed: 2);
        (SliceLoss loss, float[]?[] gradients) = parameters.Train(Whole(Data));
        (double sum, float[][] expected) = Reference(parameters, Whole(Data), layers, both, 0.4f);
        Assert.Equal(sum, loss.Sum, 1e-5);
        expected[0].AsSpan(0, 5).Clear(); // the padding row does not learn
        for (int table = 0; table < expected.Length; table++)
            TextCnnTests.AssertClose(expected[table], gradients[table]!, 1e-5f);
    }

    [Fact]
    public void Tied_directions_learn_from_both_and_equal_untied_ones_with_equal_weights()
    {
        var tied = new TextCnnParameters(Model(2, both: true, tied: true), seed: 3);
        var untied = new TextCnnParameters(Model(2, both: true, tied: false), seed: 4);
        for (int table = 0; table < untied.Values.Length; table++)
            untied.Values[table] = [.. tied[untied.Model.Tables[table].Name.Replace("backward", "forward", StringComparison.Ordinal)]];
        Assert.Equal(untied.Predict(Whole(Data)), tied.Predict(Whole(Data)));
        float[]?[] one = tied.Train(Whole(Data)).Gradients, two = untied.Train(Whole(Data)).Gradients;
        string[] names = [.. untied.Model.Tables.Select(t => t.Name)];
        for (int table = 0; table < one.Length; table++)
        {
            string name = tied.Model.Tables[table].Name;
            float[] forward = two[Array.IndexOf(names, name)]!;
            int other = name.Contains("forward", StringComparison.Ordinal) ? Array.IndexOf(names, name.Replace("forward", "backward", StringComparison.Ordinal)) : -1;
            TextCnnTests.AssertClose(other < 0 ? forward : [.. forward.Zip(two[other]!, (a, b) => a + b)], one[table]!, 1e-6f);
        }
    }

    [Fact]
    public void A_slice_without_any_word_has_the_loss_of_the_bias_alone()
    {
        var parameters = new TextCnnParameters(Model(2, both: true, tied: false), seed: 7);
        ExampleSet empty = Examples((0, []), (2, []));
        (SliceLoss loss, float[]?[] gradients) = parameters.Train(Whole(empty));
        double[] powers = [.. parameters["output.bias"].Select(b => Math.Exp(b))];
        Assert.Equal(-Math.Log(powers[0] / powers.Sum()) - Math.Log(powers[2] / powers.Sum()), loss.Sum, 1e-5);
        for (int table = 0; table < gradients.Length - 1; table++)
            Assert.All(gradients[table]!, g => Assert.Equal(0, g));
    }

    [Fact]
    public void Order_is_learned_which_no_bag_of_words_sees()
    {
        ExampleSet data = Examples((0, [2, 3]), (1, [3, 2]), (0, [2, 4, 3]), (1, [3, 4, 2]), (0, [2, 4, 4, 3]), (1, [3, 4, 4, 2]));
        var parameters = new TextCnnParameters(Model(1, both: false, tied: false), seed: 8);
        SliceLoss loss = default;
        for (int step = 1; step <= 200; step++)
        {
            (loss, float[]?[] gradients) = parameters.Train(Whole(data, step));
            parameters.Descend(gradients, 1f);
        }

        Assert.Equal(data.Count, loss.Correct);
    }

    [Fact]
    public void Tables_are_those_that_freezing_and_optimizers_name()
    {
        var spec = new LstmSpec { Layers = 2, Bidirectional = true, Hidden = 6 };
        using var model = new Lstm(spec, 10, dimension: 5, labels: 3, embeddingRange: 0.25f);
        Assert.Equal(spec.Groups, model.Tables.Select(t => t.Group).Distinct());
        Assert.Equal(
            ["embedding", .. from l in new[] { 1, 2 } from d in new[] { "forward", "backward" } from t in new[] { "input", "recurrent", "bias" } select $"lstm{l}.{d}.{t}", "output.weight", "output.bias"],
            model.Tables.Select(t => t.Name));
        Assert.Equal([(10, 5), (24, 5), (24, 6), (1, 24)], model.Tables.Take(4).Select(t => (t.Rows, t.Dimension)));
        Assert.Equal((24, 12), (model.Tables[7].Rows, model.Tables[7].Dimension));
        Assert.Equal((3, 12), (model.Tables[13].Rows, model.Tables[13].Dimension));
    }

    private static Lstm Model(int layers, bool both, bool tied, float dropout = 0) =>
        new(new LstmSpec { Hidden = 6, Layers = layers, Bidirectional = both, Tied = tied, Dropout = dropout }, 10, dimension: 5, labels: 3, embeddingRange: 0.25f);

    /// <summary>Torch's LSTM over whole matrices, a sentence at a time.</summary>
    private static (double Sum, float[][] Gradients) Reference(TextCnnParameters parameters, Slice slice, int layers, bool both, float dropout)
    {
        using var scope = NewDisposeScope();
        IReadOnlyList<TableSpec> tables = parameters.Model.Tables;
        Tensor[] weights = [.. tables.Select((t, i) => tensor(parameters.Values[i]).reshape(t.Rows, t.Dimension).requires_grad_())];
        const int hidden = 6;
        int width = both ? 12 : 6;
        using LSTM lstm = nn.LSTM(5, hidden, numLayers: layers, bidirectional: both, batchFirst: true);
        Dictionary<string, Parameter> own = lstm.named_parameters().ToDictionary(p => p.name, p => p.parameter);
        var parts = (from layer in Enumerable.Range(0, layers)
                     from direction in both ? new[] { "", "_reverse" } : [""]
                     from part in new[] { "weight_ih", "weight_hh", "bias_ih" }
                     select own[$"{part}_l{layer}{direction}"]).ToArray();
        using (no_grad())
        {
            for (int i = 0; i < parts.Length; i++)
                parts[i].copy_(weights[1 + i].view(parts[i].shape));
            foreach (Parameter second in own.Where(p => p.Key.StartsWith("bias_hh", StringComparison.Ordinal)).Select(p => p.Value))
                second.copy_(zeros(4 * hidden));
        }

        CounterRandom random = slice.Random(RandomPurpose.Dropout);
        var losses = new List<Tensor>();
        foreach (int example in slice.Examples.ToArray())
        {
            long[] ids = [.. slice.Data.Tokens(example).ToArray().Select(t => (long)t)];
            Tensor features = zeros(1, width);
            if (ids.Length > 0)
            {
                (Tensor output, _, _) = lstm.call(weights[0].index_select(0, tensor(ids)).unsqueeze(0));
                features = both ? cat([output[0, ids.Length - 1, ..hidden], output[0, 0, hidden..]]).unsqueeze(0) : output[0, ids.Length - 1].unsqueeze(0);
            }

            Tensor mask = tensor(Enumerable.Range(0, width).Select(_ => random.NextSingle() < dropout ? 0 : 1 / (1 - dropout)).ToArray());
            losses.Add(nn.functional.cross_entropy(nn.functional.linear(features * mask, weights[^2], weights[^1].view(-1)), tensor([(long)slice.Data.Label(example)]), reduction: nn.Reduction.Sum));
        }

        double sum = losses.Sum(l => (double)l.item<float>());
        Tensor mean = cat([.. losses.Select(l => l.view(1))]).dot(tensor(Enumerable.Repeat(1f / slice.BatchSize, losses.Count).ToArray()));
        mean.backward();
        Tensor[] leaves = [weights[0], .. parts, weights[^2], weights[^1]];
        return (sum, [.. leaves.Select(w => w.grad!.contiguous().data<float>().ToArray())]);
    }
}
