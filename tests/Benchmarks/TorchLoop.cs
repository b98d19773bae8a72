using DistEmbed.Protocol.Jobs;
using DistEmbed.Worker.Corpus;
using DistEmbed.Worker.Models;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DistEmbed.Benchmarks;

/// <summary>
/// Kim's network as one writes it in TorchSharp: torch's convolutions and linear layer with autograd, the batch's different rows gathered into a leaf tensor,
/// torch's Adadelta for the dense weights, and a sparse update of the rows touched. No bound on the output's norm.
/// </summary>
internal sealed class TorchLoop : IDisposable
{
    private readonly IEmbeddingModel _model;
    private readonly ExampleSet _data;
    private readonly IBatchPlan _batches;
    private readonly PlainTables _tables;
    private readonly int _dimension;
    private readonly Conv1d[] _convolutions;
    private readonly Linear _output;
    private readonly optim.Optimizer _optimizer;

    /// <summary>Creates the loop; <paramref name="model"/> serves to find a batch's different rows, which takes no tensor.</summary>
    public TorchLoop(IEmbeddingModel model, OptimizerSpec optimizer, TextCnnSpec spec, ExampleSet data, IBatchPlan batches, int totalSteps)
    {
        (_model, _data, _batches) = (model, data, batches);
        _dimension = model.Tables[0].Dimension;
        _tables = new PlainTables([model.Tables[0]], optimizer, totalSteps);
        _convolutions = [.. spec.Windows.Select(w => nn.Conv1d(_dimension, spec.Maps, w))];
        _output = nn.Linear(spec.Maps * spec.Windows.Count, 2);
        _optimizer = optim.Adadelta([.. _convolutions.SelectMany(c => c.parameters()), .. _output.parameters()], lr: 1, rho: 0.95, eps: 1e-6);
    }

    public (int Examples, long Words) Step(int step)
    {
        var slice = new Slice(step, 0, _data, _batches.Examples(step, 0), _batches.BatchSize(step), 1);
        int[] rows = _model.Prepare(slice).Rows[0];
        int[] examples = slice.Examples.ToArray();
        int longest = examples.Max(e => _data.Tokens(e).Length), pads = 4, length = longest + 2 * pads;
        var ids = new long[examples.Length * length];
        Array.Fill(ids, rows.Length); // the row of zeros behind the others
        long words = 0;
        for (int i = 0; i < examples.Length; i++)
        {
            ReadOnlySpan<int> tokens = _data.Tokens(examples[i]);
            words += tokens.Length;
            for (int t = 0; t < tokens.Length; t++)
                ids[i * length + pads + t] = Array.BinarySearch(rows, tokens[t]);
        }

        var values = new float[(rows.Length + 1) * _dimension];
        _tables.Gather(0, rows, values);
        using var scope = NewDisposeScope();
        Tensor leaf = tensor(values, rows.Length + 1, _dimension).requires_grad_();
        Tensor sentences = leaf.index_select(0, tensor(ids)).view(examples.Length, length, _dimension).transpose(1, 2);
        Tensor features = cat([.. _convolutions.Select(c => nn.functional.relu(c.call(sentences)).amax([2]))], 1);
        Tensor logits = _output.call(nn.functional.dropout(features, 0.5, training: true));
        Tensor loss = nn.functional.cross_entropy(logits, tensor([.. examples.Select(e => (long)_data.Label(e))]));
        _optimizer.zero_grad();
        loss.backward();
        _optimizer.step();
        float[] gradient = leaf.grad!.data<float>().ToArray();
        _tables.Apply(0, rows, gradient, step);
        return (examples.Length, words);
    }

    public void Dispose()
    {
        _optimizer.Dispose();
        _output.Dispose();
        foreach (Conv1d convolution in _convolutions)
            convolution.Dispose();
    }
}
