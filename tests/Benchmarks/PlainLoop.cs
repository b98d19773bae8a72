using System.Diagnostics;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Worker.Corpus;
using DistEmbed.Worker.Models;

namespace DistEmbed.Benchmarks;

/// <summary>
/// The same model called in a plain loop on one thread: rows are gathered from plain arrays, the same row optimizer is applied to them directly. The least that
/// training this model can cost.
/// </summary>
internal sealed class PlainLoop(IEmbeddingModel model, OptimizerSpec optimizer, ExampleSet data, IBatchPlan batches, int totalSteps)
{
    private readonly PlainTables _tables = new(model.Tables, optimizer, totalSteps);
    private readonly float[][] _values = [.. model.Tables.Select(_ => Array.Empty<float>())];
    private readonly float[][] _gradients = [.. model.Tables.Select(_ => Array.Empty<float>())];

    public TimeAccount Times { get; } = new();

    public (int Examples, long Words) Step(int step)
    {
        int examples = 0;
        long words = 0;
        for (int index = 0; index < batches.Slices; index++)
        {
            var slice = new Slice(step, index, data, batches.Examples(step, index), batches.BatchSize(step), 1);
            long at = Stopwatch.GetTimestamp();
            PreparedSlice prepared = model.Prepare(slice);
            at = Times.Add("prepare", at);
            for (int table = 0; table < _values.Length; table++)
            {
                int size = Math.Max(1, prepared.Rows[table].Length * _tables.Dimension(table));
                if (_values[table].Length < size)
                    (_values[table], _gradients[table]) = (new float[size * 3 / 2], new float[size * 3 / 2]);
                _tables.Gather(table, prepared.Rows[table], _values[table]);
            }

            at = Times.Add("gather", at);
            words += model.Train(prepared, _values, _gradients).Words;
            at = Times.Add("train", at);
            for (int table = 0; table < _values.Length; table++)
                _tables.Apply(table, prepared.Rows[table], _gradients[table], step);
            Times.Add("apply", at);
            examples += slice.Examples.Length;
        }

        Times.EndStep();
        return (examples, words);
    }
}
