using System.Buffers;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Sharding;
using DistEmbed.Worker.Corpus;
using DistEmbed.Worker.Models;
using DistEmbed.Worker.Training;

namespace DistEmbed.Worker.Tests.Training;

/// <summary>What a pipeline asks when it keeps rows, and what it pushes where rows are written in 16 bits.</summary>
public class KeptRowsTests
{
    private const int Dimension = 4;

    private static readonly int[][] Touched = [[1, 2, 3], [0, 1]];

    // The first table is frozen, the second tuned.
    private static readonly TablePlan[] Plans = [Plan("embedding", GroupTimeline.Never), Plan("output", 1)];

    [Fact]
    public void Frozen_rows_are_asked_once_and_tuned_rows_every_time()
    {
        SlicePipeline pipeline = Pipeline(new TrainingSpec());
        Assert.Equal([0, 1], Tables(Pull(Train(pipeline, 1)).Request));
        PullRows second = Pull(Train(pipeline, 2)).Request;
        Assert.Equal([1], Tables(second));
        Assert.Null(second.Tables[0].Known); // what the slice changes is not kept
        SliceTask third = Train(pipeline, 3, trained: false).Task; // its values are looked at: once trained with, their array is the pool's
        Assert.Equal((2L, 3L, 3L * Dimension * 4), (third.Pull!.RowCount - third.Pull.RowsKept, third.Pull.RowsKept, third.Pull.BytesKept));
        Assert.Equal(Value(0, 3), third.Pull.Values[0][(2 * Dimension)..(3 * Dimension)]);
    }

    [Fact]
    public void An_evaluation_reads_a_row_once_and_the_next_one_only_what_has_changed()
    {
        SlicePipeline pipeline = Pipeline(new TrainingSpec());
        Assert.Equal([0, 1], Tables(Pull(Evaluate(pipeline, 5, 0)).Request));
        (SliceTask task, IReadOnlyList<PipelineEffect> effects) = Evaluate(pipeline, 5, 1);
        Assert.True(task.Pull!.IsComplete);
        Assert.Empty(Pulls(effects));

        PullRows request = Pull(Evaluate(pipeline, 8, 0, answer: false)).Request;
        Assert.Equal([6, 6], Assert.Single(request.Tables).Known!);
        SliceTask later = _last!;
        pipeline.OnRows(new RowsPulled(request.Id, 0, 0, 1, [new RowValues(1, 0, 2, Rented([9, 9, 9, 9])) { Unchanged = [0b01] }]), default);
        Assert.Equal((4L, 1L), (later.Pull!.RowsKept, later.Pull.RowCount - later.Pull.RowsKept));
        Assert.Equal([.. Value(1, 0), 9, 9, 9, 9], later.Pull.Values[1][..8]);
    }

    [Fact]
    public void A_new_generation_keeps_nothing_of_the_one_before()
    {
        SlicePipeline pipeline = Pipeline(new TrainingSpec());
        Train(pipeline, 1);
        Assert.Equal([0, 1], Tables(Pull(Train(pipeline, 2, generation: 1)).Request));
    }

    [Fact]
    public void Without_memory_everything_is_asked_every_time()
    {
        SlicePipeline pipeline = Pipeline(new TrainingSpec(), cacheBytes: 0);
        Train(pipeline, 1);
        Assert.Equal([0, 1], Tables(Pull(Train(pipeline, 2)).Request));
    }

    [Fact]
    public void Half_rows_are_asked_and_gradients_pushed_rounded_and_counted_as_two_bytes()
    {
        SlicePipeline pipeline = Pipeline(new TrainingSpec { Wire = RowFormat.Half });
        (SliceTask task, IReadOnlyList<PipelineEffect> effects) = Train(pipeline, 1, trained: false);
        Assert.Equal(RowFormat.Half, Pull((task, effects)).Request.Format);
        float[]?[] gradients = pipeline.RentGradients(task);
        gradients[1].AsSpan().Fill(1.001f);
        PushRows push = Assert.Single(pipeline.OnTrained(task, gradients, new SliceLoss(1, 1, 1, 1, 1), default)
            .OfType<PipelineEffect.ToShard>().Select(e => e.Message).OfType<PushRows>());
        Assert.Equal(RowFormat.Half, push.Format);
        Assert.All(push.Gradients[0].Values.ToArray(), value => Assert.Equal(1f, value));
        var done = (SliceCompleted)Assert.IsType<PipelineEffect.ToCoordinator>(Assert.Single(pipeline.OnAcknowledged(new PushAcknowledged(0, 1, 0, 0), default))).Message;
        Assert.Equal(new RowTraffic(5, 2, 5 * Dimension * 2, 2 * Dimension * 2, 1), done.Traffic);
    }

    private SliceTask? _last;

    private static SlicePipeline Pipeline(TrainingSpec training, long cacheBytes = 1 << 20) => new("w", ShardMap.Even(1), Plans, training, cacheBytes);

    private static TablePlan Plan(string name, int firstTuned) => new(
        new TableSpec(name, name, 10, Dimension, new RowInit.Zero(), Dense: false), new SgdSpec(), new GroupTimeline(name, new SgdSpec(), 100, firstTuned));

    private static int[] Tables(PullRows request) => [.. request.Tables.Select(t => t.Table)];

    private static IEnumerable<PullRows> Pulls(IReadOnlyList<PipelineEffect> effects) =>
        effects.OfType<PipelineEffect.ToShard>().Select(e => e.Message).OfType<PullRows>();

    private static (SliceTask Task, PullRows Request) Pull((SliceTask Task, IReadOnlyList<PipelineEffect> Effects) at) => (at.Task, Assert.Single(Pulls(at.Effects)));

    private static float[] Value(int table, int row) => [.. Enumerable.Range(0, Dimension).Select(i => table * 100 + row + i * 0.25f)];

    // Whoever takes an answer gives its arrays back to the pool.
    private static float[] Rented(float[] values)
    {
        float[] rented = ArrayPool<float>.Shared.Rent(values.Length);
        values.CopyTo(rented, 0);
        return rented;
    }

    private (SliceTask Task, IReadOnlyList<PipelineEffect> Effects) Train(SlicePipeline pipeline, int step, int generation = 0, bool trained = true)
    {
        (SliceTask task, IReadOnlyList<PipelineEffect> effects) = Bring(pipeline, pipeline.OnGranted(new GrantLease(step, step, [0]) { Generation = generation }, default), true);
        if (trained)
            pipeline.OnTrained(task, pipeline.RentGradients(task), new SliceLoss(1, 1, 1, 1, 1), default);
        return (task, effects);
    }

    private (SliceTask Task, IReadOnlyList<PipelineEffect> Effects) Evaluate(SlicePipeline pipeline, int step, int chunk, bool answer = true)
    {
        (SliceTask task, IReadOnlyList<PipelineEffect> effects) = Bring(pipeline, pipeline.OnEvaluate(new EvaluateChunks(EvaluationPart.Dev, step, [chunk]), default), answer);
        if (answer)
            pipeline.OnEvaluated(task, new SliceScore(0, 2, [2, 2]), default);
        return (task, effects);
    }

    private (SliceTask Task, IReadOnlyList<PipelineEffect> Effects) Bring(SlicePipeline pipeline, IReadOnlyList<PipelineEffect> granted, bool answer)
    {
        SliceTask task = _last = Assert.Single(granted.OfType<PipelineEffect.Prepare>()).Task;
        IReadOnlyList<PipelineEffect> effects = pipeline.OnPrepared(task, new PreparedSliceOf(), default);
        foreach (PullRows request in answer ? Pulls(effects) : [])
        {
            pipeline.OnRows(
                new RowsPulled(request.Id, 0, 0, 1,
                    [.. request.Tables.Select(t => new RowValues(t.Table, 0, t.Rows.Length, Rented([.. t.Rows.SelectMany(row => Value(t.Table, row))])))]), default);
        }

        return (task, effects);
    }

    private sealed class PreparedSliceOf() : PreparedSlice(new Slice(1, 0, new ExampleSet([0, 0, 0], [], [0, 0]), new[] { 0, 1 }, 2, 1), Touched);
}
