using DistEmbed.Coordinator.Local;
using DistEmbed.Coordinator.Reports;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Testing;

namespace DistEmbed.Coordinator.Tests.Local;

public sealed class ResumedJobTests : IDisposable
{
    private const string OneStage = """
        {
          "name": "toy",
          "data": { "format": "labelled-lines", "train": "train.txt", "dev": "dev.txt" },
          "vectors": { "dimension": 4 },
          "model": { "kind": "bag" },
          "optimizers": { "default": { "kind": "adagrad", "learningRate": 0.1 } },
          "training": { "batch": 10, "epochs": 2 }
        }
        """;

    private static readonly string s_twoStages = OneStage[..^1] + """, "stages": [ { "name": "a" }, { "name": "b", "training": { "epochs": 3 } } ] }""";

    private readonly TempFolder _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_setting_without_a_stage_goes_to_each_and_one_of_a_stage_to_that()
    {
        RunDirectory run = Run(s_twoStages);
        Assert.Equal([3, 3], Workers(ResumedJob.Load(run, ["cluster.workers=3"])));
        Assert.Equal([1, 4], Workers(ResumedJob.Load(run, ["stages.b.cluster.workers=4"])));
        Assert.Equal([3, 4], Workers(ResumedJob.Load(run, ["cluster.workers=3", "stages.b.cluster.workers=4"])));
        Assert.Equal([5], Workers(ResumedJob.Load(Run(OneStage), ["cluster.workers=5"])));
    }

    [Fact]
    public void A_setting_that_changes_what_the_run_computes_is_refused_with_both_values()
    {
        var refused = Assert.Throws<InvalidInputException>(() => ResumedJob.Load(Run(s_twoStages), ["training.batch=20", "cluster.workers=3"]));
        InputError error = Assert.Single(refused.Errors);
        Assert.Equal("--set", error.Where);
        Assert.Contains("do not fit: training.batch: 10, here 20.", error.What, StringComparison.Ordinal);
    }

    private static int[] Workers(JobFile job) => [.. job.Stages.Select(stage => stage.Spec.Cluster.Workers)];

    /// <summary>The directory of a run, in which the job has every setting written out.</summary>
    private RunDirectory Run(string job)
    {
        RunDirectory run = RunDirectory.CreateNext(_directory.Path, "toy");
        File.WriteAllText(run.JobPath, JobFile.Parse(job, "job.json", ["cluster.workers=1"]).ToJson());
        return run;
    }
}
