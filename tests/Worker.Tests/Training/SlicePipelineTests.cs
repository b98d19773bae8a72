using System.Buffers;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Sharding;
using DistEmbed.Worker.Corpus;
using DistEmbed.Worker.Models;
using DistEmbed.Worker.Training;

namespace DistEmbed.Worker.Tests.Training;

public class SlicePipelineTests
{
    private const int Dimension = 4;

    private static readonly ShardMap Map = ShardMap.Even(2);

    // The second table thaws at step 3.
    private static readonly TablePlan[] Plans = [Plan("embedding", 1), Plan("output", 3)];

    private readonly SlicePipeline _pipeline = new("w", Map, Plans);
    private TimeSpan _now;

    [Fact]
    public void One_task_is_prepared_at_a_time_and_a_bounded_number_ahead_in_the_order_of_steps()
    {
        SliceTask[] tasks = new SliceTask[4];
        tasks[0] = Prepare(Grant(1, 9, 0));
        Assert.Empty(Grant(10, 11, 0)); // one is being prepared
        IReadOnlyList<PipelineEffect> effects = Prepared(tasks[0]);
        tasks[1] = Prepare(effects);
        Assert.All(Pulls(effects), p => Assert.Equal(1, p.Request.Step));
        Assert.DoesNotContain(Prepared(tasks[1]), e => e is PipelineEffect.Prepare); // two are ahead
        Assert.Empty(Answer(tasks[1])); // the second has its rows, but the first comes first
        effects = Answer(tasks[0]);
        Assert.Equal((tasks[0], 3), (Compute(effects), Prepare(effects).ReadsStep));
        tasks[2] = Prepare(effects);
        effects = Prepared(tasks[2]);
        Assert.DoesNotContain(effects, e => e is PipelineEffect.Prepare or PipelineEffect.Compute);
        effects = Trained(tasks[0]);
        Assert.Equal((tasks[1], 4), (Compute(effects), Prepare(effects).ReadsStep));
    }

    [Fact]
    public void A_lost_workers_slice_of_an_earlier_step_goes_first_even_where_all_room_ahead_is_taken()
    {
        SliceTask five = Prepare(Grant(5, 8, 0));
        SliceTask six = Prepare(Prepared(five));
        Prepared(six); // their pulls wait for step 4, which waits for the slice that comes now
        SliceTask four = Prepare(_pipeline.OnGranted(new GrantLease(4, 4, [1]), _now));
        Assert.Equal((4, 1), (four.ReadsStep, four.Index));
        Assert.DoesNotContain(Prepared(four), e => e is PipelineEffect.Prepare);
        Assert.Equal(four, Compute(Answer(four)));
        Assert.Empty(Answer(six));
        Assert.DoesNotContain(Trained(four), e => e is PipelineEffect.Compute);
        Assert.Equal(five, Compute(Answer(five)));
    }

    [Fact]
    public void A_slice_is_reported_when_every_shard_has_acknowledged_every_block()
    {
        SliceTask task = Run(1, 0);
        IReadOnlyList<PipelineEffect> effects = Trained(task);
        (int Shard, PushRows Push)[] pushes = [.. Pushes(effects)];
        Assert.Equal([0, 1], pushes.Select(p => p.Shard).Distinct()); // each shard hears of each slice
        Assert.False(_pipeline.IsIdle);
        IReadOnlyList<PipelineEffect> last = [];
        foreach ((int shard, PushRows push) in pushes)
        {
            Assert.Empty(last);
            last = Acknowledge(shard, push);
        }

        var done = Assert.IsType<SliceCompleted>(Assert.IsType<PipelineEffect.ToCoordinator>(Assert.Single(last)).Message);
        Assert.Equal(("w", 1, 0, 1.5, 3, 2, 7L, 2), (done.Worker, done.Step, done.Slice, done.LossSum, done.LossCount, done.Correct, done.Words, done.Examples));
        // Frozen tables are pulled, and not pushed.
        Assert.Equal(new RowTraffic(5, 3, 5 * Dimension * 4, 3 * Dimension * 4, pushes.Length), done.Traffic);
        Assert.Empty(Acknowledge(pushes[0].Shard, pushes[0].Push));
        Assert.True(_pipeline.IsIdle);
    }

    [Fact]
    public void An_acknowledgement_of_the_generation_before_completes_no_slice_of_this_one()
    {
        (int Shard, PushRows Push)[] before = [.. Pushes(Trained(Run(1, 0)))];
        SliceTask again = Prepare(_pipeline.OnGranted(new GrantLease(1, 1, [0]) { Generation = 1 }, _now));
        Prepared(again);
        Assert.Equal(again, Compute(Answer(again)));
        (int Shard, PushRows Push)[] pushes = [.. Pushes(Trained(again))];
        foreach ((int shard, PushRows push) in before)
            Assert.Empty(Acknowledge(shard, push)); // of the same step, slice and block

        foreach ((int shard, PushRows push) in pushes[..^1])
            Assert.Empty(Acknowledge(shard, push));
        IReadOnlyList<PipelineEffect> last = Acknowledge(pushes[^1].Shard, pushes[^1].Push);
        Assert.Equal(1, Assert.IsType<SliceCompleted>(Assert.IsType<PipelineEffect.ToCoordinator>(Assert.Single(last)).Message).Generation);
    }

    [Fact]
    public void The_next_slice_is_computed_only_when_fewer_than_the_bound_wait_for_an_acknowledgement()
    {
        var waiting = new List<(int Shard, PushRows Push)[]>();
        for (int slice = 0; slice < SlicePipeline.MostPushing; slice++)
            waiting.Add([.. Pushes(Trained(Run(1, slice)))]);
        SliceTask next = Prepare(Grant(1, 1, SlicePipeline.MostPushing));
        Prepared(next);
        IReadOnlyList<PipelineEffect> effects = Answer(next);
        foreach ((int shard, PushRows push) in waiting[2])
        {
            Assert.DoesNotContain(effects, e => e is PipelineEffect.Compute);
            effects = Acknowledge(shard, push);
        }

        Assert.Equal(next, Compute(effects));
    }

    [Fact]
    public void Where_shards_get_copies_a_push_is_a_part_of_the_gradients_which_stay_until_all_is_acknowledged()
    {
        const int Large = 100_000;
        var plans = new[] { Plan("embedding", 1, Large) };
        var pipeline = new SlicePipeline("w", ShardMap.Even(1), plans, ownsPushes: true);
        SliceTask task = Prepare(pipeline.OnGranted(new GrantLease(1, 1, [0]), _now));
        PullRows request = Assert.Single(Pulls(pipeline.OnPrepared(task, new Wide(), _now))).Request;
        for (int part = 0; part < 2; part++)
            pipeline.OnRows(new RowsPulled(request.Id, 0, part, 2, [new RowValues(0, part * 2, 2, ArrayPool<float>.Shared.Rent(2 * Large))]), _now);
        float[]?[] gradients = pipeline.RentGradients(task);
        float[] gradient = gradients[0]!;
        PushRows[] pushes = [.. Pushes(pipeline.OnTrained(task, gradients, new SliceLoss(1.5, 3, 2, 0, 0), _now)).Select(p => p.Push)];
        Assert.Equal(2, pushes.Length); // rows of 400 KB
        Assert.Equal([gradient.AsMemory(0, 2 * Large), gradient.AsMemory(2 * Large, 2 * Large)], pushes.Select(p => Assert.Single(p.Gradients).Values));

        foreach (PushRows push in pushes)
        {
            float[] other = ArrayPool<float>.Shared.Rent(4 * Large);
            Assert.NotSame(gradient, other);
            pipeline.OnAcknowledged(new PushAcknowledged(0, 1, 0, push.Block), _now);
        }

        Assert.Same(gradient, ArrayPool<float>.Shared.Rent(4 * Large)); // the pool gives what this thread returned last
        Assert.True(pipeline.IsIdle);
    }

    [Fact]
    public void Frozen_tables_get_no_gradients_and_no_pushes_until_they_thaw()
    {
        SliceTask task = Run(2, 0);
        float[]?[] gradients = _pipeline.RentGradients(task);
        Assert.NotNull(gradients[0]);
        Assert.Null(gradients[1]);
        Assert.All(Pushes(Trained(task)), p => Assert.All(p.Push.Gradients, g => Assert.Equal(0, g.Table)));

        task = Run(3, 0);
        Assert.All(_pipeline.RentGradients(task), Assert.NotNull);
        Assert.Contains(Pushes(Trained(task)), p => p.Push.Gradients.Any(g => g.Table == 1));
    }

    [Fact]
    public void Gradients_reach_the_shard_of_their_row()
    {
        SliceTask task = Run(1, 0);
        float[]?[] gradients = _pipeline.RentGradients(task);
        for (int i = 0; i < task.Prepared!.Rows[0].Length * Dimension; i++)
            gradients[0]![i] = task.Prepared.Rows[0][i / Dimension];
        var pushed = new List<int>();
        foreach ((int shard, PushRows push) in Pushes(_pipeline.OnTrained(task, gradients, new SliceLoss(1, 1, 0, 0, 1), _now)))
        {
            foreach (RowGradients g in push.Gradients)
            {
                for (int i = 0; i < g.Rows.Length; i++)
                {
                    Assert.Equal(shard, Map.ShardOf(g.Rows[i]));
                    Assert.Equal(Enumerable.Repeat((float)g.Rows[i], Dimension), g.Values.Slice(i * Dimension, Dimension).ToArray());
                    pushed.Add(g.Rows[i]);
                }
            }
        }

        Assert.Equal(task.Prepared.Rows[0], pushed.Order());
    }

    [Fact]
    public void What_is_not_answered_is_sent_again_after_patience()
    {
        SliceTask task = Prepare(Grant(1, 1, 0));
        PullRows[] pulls = [.. Pulls(Prepared(task)).Select(p => p.Request)];
        _now = SlicePipeline.Patience - TimeSpan.FromSeconds(1);
        Assert.Empty(_pipeline.OnTick(_now));
        _now = SlicePipeline.Patience;
        Assert.Equal(pulls, Pulls(_pipeline.OnTick(_now)).Select(p => p.Request));
        Assert.Empty(_pipeline.OnTick(_now));
        Assert.Equal(task, Compute(Answer(task)));
        (int, PushRows)[] pushes = [.. Pushes(Trained(task))];
        _now += SlicePipeline.Patience;
        Assert.Equal(pushes, Pushes(_pipeline.OnTick(_now)));
    }

    [Fact]
    public void A_pull_that_comes_too_late_is_dropped_and_the_next_goes_on()
    {
        SliceTask late = Prepare(Grant(1, 2, 0));
        IReadOnlyList<PipelineEffect> effects = Prepared(late);
        PullId id = Pulls(effects).First().Request.Id;
        SliceTask next = Prepare(effects);
        Prepared(next);
        Assert.Empty(_pipeline.OnPullRefused(new PullRefused(id, 0, RefusalReason.TooLate), _now));
        Assert.Empty(_pipeline.OnPullRefused(new PullRefused(id, 1, RefusalReason.TooLate), _now)); // from the other shard too
        Assert.Equal(next, Compute(Answer(next)));
    }

    [Fact]
    public void A_refusal_by_a_shard_of_a_later_generation_voids_all_that_is_under_way()
    {
        PullId pull = Pulls(Prepared(Prepare(Grant(1, 1, 0)))).First().Request.Id;
        Assert.Empty(_pipeline.OnPullRefused(new PullRefused(pull, 0, RefusalReason.OtherGeneration), _now));
        Assert.False(_pipeline.IsIdle, "the pull should be under way: the shard is in the same generation by now");
        Assert.Empty(_pipeline.OnPullRefused(new PullRefused(pull, 0, RefusalReason.OtherGeneration) { Generation = 1 }, _now));
        Assert.True(_pipeline.IsIdle, "the pull should be void: the shard is in a later generation");
        Assert.Empty(Grant(1, 1, 1)); // a lease of the generation before comes late

        SliceTask task = Prepare(_pipeline.OnGranted(new GrantLease(1, 1, [0]) { Generation = 1 }, _now));
        Prepared(task);
        Assert.Equal(task, Compute(Answer(task)));
        Trained(task);
        Assert.False(_pipeline.IsIdle, "the pushes should wait for acknowledgements");
        Assert.Empty(_pipeline.OnPushRefused(new PushRefused(0, 1, 0, 0, RefusalReason.OtherGeneration) { Generation = 2 }, _now));
        Assert.True(_pipeline.IsIdle, "the pushes should be void: the shard is in a later generation");
    }

    [Fact]
    public void A_slice_that_is_under_way_for_the_generation_before_is_done_again_for_the_next_one()
    {
        SliceTask computing = Run(1, 0), preparing = Prepare(Grant(1, 1, 1));
        Assert.Empty(_pipeline.OnGranted(new GrantLease(1, 1, [0, 1]) { Generation = 1 }, _now)); // a model prepares one slice at a time
        SliceTask first = Prepare(Prepared(preparing));
        Assert.Equal((0, 1), (first.Index, first.Generation));
        SliceTask second = Prepare(Prepared(first));
        Assert.Equal((1, 1), (second.Index, second.Generation));
        Answer(first);
        Assert.Equal([new PipelineEffect.Compute(first)], Trained(computing)); // its gradients go nowhere
    }

    [Fact]
    public void Any_other_refusal_fails_the_worker()
    {
        PullId id = Pulls(Prepared(Prepare(Grant(1, 1, 0)))).First().Request.Id;
        Assert.Contains("NotMine", Failure(_pipeline.OnPullRefused(new PullRefused(id, 0, RefusalReason.NotMine), _now)), StringComparison.Ordinal);
        Assert.Contains("Malformed", Failure(_pipeline.OnPushRefused(new PushRefused(1, 1, 0, 0, RefusalReason.Malformed), _now)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void A_loss_that_is_no_number_is_reported_and_its_gradients_go_nowhere(double loss)
    {
        SliceTask task = Run(1, 0);
        IReadOnlyList<PipelineEffect> effects = _pipeline.OnTrained(task, _pipeline.RentGradients(task), new SliceLoss(loss, 1, 0, 0, 1), _now);
        Assert.Contains("the loss of step 1 is not a finite number", Failure(effects), StringComparison.Ordinal);
        Assert.Empty(Pushes(effects));
    }

    [Fact]
    public void Chunks_are_evaluated_with_the_rows_after_their_step()
    {
        SliceTask task = Prepare(_pipeline.OnEvaluate(new EvaluateChunks(EvaluationPart.Dev, 7, [3]), _now));
        Assert.Equal((8, 3, EvaluationPart.Dev), (task.ReadsStep, task.Index, task.Part));
        Prepared(task);
        Assert.Equal(task, Compute(Answer(task)));
        var done = Assert.Single(_pipeline.OnEvaluated(task, new SliceScore(2.5, 2, [1, 2]), _now));
        var chunk = Assert.IsType<ChunkEvaluated>(Assert.IsType<PipelineEffect.ToCoordinator>(done).Message);
        Assert.Equal(("w", EvaluationPart.Dev, 7, 3, 2, 2.5), (chunk.Worker, chunk.Part, chunk.Step, chunk.Chunk, chunk.Examples, chunk.LossSum));
        Assert.Equal([1, 2], chunk.Sums);
        Assert.True(_pipeline.IsIdle);
    }

    private static TablePlan Plan(string name, int firstTunedStep, int dimension = Dimension) => new(
        new TableSpec(name, name, 100, dimension, new RowInit.Zero(), Dense: false), new SgdSpec(), new GroupTimeline(name, new SgdSpec(), 100, firstTunedStep));

    private static SliceTask Prepare(IReadOnlyList<PipelineEffect> effects) => Assert.Single(effects.OfType<PipelineEffect.Prepare>()).Task;

    private static SliceTask Compute(IReadOnlyList<PipelineEffect> effects) => Assert.Single(effects.OfType<PipelineEffect.Compute>()).Task;

    private static string Failure(IReadOnlyList<PipelineEffect> effects) =>
        Assert.IsType<NodeFailed>(Assert.Single(effects.OfType<PipelineEffect.ToCoordinator>()).Message).Reason;

    private static IEnumerable<(int Shard, PullRows Request)> Pulls(IReadOnlyList<PipelineEffect> effects) =>
        effects.OfType<PipelineEffect.ToShard>().Where(e => e.Message is PullRows).Select(e => (e.Shard, (PullRows)e.Message));

    private static IEnumerable<(int Shard, PushRows Push)> Pushes(IReadOnlyList<PipelineEffect> effects) =>
        effects.OfType<PipelineEffect.ToShard>().Where(e => e.Message is PushRows).Select(e => (e.Shard, (PushRows)e.Message));

    private IReadOnlyList<PipelineEffect> Grant(int first, int last, int slice) => _pipeline.OnGranted(new GrantLease(first, last, [slice]), _now);

    private IReadOnlyList<PipelineEffect> Prepared(SliceTask task) => _pipeline.OnPrepared(task, new Touched(task.ReadsStep, task.Index), _now);

    private IReadOnlyList<PipelineEffect> Answer(SliceTask task)
    {
        IReadOnlyList<PipelineEffect> effects = [];
        foreach ((int shard, PullRows request) in task.Pull!.Outstanding().ToArray())
        {
            effects = _pipeline.OnRows(
                new RowsPulled(request.Id, shard, 0, 1, [.. request.Tables.Select(t => new RowValues(t.Table, 0, t.Rows.Length, new float[16]))]), _now);
        }

        return effects;
    }

    private IReadOnlyList<PipelineEffect> Trained(SliceTask task) =>
        _pipeline.OnTrained(task, _pipeline.RentGradients(task), new SliceLoss(1.5, 3, 2, 7, 3), _now);

    private IReadOnlyList<PipelineEffect> Acknowledge(int shard, PushRows push) =>
        _pipeline.OnAcknowledged(new PushAcknowledged(shard, push.Step, push.Slice, push.Block) { Generation = push.Generation }, _now);

    /// <summary>Brings a slice of an idle pipeline to where it computes.</summary>
    private SliceTask Run(int step, int slice)
    {
        SliceTask task = Prepare(Grant(step, step, slice));
        Prepared(task);
        Assert.Equal(task, Compute(Answer(task)));
        return task;
    }

    private sealed class Wide() : PreparedSlice(new Slice(1, 0, new ExampleSet([0, 0], [], [0]), new[] { 0 }, 1, 1), [[3, 5, 8, 9]]);

    private sealed class Touched(int step, int index) : PreparedSlice(
        new Slice(step, index, new ExampleSet([0, 0, 0], [], [0, 0]), new[] { 0, 1 }, 2, 1), [[1, 2, 3], [0, 1]]);
}
