using DistEmbed.Coordinator.Local;
using DistEmbed.Coordinator.Run;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Messages;
using DistEmbed.Testing;

namespace DistEmbed.Cluster.Tests.Local;

/// <summary>The traffic of real actors, workers and shards in one process.</summary>
public class KeptRowsRunTests
{
    [Fact]
    public async Task A_frozen_embedding_is_read_once()
    {
        JobSpec job = Toy.Job(Toy.Cnn with { Channels = ChannelMode.Static });
        PreparedStage stage = Toy.Prepare(job with { Training = job.Training with { Steps = 21 } });
        using var folder = new TempFolder();
        var steps = new List<SettledStep>();
        RunOutcome outcome = await LocalRun.Run(stage, LocalRun.PlanOf(stage, 1, 2), folder.Checkpoints, happened =>
        {
            if (happened is RunEvent.Settled settled)
                steps.Add(settled.Step);
        });

        int epoch = stage.Facts.StepsPerEpoch, slices = stage.Job.Training.Slices;
        TableSpec[] tuned = [.. stage.Tables.Where(t => t.Group != "embedding")];
        var dense = new RowTraffic(slices * tuned.Sum(t => (long)t.Rows), 0, slices * tuned.Sum(t => 4L * t.Rows * t.Dimension), 0, 0);
        Assert.True(steps[0].Traffic.BytesPulled > dense.BytesPulled);
        foreach (SettledStep step in steps.Where(s => s.Step > epoch && (s.Step - 1) % 7 != 0)) // after an evaluation even the tuned rows are there
            Assert.Equal((step.Step, dense.RowsPulled, dense.BytesPulled), (step.Step, step.Traffic.RowsPulled, step.Traffic.BytesPulled));
        foreach (SettledStep step in steps.Where(s => s.Step > epoch))
        {
            Assert.InRange(step.Traffic.RowsPulled, 0, dense.RowsPulled);
            Assert.True(step.Traffic.BytesKept > 0);
        }

        Assert.Equal(steps.Sum(s => s.Traffic.RowsKept), outcome.State.Totals.RowsKept);
        Assert.Equal(steps.Sum(s => s.Traffic.BytesKept), outcome.State.Totals.BytesKept);
        Assert.Equal(new ReferenceTrainer(stage).Train(), outcome.TableHashes);
    }
}
