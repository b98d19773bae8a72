using DistEmbed.ParameterServer.Storage;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Messages;

namespace DistEmbed.ParameterServer.Tests.Storage;

/// <summary>Which steps a shard takes messages of, and what is left of a step when it goes back to a checkpoint.</summary>
public class StepBoundsTests
{
    private const int Applied = 2, Furthest = Applied + ShardStore.MaxStepsAhead;

    [Fact]
    public void A_push_is_taken_up_to_the_bound_ahead_of_the_applied_step_and_no_further()
    {
        using ShardStore store = Shards.Store(Shards.Plans(new SgdSpec()));
        store.Apply(1, Applied);
        Assert.Equal(new PushAcknowledged(0, Furthest, 0, 0), Push(Furthest));
        Assert.Equal(new PushRefused(0, Furthest + 1, 0, 0, RefusalReason.TooFarAhead), Push(Furthest + 1));
        store.Apply(Applied + 1, Applied + 1);
        Assert.Equal(new PushAcknowledged(0, Furthest + 1, 0, 0), Push(Furthest + 1));

        object Push(int step) => Assert.Single(store.Push(new PushRows("w", step, 0, 0, 1, []))).Message;
    }

    [Fact]
    public void A_pull_is_held_up_to_the_bound_ahead_of_the_applied_step_and_no_further()
    {
        using ShardStore store = Shards.Store(Shards.Plans(new SgdSpec()));
        store.Apply(1, Applied);
        Assert.Empty(Pull(Furthest));
        var further = new PullId("w", Furthest + 1);
        Assert.Equal([new ShardReply("w", new PullRefused(further, 0, RefusalReason.TooFarAhead))], Pull(Furthest + 1));
        store.Apply(Applied + 1, Applied + 1);
        Assert.Empty(Pull(Furthest + 1));
        Assert.Equal([Furthest - 1, Furthest], store.Waiting.Select(w => w.AwaitedStep).Order());

        List<ShardReply> Pull(int step)
        {
            var replies = new List<ShardReply>();
            store.Pull(new PullRows(new PullId("w", step), step, [new RowIds(0, [1])]), replies);
            return replies;
        }
    }

    /// <summary>Nothing of the step's first pushes may stay: they would be added to those that come again, or be missed by them.</summary>
    [Fact]
    public void A_step_that_is_applied_in_part_when_the_shard_goes_back_to_the_step_before_it_is_applied_anew()
    {
        IReadOnlyList<TablePlan> plans = Shards.Plans(Shards.Exact);
        using ShardStore original = Shards.Store(plans), restored = Shards.Store(plans);
        original.Apply(1, 9);
        restored.Apply(1, 9);
        restored.Push([.. Shards.Pushes(10, 0), Shards.Pushes(10, 1)[0]]);
        Assert.True(restored.IsInStep, "the shard should have applied a part of step 10");

        restored.Reset(9);
        for (int table = 0; table < plans.Count; table++)
            original.Tables[table].ForEach((row, lastStep, values, state) => restored.Restore(table, row, lastStep, values, state));
        Assert.False(restored.IsInStep, "the shard should have nothing of step 10 any more");
        original.Apply(10, 10);
        restored.Apply(10, 10);
        Assert.Equal(10, restored.AppliedStep);
        Assert.Equal(Shards.Hash(original), Shards.Hash(restored));
    }
}
