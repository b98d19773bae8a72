using System.Text;
using DistEmbed.Coordinator.Local;
using DistEmbed.Coordinator.Reports;
using DistEmbed.Coordinator.Run;
using DistEmbed.Protocol.Checkpoints;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Testing;

namespace DistEmbed.Cluster.Tests.Local;

/// <summary>What commands on a finished run read of it.</summary>
public class TrainedRunTests
{
    /// <summary>Untouched rows owe momentum and decay, with the rates that were in force: those of the job give other bits.</summary>
    [Fact]
    public async Task Rows_are_read_with_the_changes_that_were_made_while_it_trained()
    {
        JobSpec job = Toy.WithManyOptimizers(Toy.Job(Toy.Cnn));
        PreparedStage stage = Toy.Prepare(job with { Freeze = [], Evaluation = job.Evaluation with { KeepBest = false }, Checkpoints = new CheckpointSpec { EverySteps = 7, Keep = 9 } });
        using var folder = new TempFolder();
        RunDirectory directory = RunDirectory.CreateAt(folder.In("run"));
        File.WriteAllText(directory.JobPath, JobFile.Of(new JobStage(stage.Job.Name!, stage.Job)).ToJson(), Encoding.UTF8);
        VocabularyFile.Write(directory.VocabularyPath, stage.Data.Vocabulary);
        stage.Facts.Write(directory, stage.Classes);
        RunPlan plan = LocalRun.PlanOf(stage, 2, 2) with
        {
            Changes = [new PlanChange(4, "embedding", null, 0.2, "ana", DateTimeOffset.UnixEpoch), new PlanChange(9, "embedding", true, null, "ana", DateTimeOffset.UnixEpoch), new PlanChange(12, "embedding", false, 0.9, "ana", DateTimeOffset.UnixEpoch)],
        };
        await LocalRun.Run(stage, plan, directory.Checkpoints);

        foreach (CheckpointEntry entry in directory.Checkpoints.List())
        {
            Assert.Equal(3, entry.ReadManifest().Resume.Changes.Count);
            var expected = new float[stage.Data.Vocabulary.Rows][];
            var others = new float[expected.Length][];
            StageRows rows = StageRows.Of(stage);
            using (CheckpointRows written = CheckpointRows.Open(entry))
            {
                written.Scan(rows.First("embedding"), rows.Plans(plan.Changes), (row, values) => expected[row] = values.ToArray());
                written.Scan(rows.First("embedding"), rows.Plans([]), (row, values) => others[row] = values.ToArray());
            }

            using TrainedRun trained = TrainedRun.Open(directory.Path, step: entry.Step);
            Assert.Equal(expected.SelectMany(row => row), trained.ReadRows("embedding", 0, expected.Length));
            Assert.NotEqual(others.SelectMany(row => row), expected.SelectMany(row => row));
        }
    }
}
