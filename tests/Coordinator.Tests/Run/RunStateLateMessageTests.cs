using DistEmbed.Protocol.Messages;

namespace DistEmbed.Coordinator.Tests.Run;

/// <summary>Messages that come so late that the run has gone on: they count for nothing.</summary>
public class RunStateLateMessageTests
{
    [Fact]
    public void A_shard_that_was_restored_in_an_earlier_generation_does_not_count_as_restored()
    {
        var run = new RunDriver(RunDriver.Plan(8, evaluateEvery: 2), "a") { Accuracy = step => 1.0 / step };
        run.Run(until: () => run.Restores.Count > 0);
        for (int shard = 0; shard < RunDriver.Shards; shard++)
            run.Take(run.State.OnRestored(new ShardRestored(shard, 2, 4) { Generation = 0 }, run.Now));
        Assert.Equal("restoring-best", run.State.Progress(run.Now).Phase);
        Assert.DoesNotContain(run.Evaluations, e => e.Chunks.Part == EvaluationPart.Test);
        run.Run();
        Assert.Equal((2, 2), (Assert.Single(run.Restores), run.Outcome.Test!.Step));
    }

    [Fact]
    public void A_file_of_an_earlier_checkpoint_does_not_count_for_the_one_that_is_being_written()
    {
        var run = new RunDriver(RunDriver.Plan(6, checkpointEvery: 2), "a");
        run.Run(until: () => run.State.SettledStep == 1);
        Assert.Empty(run.State.OnShardWritten(RunDriver.Written(0, 1), run.Now)); // no checkpoint is being written
        run.Run(until: () => run.Commits.Count == 1 && run.State.Progress(run.Now).Phase == "snapshotting");
        for (int shard = 0; shard < RunDriver.Shards; shard++)
            Assert.Empty(run.State.OnShardWritten(RunDriver.Written(shard, 2), run.Now));
        run.Run();
        Assert.Equal([2, 4, 6], run.Commits.Select(c => c.Manifest.Step));
        Assert.Equal(6, run.Outcome.Step);
    }

    [Fact]
    public void A_chunk_of_the_previous_evaluation_does_not_count_for_the_next()
    {
        var run = new RunDriver(RunDriver.Plan(8, evaluateEvery: 4), "a") { Accuracy = step => step / 10.0 };
        run.Run(until: () => run.Evaluations.Any(e => e.Chunks.Step == 8));
        for (int chunk = 0; chunk < 3; chunk++)
            Assert.Empty(run.State.OnChunkEvaluated(new ChunkEvaluated("a", EvaluationPart.Dev, 4, chunk, 0, 64, [64, 64]), run.Now));
        run.Run();
        Assert.Equal([0.4, 0.8], run.Outcome.State.Evaluations.Select(e => Math.Round(e.Scores.Main, 3)));
    }
}
