using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Worker.Corpus;

/// <summary>The batch plan of a job: the same on every node that has the data.</summary>
public static class BatchPlans
{
    /// <summary>By examples for a classifier, by words for cbow and skip-gram.</summary>
    public static IBatchPlan Of(JobSpec job, PreparedData data) => job.Model.NeedsLabels
        ? new ExampleBatchPlan(data.Train.Count, job.Training.Batch, job.Training.Slices, job.Seed)
        : new WordBatchPlan(data.Train, job.Training.Batch, job.Training.Slices, job.Seed);
}
