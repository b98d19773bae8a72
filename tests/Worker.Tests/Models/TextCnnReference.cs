using DistEmbed.Protocol.Randomness;
using DistEmbed.Worker.Models;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DistEmbed.Worker.Tests.Models;

/// <summary>How a reference model turns token ids into vectors of the full matrix.</summary>
public enum WayIn
{
    /// <summary>An embedding layer.</summary>
    Embedding,

    /// <summary>One-hot rows times the matrix, as a layer of weights would have it.</summary>
    OneHot,
}

/// <summary>
/// The classifiers as torch modules over whole weight matrices, a sentence at a time: nothing of the models' own code. Division is by tensors, since
/// TorchSharp's scalars may be collected during a call.
/// </summary>
internal static class TextCnnReference
{
    /// <summary>Summed loss, and the gradient of the mean for every table, in the layout of the tables.</summary>
    public static (double Sum, float[][] Gradients) TextCnn(TextCnnParameters parameters, Slice slice, int[] windows, int maps, float dropout, WayIn wayIn)
    {
        using var scope = NewDisposeScope();
        IEmbeddingModel model = parameters.Model;
        int channels = model.Tables.Count(t => !t.Dense);
        int dimension = model.Tables[0].Dimension;
        var lookups = Enumerable.Range(0, channels).Select(c => new Lookup(Weight(parameters, c), wayIn)).ToArray();
        var convolutions = windows.Select((h, i) =>
        {
            var layer = nn.Conv1d(channels * dimension, maps, h);
            layer.weight = nn.Parameter(Weight(parameters, channels + (2 * i)).view(maps, h, channels * dimension).transpose(1, 2).contiguous());
            layer.bias = nn.Parameter(Weight(parameters, channels + (2 * i) + 1).view(maps));
            return layer;
        }).ToArray();
        var output = Output(parameters);

        int pads = windows.Max() - 1;
        CounterRandom random = slice.Random(RandomPurpose.Dropout);
        var losses = new List<Tensor>();
        foreach (int example in slice.Examples.ToArray())
        {
            long[] ids = [.. new long[pads], .. slice.Data.Tokens(example).ToArray().Select(t => (long)t), .. new long[pads]];
            Tensor x = cat(lookups.Select(l => l.Of(ids)).ToArray(), 1).t().unsqueeze(0);
            Tensor features = cat(convolutions.Select(c => nn.functional.relu(c.call(x)).amax([2])).ToArray(), 1);
            if (dropout > 0)
                features *= tensor(Enumerable.Range(0, windows.Length * maps).Select(_ => random.NextSingle() < dropout ? 0 : 1 / (1 - dropout)).ToArray());
            losses.Add(nn.functional.cross_entropy(output.call(features), tensor([(long)slice.Data.Label(example)]), reduction: nn.Reduction.Sum));
        }

        double sum = Backward(losses, slice);
        var gradients = lookups.Select(l => Read(l.Weight.grad!)).ToList();
        foreach (var convolution in convolutions)
        {
            gradients.Add(Read(convolution.weight!.grad!.transpose(1, 2)));
            gradients.Add(Read(convolution.bias!.grad!));
        }

        return (sum, [.. gradients, Read(output.weight!.grad!), Read(output.bias!.grad!)]);
    }

    /// <summary>The same for the bag.</summary>
    public static (double Sum, float[][] Gradients) Bag(TextCnnParameters parameters, Slice slice, WayIn wayIn)
    {
        using var scope = NewDisposeScope();
        var lookup = new Lookup(Weight(parameters, 0), wayIn);
        var output = Output(parameters);
        var losses = new List<Tensor>();
        foreach (int example in slice.Examples.ToArray())
        {
            long[] ids = [.. slice.Data.Tokens(example).ToArray().Where(t => t != 0).Select(t => (long)t)];
            Tensor mean = ids.Length == 0 ? zeros(1, parameters.Model.Tables[0].Dimension) : lookup.Of(ids).mean([0], keepdim: true);
            losses.Add(nn.functional.cross_entropy(output.call(mean), tensor([(long)slice.Data.Label(example)]), reduction: nn.Reduction.Sum));
        }

        double sum = Backward(losses, slice);
        return (sum, [Read(lookup.Weight.grad!), Read(output.weight!.grad!), Read(output.bias!.grad!)]);
    }

    private static double Backward(List<Tensor> losses, Slice slice)
    {
        Tensor sum = stack(losses).sum();
        sum.backward([tensor(1f / slice.BatchSize)]);
        return sum.item<float>();
    }

    private static Tensor Weight(TextCnnParameters parameters, int table) =>
        tensor(parameters.Values[table], parameters.Model.Tables[table].Rows, parameters.Model.Tables[table].Dimension);

    private static Linear Output(TextCnnParameters parameters)
    {
        int table = parameters.Values.Length - 2;
        Tensor weight = Weight(parameters, table);
        var layer = nn.Linear(weight.shape[1], weight.shape[0]);
        layer.weight = nn.Parameter(weight);
        layer.bias = nn.Parameter(Weight(parameters, table + 1).view(-1));
        return layer;
    }

    private static float[] Read(Tensor tensor) => tensor.contiguous().data<float>().ToArray();

    private sealed class Lookup
    {
        private readonly WayIn _wayIn;
        private readonly Embedding _layer;

        public Lookup(Tensor weight, WayIn wayIn)
        {
            _wayIn = wayIn;
            _layer = nn.Embedding(weight.shape[0], weight.shape[1], padding_idx: 0);
            _layer.weight = nn.Parameter(weight);
        }

        public Parameter Weight => _layer.weight!;

        public Tensor Of(long[] ids)
        {
            if (_wayIn == WayIn.Embedding)
                return _layer.call(tensor(ids));
            var inputs = new float[ids.Length, Weight.shape[0]];
            for (int i = 0; i < ids.Length; i++)
            {
                // Padding is no input at all.
                if (ids[i] != 0)
                    inputs[i, ids[i]] = 1;
            }

            return tensor(inputs).matmul(Weight);
        }
    }
}
