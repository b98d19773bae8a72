using DistEmbed.Protocol.Jobs;
using DistEmbed.Worker.Corpus.Cooccurrence;

namespace DistEmbed.Worker.Corpus;

/// <summary>The batch plan of a job: the same on every node that has the data.</summary>
public static class BatchPlans
{
    /// <summary>By examples for a classifier, by words for cbow and skip-gram, by cells for GloVe. Whoever takes it disposes it if it is <see cref="IDisposable"/>.</summary>
    public static IBatchPlan Of(JobSpec job, PreparedData data) => job.Model switch
    {
        { NeedsLabels: true } => new ExampleBatchPlan(data.Train.Count, job.Training.Batch, job.Training.Slices, job.Seed),
        GloVeSpec gloVe => new CellBatchPlan(gloVe, data.Train, data.Vocabulary.Rows, job.Training.Batch, job.Training.Slices, job.Seed, job.Cluster.CellBytes),
        _ => new WordBatchPlan(data.Train, job.Training.Batch, job.Training.Slices, job.Seed),
    };
}
