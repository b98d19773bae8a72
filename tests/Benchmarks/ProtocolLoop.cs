using System.Diagnostics;
using DistEmbed.ParameterServer.Storage;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Sharding;
using DistEmbed.Worker.Corpus;
using DistEmbed.Worker.Models;
using DistEmbed.Worker.Training;

namespace DistEmbed.Benchmarks;

/// <summary>
/// The pipeline, the messages and one shard's store on one thread, without actors: what the protocol itself costs, piece by piece. What the whole path costs
/// beyond this is the hand-over between threads, less what it overlaps.
/// </summary>
internal sealed class ProtocolLoop : IDisposable
{
    private readonly IEmbeddingModel _model;
    private readonly ExampleSet _data;
    private readonly IBatchPlan _batches;
    private readonly SlicePipeline _pipeline;
    private readonly ShardStore _store;
    private readonly Queue<PipelineEffect> _effects = new();
    private readonly List<ShardReply> _replies = [];
    private SliceCompleted? _completed;

    public ProtocolLoop(IEmbeddingModel model, OptimizerSpec optimizer, ExampleSet data, IBatchPlan batches, int totalSteps)
    {
        (_model, _data, _batches) = (model, data, batches);
        ShardMap map = ShardMap.Even(1);
        IReadOnlyList<TablePlan> plans =
            TablePlan.Of(model.Tables, group => new GroupTimeline(group, optimizer, totalSteps), _ => optimizer, totalSteps);
        _pipeline = new SlicePipeline("worker", map, plans);
        _store = new ShardStore(0, map, plans, new TrainingSpec { Slices = 1 }, 1);
    }

    public TimeAccount Times { get; } = new();

    public (int Examples, long Words) Step(int step)
    {
        _completed = null;
        Enqueue(_pipeline.OnGranted(new GrantLease(step, step, [0]), TimeSpan.Zero));
        while (_effects.TryDequeue(out PipelineEffect? effect))
            Carry(effect);
        _store.Settle(step);
        Times.EndStep();
        return (_completed!.Examples, _completed.Words);
    }

    public void Dispose() => _store.Dispose();

    private void Carry(PipelineEffect effect)
    {
        long at = Stopwatch.GetTimestamp();
        switch (effect)
        {
            case PipelineEffect.Prepare { Task: var task }:
                var slice = new Slice(task.ReadsStep, 0, _data, _batches.Examples(task.ReadsStep, 0), _batches.BatchSize(task.ReadsStep), 1);
                PreparedSlice prepared = _model.Prepare(slice);
                at = Times.Add("prepare", at);
                Enqueue(_pipeline.OnPrepared(task, prepared, TimeSpan.Zero));
                Times.Add("ask", at);
                break;
            case PipelineEffect.Compute { Task: var task }:
                float[]?[] gradients = _pipeline.RentGradients(task);
                SliceLoss loss = _model.Train(task.Prepared!, task.Pull!.Values, gradients);
                at = Times.Add("train", at);
                Enqueue(_pipeline.OnTrained(task, gradients, loss, TimeSpan.Zero));
                Times.Add("cut pushes", at);
                break;
            case PipelineEffect.ToShard { Message: PullRows pull }:
                _store.Pull(pull, _replies);
                Times.Add("answer", at);
                Reply();
                break;
            case PipelineEffect.ToShard { Message: PushRows push }:
                _store.Push(push, _replies);
                Times.Add("apply", at);
                Reply();
                break;
            case PipelineEffect.ToCoordinator { Message: SliceCompleted completed }:
                _completed = completed;
                break;
            case PipelineEffect.ToCoordinator other:
                throw new InvalidOperationException(other.Message.ToString());
        }
    }

    private void Reply()
    {
        ShardReply[] replies = [.. _replies];
        _replies.Clear();
        foreach (ShardReply reply in replies)
        {
            long at = Stopwatch.GetTimestamp();
            Enqueue(reply.Message switch
            {
                RowsPulled rows => _pipeline.OnRows(rows, TimeSpan.Zero),
                PushAcknowledged acknowledged => _pipeline.OnAcknowledged(acknowledged, TimeSpan.Zero),
                _ => throw new InvalidOperationException(reply.Message.ToString()),
            });
            Times.Add("assemble", at);
        }
    }

    private void Enqueue(IReadOnlyList<PipelineEffect> effects)
    {
        foreach (PipelineEffect effect in effects)
            _effects.Enqueue(effect);
    }
}
